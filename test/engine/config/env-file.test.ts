import * as assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { inspectConfig } from '../../../src/engine/config/load.ts';
import { parseSetFlag } from '../../../src/engine/config/overrides.ts';
import { temporaryFolder } from '../tracking/temporary-store.ts';
import { messagesOf } from './config-text.ts';

describe('env_file', () => {
  let folder: string;
  let remove: () => void;
  beforeEach(() => {
    ({ folder, remove } = temporaryFolder());
  });
  afterEach(() => remove());

  const text = 'env_file: secrets.env\ndatabricks:\n  token: ${MY_TOKEN}\n';
  const inspect = (set: string[] = [], env = {}) =>
    inspectConfig({ file: path.join(folder, 'config.yaml'), text, overrides: set.map(parseSetFlag), env });
  const write = (content: string, mode = 0o600) => writeFileSync(path.join(folder, 'secrets.env'), content, { mode });

  it('gives values to variables, which the environment beats', () => {
    write('# mine\nMY_TOKEN="dapi from file"\nMLFLOW_EXPERIMENT_NAME=filed\n');
    const { config, secrets, env } = inspect();
    assert.equal(config.databricks.token, 'dapi from file');
    assert.equal(config.mlflow.experiment_name, 'filed');
    assert.ok(secrets.includes('dapi from file'));
    assert.equal(env.MY_TOKEN, 'dapi from file');
    assert.equal(inspect([], { MY_TOKEN: 'dapi from outside' }).config.databricks.token, 'dapi from outside');
  });

  it('that does not exist is refused at its place', () => {
    assert.deepEqual(messagesOf(inspect()), [
      `config.yaml:1:11: env_file: ${path.join(folder, 'secrets.env')} does not exist. Create it, or set env_file: null.`,
    ]);
  });

  it('that others may read is refused', () => {
    for (const mode of [0o644, 0o640, 0o604]) {
      write('MY_TOKEN=dapi1234');
      chmodSync(path.join(folder, 'secrets.env'), mode);
      const loaded = inspect();
      assert.match(messagesOf(loaded).join(), /config\.yaml:1:11: .*can be read by other users\. Run: chmod 600/);
      assert.equal(loaded.config.databricks.token, null);
    }
  });

  it('that git would commit is refused, until it is ignored', () => {
    execFileSync('git', ['init', '--quiet'], { cwd: folder });
    write('MY_TOKEN=dapi1234');
    assert.match(messagesOf(inspect()).join(), /is not ignored by git\. Add secrets\.env to \.gitignore/);
    writeFileSync(path.join(folder, '.gitignore'), '*.env\n');
    assert.deepEqual(messagesOf(inspect()), []);
  });

  it('that git has committed already is refused although it is ignored', () => {
    execFileSync('git', ['init', '--quiet'], { cwd: folder });
    write('MY_TOKEN=dapi1234');
    execFileSync('git', ['add', 'secrets.env'], { cwd: folder });
    writeFileSync(path.join(folder, '.gitignore'), '*.env\n');
    assert.match(messagesOf(inspect()).join(), /is not ignored by git/);
  });

  it('that is a folder is refused', () => {
    mkdirSync(path.join(folder, 'secrets.env'), { mode: 0o700 });
    assert.match(messagesOf(inspect()).join(), /config\.yaml:1:11: env_file: .* is not a file/);
  });

  it('can be chosen or turned off by a flag', () => {
    write('MY_TOKEN=dapi1234');
    writeFileSync(path.join(folder, 'other.env'), 'MY_TOKEN=dapi5678', { mode: 0o600 });
    assert.equal(inspect(['env_file=other.env']).config.databricks.token, 'dapi5678');
    assert.equal(inspect(['env_file=null']).config.databricks.token, null);
  });
});
