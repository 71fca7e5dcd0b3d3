import * as assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Config } from '../../../src/engine/config/config.ts';
import { databricksSettings } from '../../../src/engine/config/databricks-settings.ts';
import { EngineError } from '../../../src/engine/support/errors.ts';
import { inspectText } from './config-text.ts';

const PROFILES = `# made by databricks auth login
[DEFAULT]
host  = https://default.example/
token = dapi-default

[prod]
host: prod.example:443
client_id     = 00000000-0000-0000-0000-000000000000
client_secret = dose=with=signs
warehouse_id  = abc123

[halved]
host = https://halved.example
client_id = 1
; token = dapi-commented-out

[human]
host = https://human.example
auth_type = databricks-cli

[azure]
host = https://azure.example
auth_type = azure-cli
`;

describe('The settings of a Databricks workspace', () => {
  let folder: string;
  let env: Record<string, string>;

  beforeEach(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'gnu-mlops-profile-'));
    env = { DATABRICKS_CONFIG_FILE: path.join(folder, 'profiles') };
    writeFileSync(env.DATABRICKS_CONFIG_FILE!, PROFILES);
  });

  afterEach(() => rmSync(folder, { recursive: true }));

  const settings = (section: Partial<Config['databricks']> = {}, more: Record<string, string> = {}, uri?: string) =>
    databricksSettings(
      {
        host: null,
        token: null,
        profile: null,
        workspace_path: '/Shared',
        volume: null,
        warehouse_id: null,
        ...section,
      },
      { ...env, ...more },
      uri,
    );

  const refusal = (work: () => unknown): EngineError => {
    try {
      work();
    } catch (error) {
      if (EngineError.is(error)) return error;
    }
    return assert.fail('it was not refused');
  };

  it('come from the profile DEFAULT when nothing else is said', () => {
    assert.deepEqual(settings(), {
      host: 'https://default.example',
      credentials: { kind: 'token', token: 'dapi-default' },
      warehouseId: null,
    });
  });

  it('come from the profile that configuration, environment, address or the file itself names', () => {
    const prod = {
      host: 'https://prod.example',
      credentials: {
        kind: 'service-principal',
        clientId: '00000000-0000-0000-0000-000000000000',
        clientSecret: 'dose=with=signs',
      },
      warehouseId: 'abc123',
    };
    assert.deepEqual(settings({ profile: 'prod' }), prod);
    assert.deepEqual(settings({}, { DATABRICKS_CONFIG_PROFILE: 'prod' }), prod);
    assert.deepEqual(settings({ profile: 'human' }, {}, 'databricks://prod'), prod);
    writeFileSync(env.DATABRICKS_CONFIG_FILE!, `${PROFILES}\n[__settings__]\ndefault_profile = prod\n`);
    assert.deepEqual(settings(), prod);
  });

  it('do not look into the file when a host or a credential is given and no profile is asked for', () => {
    const error = refusal(() => settings({ token: 'dapi-own' }));
    assert.match(error.message, /databricks\.host: found none/);
    const own = settings({ host: 'own.example', token: 'dapi-own' });
    assert.deepEqual([own.host, own.credentials], ['https://own.example', { kind: 'token', token: 'dapi-own' }]);
  });

  it('take what is given before what the profile says', () => {
    const mixed = settings({ profile: 'prod', host: 'http://127.0.0.1:8080', warehouse_id: 'mine' });
    assert.deepEqual([mixed.host, mixed.warehouseId], ['http://127.0.0.1:8080', 'mine']);
    assert.equal(mixed.credentials.kind, 'service-principal');
  });

  it('say which profiles there are when the one that is asked for is not', () => {
    const error = refusal(() => settings({ profile: 'staging' }));
    assert.equal(error.reason, 'invalid-config');
    assert.match(error.message, /no profile "staging" in .*; it has DEFAULT, prod, halved, human, azure\./);
  });

  it('inherit nothing from DEFAULT, and say what is missing', () => {
    assert.match(refusal(() => settings({ profile: 'halved' })).message, /oauth-m2m needs client_secret/);
  });

  it('of two kinds are refused unless one is chosen', () => {
    const both = { DATABRICKS_CLIENT_ID: 'id', DATABRICKS_CLIENT_SECRET: 'secret' };
    const given = { host: 'own.example', token: 'dapi-own' };
    assert.match(refusal(() => settings(given, both)).message, /more than one kind/);
    assert.equal(settings(given, { ...both, DATABRICKS_AUTH_TYPE: 'pat' }).credentials.kind, 'token');
  });

  it('leave interactive sign-in to the databricks command, and refuse what is not known', () => {
    assert.deepEqual(settings({ profile: 'human' }).credentials, { kind: 'databricks-cli' });
    assert.equal(refusal(() => settings({ profile: 'azure' })).reason, 'unsupported');
  });

  it('keep the secrets of a profile out of everything that is printed', () => {
    const text = 'mlflow: { tracking_uri: databricks }\ndatabricks: { profile: prod }';
    assert.deepEqual(inspectText(text, [], env).secrets, ['dose=with=signs']);
  });
});
