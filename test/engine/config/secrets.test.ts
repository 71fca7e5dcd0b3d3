import * as assert from 'node:assert/strict';
import { redact, withoutSecrets } from '../../../src/engine/config/secrets.ts';
import { inspectText, messagesOf } from './config-text.ts';

describe('Secrets in the configuration', () => {
  it('in plain text get a warning with a place', () => {
    const text = 'databricks:\n  token: dapi1234\nnotifications:\n  smtp: { password: hunter22 }';
    assert.deepEqual(messagesOf(inspectText(text)), [
      'config.yaml:2:10: databricks.token: a secret in plain text; write ${DATABRICKS_TOKEN} and set it in the environment or env_file',
      'config.yaml:4:21: notifications.smtp.password: a secret in plain text; write ${SMTP_PASSWORD} and set it in the environment or env_file',
    ]);
  });

  it('are the addresses of webhooks too, each with a place', () => {
    const text = 'notifications:\n  webhooks:\n    - ${HOOK}\n    - https://hooks.example/T0/B0/xyz';
    const [only, ...others] = messagesOf(inspectText(text, [], { HOOK: 'https://hooks.example/T0/B0/abc' }));
    assert.match(
      only!,
      /^config\.yaml:4:7: notifications\.webhooks\[1\]: a secret in plain text; write \$\{WEBHOOK_2\}/,
    );
    assert.deepEqual(others, []);
  });

  it('in plain text as the default of a variable, or in an address, get one too', () => {
    const texts = [
      'databricks: { token: "${TOKEN:-dapi1234}" }',
      'mlflow: { tracking_uri: "https://me:hunter22@tracking" }',
      'mlflow: { registry_uri: "https://me:hunter22@registry" }',
      'mlflow: { tracking_uri: "postgresql+psycopg2://mlflow:hunter22@db/mlflow" }',
      'mlflow: { tracking_uri: "https://me:hun/ter@22@tracking" }',
    ];
    for (const text of texts) assert.match(messagesOf(inspectText(text)).join(), /a secret in plain text/, text);
  });

  it('from variables, flags and the environment get none', () => {
    const env = { TOKEN: 'dapi1234', DATABRICKS_TOKEN: 'dapi5678' };
    const text = 'databricks: { token: "${TOKEN}" }\nmlflow: { tracking_uri: "https://me:${TOKEN}@tracking" }';
    assert.deepEqual(messagesOf(inspectText(text, ['notifications.smtp.password=hunter22'], env)), []);
  });

  it('are never repeated in a message, whatever is wrong with them', () => {
    const loaded = [
      inspectText('databricks:\n  token: 73311337'),
      inspectText('databricks:\n  token: [73311337]'),
      inspectText('notifications: { smtp: { password: 73311337 } }'),
      inspectText('mlflow: { tracking_uri: "https://me:73311337@host", model_name: "https://me:73311337@host" }'),
      inspectText('mlflow: { model_name: "a:73311337" }', [], { API_TOKEN: '73311337' }),
      inspectText('training:\n  cv_folds: ${DB_PASSWORD}', [], { DB_PASSWORD: '73311337x' }),
    ];
    for (const each of loaded) {
      assert.ok(each.findings.length > 0);
      assert.doesNotMatch(JSON.stringify(each.findings), /73311337/);
    }
  });

  it('are found in configuration, environment and addresses', () => {
    const text =
      'databricks: { token: dapi1234 }\nmlflow: { tracking_uri: "https://me:hunter22@host" }\nnotifications: { webhooks: [https://hooks.example/T0/B0/xyz] }';
    const { secrets, config } = inspectText(text, [], {
      AWS_SECRET_ACCESS_KEY: 'aws-secret',
      MLFLOW_TRACKING_PASSWORD: 'mlflow-secret',
      HOME: '/root',
    });
    const all = ['dapi1234', 'hunter22', 'https://hooks.example/T0/B0/xyz', 'aws-secret', 'mlflow-secret'];
    assert.deepEqual([...secrets].sort(), all.sort());
    const stored = JSON.stringify(withoutSecrets(config, secrets));
    for (const secret of secrets) assert.ok(!stored.includes(secret));
    assert.equal(redact('token dapi1234 at https://me:hunter22@host', secrets), 'token *** at https://***@host');
  });

  it('before the host of an address are cut in any text, known or not, and other addresses are left as they are', () => {
    const cut = {
      'postgresql+psycopg2://mlflow:hunter22@db/mlflow': 'postgresql+psycopg2://***@db/mlflow',
      'at https://me:hun/ter@22@host:99999/x, or not': 'at https://***@host:99999/x, or not',
      'http://u:100%x@host': 'http://***@host',
      'https://ghp_token@github.com/a/b': 'https://***@github.com/a/b',
      's3+1://u:abc@x': 's3+1://***@x',
    };
    for (const [text, expected] of Object.entries(cut)) assert.equal(redact(text, []), expected);
    assert.equal(redact("at 'https://me:it's-mine@host/x', 1", []), "at 'https://***@host/x', 1");
    assert.equal(redact("'http://host:80', 'a@b'", []), "'http://host:80', 'a@b'");
    const kept = [
      'models:/churn@GNU_Production',
      'http://127.0.0.1:5000/#/models/churn@GNU_Production',
      'https://host/a@b',
      'http://[::1]:5000/a@b',
      'abfss://container@account.dfs.core.windows.net/a',
      's3://bucket/day=1@x',
    ];
    for (const text of kept) assert.equal(redact(text, []), text);
    assert.deepEqual(inspectText('mlflow: { tracking_uri: "https://me:hun/ter@22@host" }').secrets, ['hun/ter@22']);
  });

  it('before the host of an address are cut in the midst of very long words too', () => {
    const word = 'a'.repeat(300_000);
    assert.equal(redact(`${word}://me:hunter22@host ${word}`, []), `${word}://***@host ${word}`);
  });

  it('that contain another secret are removed whole', () => {
    const { secrets } = inspectText('', [], { A_TOKEN: 'abcd', B_TOKEN: 'abcdefgh' });
    assert.equal(redact('is abcdefgh', secrets), 'is ***');
  });

  it('given as wrong shapes do not stop the look for others', () => {
    const { secrets } = inspectText('notifications: { smtp: 5, webhooks: 7 }\ndatabricks: { token: dapi1234 }');
    assert.deepEqual(secrets, ['dapi1234']);
  });
});
