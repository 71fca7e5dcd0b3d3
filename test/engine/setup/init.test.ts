import * as assert from 'node:assert/strict';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { initProject } from '../../../src/engine/setup/init.ts';
import { EngineError } from '../../../src/engine/support/errors.ts';
import { temporaryFolder } from '../tracking/temporary-store.ts';

describe('A new project', () => {
  let folder: string;
  let remove: () => void;
  const config = () => readFileSync(path.join(folder, 'config.yaml'), 'utf8');

  beforeEach(() => {
    ({ folder, remove } = temporaryFolder());
    writeFileSync(path.join(folder, 'rows.csv'), 'age,churned\n30,yes\n');
  });

  afterEach(() => remove());

  async function refused(options: { dataPath?: string; targetColumn?: string }, says: RegExp, fix: RegExp) {
    await assert.rejects(initProject({ folder, ...options }), (error) => {
      assert.ok(EngineError.is(error, 'usage'), String(error));
      assert.match(error.message, says);
      assert.match(error.details.fix!, fix);
      return true;
    });
    assert.equal(existsSync(path.join(folder, 'config.yaml')), false);
  }

  it('has its data and its target filled in, and nothing left to set', async () => {
    const { to_set, warnings } = await initProject({ folder, dataPath: 'rows.csv', targetColumn: 'churned' });
    assert.deepEqual([to_set, warnings], [[], []]);
    assert.match(config(), /path: rows\.csv/);
    assert.match(config(), /target_column: churned/);
  });

  it('says which keys nobody has filled in', async () => {
    assert.deepEqual((await initProject({ folder })).to_set, ['data.target_column']);
    const empty = path.join(folder, 'empty');
    assert.deepEqual((await initProject({ folder: empty })).to_set, ['data.path', 'data.target_column']);
  });

  it('is not made with data or a target that are not there', async () => {
    await refused({ dataPath: 'none.csv' }, /There is no training data at .+none\.csv/, /relative to/);
    await refused({ dataPath: 'rows.csv', targetColumn: 'churn' }, /no column "churn"/, /Columns: age, churned/);
    await refused({ targetColumn: 'churnd' }, /rows\.csv has no column "churnd"\. Did you mean "churned"\?/, /Columns/);
  });

  it('keeps a config.yaml that is there, and says what was given in vain', async () => {
    writeFileSync(path.join(folder, 'config.yaml'), 'data: { path: mine.csv }\n');
    const { kept, warnings, to_set } = await initProject({ folder, dataPath: 'rows.csv', targetColumn: 'churned' });
    assert.ok(kept.includes('config.yaml'));
    assert.match(warnings.join(), /config\.yaml stays as it is, so --data and --target changed nothing; --force/);
    assert.deepEqual(to_set, []);
    assert.equal(config(), 'data: { path: mine.csv }\n');
  });

  it('points at nothing that it does not have', async () => {
    await initProject({ folder });
    assert.doesNotMatch(config(), /docs\//);
  });

  it('is not made where a file is in the way, and the message has no code of the system in it', async () => {
    mkdirSync(path.join(folder, 'taken'));
    writeFileSync(path.join(folder, 'taken', 'data'), '');
    await assert.rejects(initProject({ folder: path.join(folder, 'taken') }), (error) => {
      assert.ok(EngineError.is(error, 'permission'), String(error));
      assert.match(error.message, /cannot be written: a file is in the way\.$/);
      return true;
    });
  });
});
