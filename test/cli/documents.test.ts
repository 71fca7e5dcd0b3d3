import * as assert from 'node:assert/strict';
import { existsSync, mkdirSync, readFileSync, utimesSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { CleanResult, DatasetResult, InfoResult, InitResult, RepairResult } from '../../src/engine/index.ts';
import { exampleProject, type TemporaryProject } from './command.ts';
import { parseDocument } from './documents.ts';

describe('The document of', () => {
  let project: TemporaryProject;
  const file = (name: string) => path.join(project.folder, name);

  async function json<T>(schema: string, ...args: string[]): Promise<T> {
    const result = await project.run(...args, '--json');
    assert.equal(result.code, 0, result.stdout + result.stderr);
    return parseDocument<T>(result, schema);
  }

  beforeEach(() => {
    project = exampleProject();
  });

  afterEach(() => project.remove());

  it('init says what was made, then that nothing is left to make', async () => {
    const made = await json<InitResult>('init', 'init', 'new');
    assert.deepEqual([made.status, made.folder], ['created', file('new')]);
    assert.ok(made.created.includes('config.yaml') && existsSync(file('new/config.yaml')));
    const again = await json<InitResult>('init', 'init', 'new');
    assert.deepEqual([again.status, again.created], ['nothing-to-do', []]);
    assert.ok(again.kept.includes('config.yaml'));
  });

  it('dataset says which files hold how many rows, and the same options make the same bytes', async () => {
    const options = ['--rows', '40', '--features', '3', '--seed', '7', '--target', 'label'];
    const { files, target_column } = await json<DatasetResult>('dataset', 'dataset', '--output', 'one', ...options);
    assert.deepEqual(files, [
      { file: path.join('one', 'train.csv'), rows: 40 },
      { file: path.join('one', 'test.csv'), rows: 10 },
    ]);
    assert.equal(target_column, 'label');
    await json<DatasetResult>('dataset', 'dataset', '--output', 'two', ...options);
    assert.equal(readFileSync(file('one/train.csv'), 'utf8'), readFileSync(file('two/train.csv'), 'utf8'));
  });

  it('clean names the logs that are too old, and removes them unless it is a dry run', async () => {
    mkdirSync(file('logs'));
    const old = 'train-20200101T000000Z-0a1b2c3d';
    for (const ending of ['.log', '.jsonl']) {
      writeFileSync(file(`logs/${old}${ending}`), '');
      utimesSync(file(`logs/${old}${ending}`), 1577836800, 1577836800);
    }
    const would = await json<CleanResult>('clean', 'clean', '--dry-run');
    assert.deepEqual([would.status, would.removed.length > 0], ['dry-run', true]);
    assert.ok(existsSync(file(`logs/${old}.log`)));
    const did = await json<CleanResult>('clean', 'clean');
    assert.deepEqual(did.removed, would.removed);
    assert.equal(existsSync(file(`logs/${old}.log`)), false);
    assert.equal((await json<CleanResult>('clean', 'clean')).status, 'nothing-to-do');
  });

  it('repair tells what other tools changed, and what was adopted', async () => {
    await project.run('train', '--set', 'training.cv_folds=0');
    await project.run('deploy', '--stage', 'staging');
    const store = new DatabaseSync(file('mlflow.db'));
    store.exec("UPDATE registered_model_aliases SET alias = 'GNU_Production' WHERE alias = 'Staging'");
    store.close();
    const told = await json<RepairResult>('repair', 'repair');
    assert.deepEqual([told.status, told.changed_outside.length], ['nothing-to-do', 2]);
    const done = await json<RepairResult>('repair', 'repair', '--adopt', '--notes', 'a colleague did it');
    assert.deepEqual([done.status, done.changed_outside], ['repaired', []]);
    const { history } = await json<InfoResult>('info', 'info', '--history');
    assert.deepEqual([history[0]?.kind, history[0]?.notes], ['adopt', 'a colleague did it']);
  });
});
