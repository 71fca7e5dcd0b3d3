import * as assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { InfoResult, RunsResult, TrainResult } from '../../src/engine/index.ts';
import { exampleProject, type TemporaryProject } from './command.ts';
import { type ErrorDocument, parseDocument } from './documents.ts';

const NEED_A_STORE = [
  ['runs'],
  ['compare', 'a', 'b'],
  ['predict', 'data/new_rows.csv'],
  ['deploy', '--stage', 'staging'],
  ['deploy', '--stage', 'staging', '--dry-run'],
  ['rollback'],
  ['repair'],
];

describe('A command that reads', () => {
  let project: TemporaryProject;
  const store = () => path.join(project.folder, 'mlflow.db');

  beforeEach(() => {
    project = exampleProject();
  });

  afterEach(() => project.remove());

  it('makes no store, and says which one is missing and what makes it', async () => {
    const before = readdirSync(project.folder).sort();
    for (const args of NEED_A_STORE) {
      const result = await project.run(...args, '--json');
      assert.equal(result.code, 1, args.join(' '));
      const { error } = parseDocument<ErrorDocument>(result, 'error');
      assert.equal(error.reason, 'not-found');
      assert.ok(error.message.includes(`There is no store at ${store()}`), error.message);
      assert.match(error.details.fix!, /gnu-mlops train/);
    }
    assert.deepEqual(readdirSync(project.folder).sort(), before);
  });

  it('leaves an empty file empty', async () => {
    writeFileSync(store(), '');
    assert.equal((await project.run('runs')).code, 1);
    assert.equal((await project.run('info')).code, 0);
    assert.equal(statSync(store()).size, 0);
  });

  it('answers what is in production with nothing before the first training', async () => {
    const { stdout } = await project.run('info');
    assert.match(stdout, /no store at sqlite:\/\/\/mlflow\.db yet; the first training makes it: gnu-mlops train/);
    const { stages } = parseDocument<InfoResult>(await project.run('info', '--history', '--json'), 'info');
    assert.deepEqual(stages, { Staging: null, GNU_Production: null });
    assert.equal(existsSync(store()), false);
  });

  it('tells a model that is not registered from one that is not deployed, and names those there are', async () => {
    await project.run('train', '--set', 'training.cv_folds=0');
    const typo = ['--set', 'mlflow.model_name=gnu_mlops_modle'];
    for (const args of [['info'], ['deploy', '--stage', 'staging'], ['predict', 'data/new_rows.csv']]) {
      const result = await project.run(...args, ...typo, '--json');
      assert.equal(result.code, 1, result.stdout);
      const { error } = parseDocument<ErrorDocument>(result, 'error');
      assert.match(error.message, /no registered model "gnu_mlops_modle"\. Did you mean "gnu_mlops_model"\?/);
      assert.match(error.details.fix!, /Models there are: gnu_mlops_model\./);
    }
    const { stages } = parseDocument<InfoResult>(await project.run('info', '--json'), 'info');
    assert.equal(stages.GNU_Production, null);
  });

  it('goes on with --page-token where the answer before ended', async () => {
    const trained: string[] = [];
    for (let run = 0; run < 3; run++) {
      const result = await project.run('train', '--set', 'training.cv_folds=0', '--json');
      trained.unshift(parseDocument<TrainResult>(result, 'train').run_id);
    }
    const first = parseDocument<RunsResult>(await project.run('runs', '--limit', '2', '--json'), 'runs');
    const rest = ['--limit', '2', '--page-token', first.next_page_token!];
    const second = parseDocument<RunsResult>(await project.run('runs', ...rest, '--json'), 'runs');
    assert.deepEqual(
      [...first.runs, ...second.runs].map(({ run_id }) => run_id),
      trained,
    );
    assert.equal(second.next_page_token, null);
    assert.match(readFileSync(path.join(project.folder, 'config.yaml'), 'utf8'), /experiment_name/);
  });
});
