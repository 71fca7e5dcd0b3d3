import * as assert from 'node:assert/strict';
import { inspectText, messagesOf } from './config-text.ts';

describe('Variables in config.yaml', () => {
  it('are replaced anywhere in a text, with a default after :-', () => {
    const text = 'data: { path: "${FOLDER}/${FILE:-train.csv}" }\nnotifications: { smtp: { user: "${SMTP_USER:-}" } }';
    const { config, findings } = inspectText(text, [], { FOLDER: '/srv' });
    assert.deepEqual(findings, []);
    assert.equal(config.data.path, '/srv/train.csv');
    assert.equal(config.notifications.smtp.user, null);
  });

  it('count as not set when they are empty', () => {
    const { config } = inspectText('mlflow: { experiment_name: "${NAME:-nightly}" }', [], { NAME: '' });
    assert.equal(config.mlflow.experiment_name, 'nightly');
  });

  it('become numbers and booleans only where they stand unquoted', () => {
    const text = 'training:\n  cv_folds: ${FOLDS}\nretraining:\n  enabled: ${ON}\ndata: { target_column: "${TARGET}" }';
    const { config, findings } = inspectText(text, [], { FOLDS: '3', ON: 'false', TARGET: '1' });
    assert.deepEqual(findings, []);
    assert.deepEqual([config.training.cv_folds, config.retraining.enabled, config.data.target_column], [3, false, '1']);
  });

  it('may hold anything where text is expected: no value is read as YAML syntax', () => {
    for (const value of ['a: b', '[x', '*all', '@me', '12345678', 'true', '"half', '# no', '1e5']) {
      const { config, findings } = inspectText('databricks:\n  token: ${TOKEN}', [], { TOKEN: value });
      assert.deepEqual(findings, []);
      assert.equal(config.databricks.token, value);
    }
  });

  it('that are not set are named when the value is then wrong', () => {
    assert.deepEqual(messagesOf(inspectText('mlflow:\n  tracking_uri: ${STORE}')), [
      'config.yaml:2:17: mlflow.tracking_uri: found null; expected text (environment variable STORE is not set)',
    ]);
  });
});
