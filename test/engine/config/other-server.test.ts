import * as assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { type Environment, loadConfig } from '../../../src/engine/config/load.ts';
import { parseSetFlag } from '../../../src/engine/config/overrides.ts';
import { temporaryFolder } from '../tracking/temporary-store.ts';

const HOME = 'https://home.example';
const OTHER = 'https://other.example';

describe('Credentials in env_file', () => {
  const { folder, remove } = temporaryFolder();
  const file = path.join(folder, 'config.yaml');

  before(() => {
    const text = 'MLFLOW_TRACKING_TOKEN=of-home\nMLFLOW_TRACKING_USERNAME=me\nMLFLOW_WORKSPACE=w\n';
    writeFileSync(path.join(folder, '.env'), text, { mode: 0o600 });
  });

  after(remove);

  function seen(configured: string, used: string | null, env: Environment = {}) {
    writeFileSync(file, `env_file: .env\nmlflow: { tracking_uri: "${configured}" }\n`);
    const overrides = used === null ? [] : [parseSetFlag(`mlflow.tracking_uri=${used}`)];
    const { env: own, secrets } = loadConfig({ file, env, overrides });
    if (!env.MLFLOW_TRACKING_TOKEN) assert.ok(secrets.includes('of-home'), 'it is a secret although it is not used');
    assert.equal(own.MLFLOW_WORKSPACE, 'w');
    return [own.MLFLOW_TRACKING_USERNAME, own.MLFLOW_TRACKING_PASSWORD, own.MLFLOW_TRACKING_TOKEN];
  }

  const KEPT = ['me', undefined, 'of-home'];
  const NONE = [undefined, undefined, undefined];

  it('are for the server that is configured, by the file or by MLFLOW_TRACKING_URI', () => {
    assert.deepEqual(seen(HOME, null), KEPT);
    assert.deepEqual(seen(HOME, `${HOME}/below`), KEPT);
    assert.deepEqual(seen(HOME, null, { MLFLOW_TRACKING_URI: OTHER }), KEPT);
  });

  it('are for any server where the configured store is none', () => {
    assert.deepEqual(seen('sqlite:///mlflow.db', OTHER), KEPT);
  });

  it('do not go to another server that a flag names, as copy does', () => {
    assert.deepEqual(seen(HOME, OTHER), NONE);
    assert.deepEqual(seen(HOME, 'https://home.example:8443'), NONE);
    assert.deepEqual(seen(OTHER, HOME, { MLFLOW_TRACKING_URI: OTHER }), NONE);
    const own = { MLFLOW_TRACKING_TOKEN: 'of-the-caller' };
    assert.deepEqual(seen(HOME, OTHER, own), [undefined, undefined, 'of-the-caller']);
  });

  it('give way there to those that are named for it', () => {
    const other = { GNU_MLOPS_OTHER_TRACKING_TOKEN: 'of-other', MLFLOW_TRACKING_TOKEN: 'of-the-caller' };
    assert.deepEqual(seen(HOME, OTHER, other), [undefined, undefined, 'of-other']);
    assert.deepEqual(seen(HOME, HOME, other), ['me', undefined, 'of-the-caller']);
    for (const local of ['sqlite:///mlflow.db', 'databricks', 'mlruns']) {
      assert.deepEqual(seen(local, OTHER, other), [undefined, undefined, 'of-other'], local);
      assert.deepEqual(seen(local, null, other), ['me', undefined, 'of-the-caller'], local);
    }
  });
});
