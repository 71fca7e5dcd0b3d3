import * as assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { parquetReadObjects } from 'hyparquet';
import type {
  CompareResult,
  DeployResult,
  InfoResult,
  LogsResult,
  PredictResult,
  RunsResult,
  TrainResult,
  ValidateResult,
} from '../../src/engine/index.ts';
import { exampleProject, gnuMlops, type TemporaryProject } from './command.ts';
import { type ErrorDocument, parseDocument } from './documents.ts';

describe('The main job on the command line', () => {
  let project: TemporaryProject;

  async function json<T>(schema: string, args: string[], code = 0): Promise<T> {
    const result = await project.run(...args, '--json');
    assert.equal(result.code, code, result.stdout + result.stderr);
    return parseDocument<T>(result, schema);
  }

  before(() => {
    project = exampleProject();
  });

  after(() => project.remove());

  it('finds everything in place before anything was done, and makes nothing', async () => {
    const { checks } = await json<ValidateResult>('validate', ['validate']);
    assert.deepEqual(
      checks.map(({ id, status }) => `${id} ${status}`),
      ['config ok', 'model ok', 'data ok', 'store ok', 'folders ok'],
    );
    assert.equal(existsSync(path.join(project.folder, 'mlflow.db')), false);
  });

  it('has nothing to deploy, roll back or predict with before the first training', async () => {
    for (const args of [['deploy', '--stage', 'staging'], ['rollback'], ['predict', 'data/new_rows.csv']]) {
      const { error } = await json<ErrorDocument>('error', args, 1);
      assert.match(`${error.message} ${error.details.fix}`, /gnu-mlops (train|rollback)/);
    }
  });

  it('trains a version, with its run, folds and metrics', async () => {
    const result = await json<TrainResult>('train', ['train', '--run-name', 'first']);
    assert.equal(result.version, '1');
    assert.ok(result.metrics.accuracy > 0.9 && result.metrics.roc_auc > 0.95);
    assert.equal(result.cv.accuracy?.folds.length, 5);
    const { runs } = await json<RunsResult>('runs', ['runs']);
    assert.deepEqual(
      runs.map(({ name, status, run_id }) => [name, status, run_id]),
      [['first', 'FINISHED', result.run_id]],
    );
  });

  it('shows the plan of a deployment and changes nothing with --dry-run', async () => {
    const plan = await json<DeployResult>('deploy', ['deploy', '--stage', 'staging', '--dry-run']);
    assert.equal(plan.status, 'dry-run');
    assert.ok(plan.gates.every(({ passed }) => passed));
    const { stages } = await json<InfoResult>('info', ['info']);
    assert.deepEqual(stages, { Staging: null, GNU_Production: null });
  });

  it('deploys to staging, then to production, and says so once', async () => {
    const staged = await json<DeployResult>('deploy', ['deploy', '--stage', 'Staging']);
    assert.deepEqual([staged.status, staged.from_stage, staged.to_stage], ['deployed', 'None', 'Staging']);
    const deployed = await json<DeployResult>('deploy', ['deploy', '--stage', 'production', '--notes', 'the first']);
    assert.deepEqual([deployed.status, deployed.version], ['deployed', '1']);
    const again = await json<DeployResult>('deploy', ['deploy', '--stage', 'GNU_Production']);
    assert.deepEqual([again.status, again.event_id], ['unchanged', null]);
    const above = await project.run('deploy', '--stage', 'staging');
    assert.match(above.stdout, /version 1 of \S+ is in GNU_Production already; there is nothing newer to stage\./);
    const { stages, history } = await json<InfoResult>('info', ['info', '--history']);
    assert.equal(stages.Staging, null);
    assert.equal(stages.GNU_Production?.notes, 'the first');
    assert.equal(history.length, 2);
  });

  it('predicts with the version in production, whatever the order of the columns', async () => {
    const { predictions } = await json<PredictResult>('predict', ['predict', 'data/new_rows.csv']);
    const [header, ...rows] = readFileSync(path.join(project.folder, 'data/new_rows.csv'), 'utf8').trim().split('\n');
    const turned = [header!, ...rows].map((line) => line.split(',').reverse().join(',')).join('\n');
    const result = await gnuMlops(['predict', '-', '--json'], { cwd: project.folder, input: turned });
    assert.deepEqual(parseDocument<PredictResult>(result, 'predict').predictions, predictions);
    assert.deepEqual(
      predictions.map(({ prediction }) => prediction),
      ['malignant', 'benign', 'malignant', 'malignant', 'benign', 'benign'],
    );
  });

  it('writes predictions beside their rows: a file for a file, standard output for standard input', async () => {
    const written = await project.run('predict', 'data/new_rows.csv');
    assert.match(written.stdout, /Written: predictions\/new_rows-\d{8}T\d{6}Z\.csv/);
    const [name] = readdirSync(path.join(project.folder, 'predictions'));
    const lines = readFileSync(path.join(project.folder, 'predictions', name!), 'utf8')
      .trim()
      .split('\n');
    assert.match(
      lines[0]!,
      /,prediction,probability,probability_benign,probability_malignant,model_name,model_version,/,
    );
    assert.equal(lines.length, 7);
    const input = readFileSync(path.join(project.folder, 'data/new_rows.csv'), 'utf8');
    const piped = await gnuMlops(['predict', '-', '--format', 'jsonl'], { cwd: project.folder, input });
    assert.equal(JSON.parse(piped.stdout.split('\n')[1]!).prediction, 'benign');
  });

  it('reads and writes Parquet, with the same predictions', async () => {
    const first = ['predict', 'data/new_rows.csv', '--output', 'scored.parquet'];
    assert.equal((await project.run(...first)).code, 0);
    const bytes = readFileSync(path.join(project.folder, 'scored.parquet'));
    const file = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength) as ArrayBuffer;
    const rows = await parquetReadObjects({ file });
    assert.deepEqual(
      rows.map(({ prediction }) => prediction),
      ['malignant', 'benign', 'malignant', 'malignant', 'benign', 'benign'],
    );
    assert.equal(typeof rows[0]!.mean_radius, 'number');
    const again = await json<PredictResult>('predict', ['predict', 'scored.parquet']);
    const plain = await json<PredictResult>('predict', ['predict', 'data/new_rows.csv']);
    assert.deepEqual(again.predictions, plain.predictions);
  });

  it('refuses at a gate with exit code 3, shows its value, and lets an override with notes through', async () => {
    await json<TrainResult>('train', ['train']);
    const strict = ['--set', 'deployment.gates.staging.accuracy=0.9999'];
    const { error } = await json<ErrorDocument>('error', ['deploy', '--stage', 'staging', ...strict], 3);
    assert.equal(error.reason, 'gate-failed');
    assert.match(error.message, /metrics\.accuracy: required >= 0\.9999, found 0\.9/);
    const refused = await json<DeployResult>('deploy', ['deploy', '--stage', 'staging', '--dry-run', ...strict], 3);
    assert.equal(refused.status, 'refused');
    const override = ['deploy', '--stage', 'staging', ...strict, '--override', 'accuracy'];
    assert.equal((await json<ErrorDocument>('error', override, 2)).error.reason, 'usage');
    const deployed = await json<DeployResult>('deploy', [...override, '--notes', 'emergency']);
    assert.deepEqual(
      deployed.gates.filter(({ overridden }) => overridden).map(({ name }) => name),
      ['metrics.accuracy'],
    );
    const { history } = await json<InfoResult>('info', ['info', '--history']);
    assert.deepEqual([history[0]?.kind, history[0]?.notes], ['override', 'emergency']);
  });

  it('rolls back to the version before, and knows what was in production at any time', async () => {
    await json<DeployResult>('deploy', ['deploy', '--stage', 'production']);
    const between = new Date().toISOString();
    const back = await json<DeployResult>('deploy', ['rollback', '--notes', 'worse']);
    assert.deepEqual([back.status, back.version, back.previous_version], ['rolled-back', '1', '2']);
    const then = await json<InfoResult>('info', ['info', '--at', between]);
    assert.equal(then.stages.GNU_Production?.version, '2');
    const now = await json<InfoResult>('info', ['info']);
    assert.equal(now.stages.GNU_Production?.version, '1');
    const { error } = await json<ErrorDocument>('error', ['rollback'], 1);
    assert.equal(error.reason, 'no-previous');
    const forward = await json<DeployResult>('deploy', ['rollback', '--to-version', '2']);
    assert.equal(forward.version, '2');
  });

  it('compares runs, and leaves out what is equal when asked', async () => {
    await json<TrainResult>('train', ['train', '--set', 'model.hyperparameters.max_depth=3']);
    const { runs } = await json<RunsResult>('runs', ['runs', '--limit', '2']);
    const ids = runs.map(({ run_id }) => run_id);
    const all = await json<CompareResult>('compare', ['compare', ...ids]);
    const some = await json<CompareResult>('compare', ['compare', ...ids, '--only-differences']);
    assert.ok(some.rows.length < all.rows.length);
    assert.deepEqual(
      some.rows.filter(({ kind }) => kind === 'param').map(({ name, values }) => [name, ...values]),
      [['max_depth', '3', '10']],
    );
  });

  it('searches runs by a filter, and points at the place of a mistake in one', async () => {
    const found = await json<RunsResult>('runs', ['runs', '--filter', "params.max_depth = '3'"]);
    assert.equal(found.runs.length, 1);
    const { error } = await json<ErrorDocument>('error', ['runs', '--filter', 'metrics.accuracy >> 1'], 2);
    assert.match(error.message, />>|position|column/);
  });

  it('shows the log of a run', async () => {
    const { runs } = await json<RunsResult>('runs', ['runs', '--limit', '1']);
    const { entries } = await json<LogsResult>('logs', ['logs', runs[0]!.run_id]);
    assert.ok(entries.some(({ message }) => message.includes('Registered gnu_mlops_model version')));
  });

  it('prints nothing but the document on standard output with --json, and nothing at all on standard error with --quiet', async () => {
    const { stderr, stdout } = await project.run('deploy', '--stage', 'staging', '--json', '--quiet');
    assert.equal(stderr, '');
    assert.equal(JSON.parse(stdout).schema, 1);
  });

  it('takes 2 for wrong usage, with one sentence', async () => {
    for (const args of [['trian'], ['train', '--wrong'], ['deploy'], ['deploy', '--stage', 'live'], ['predict']]) {
      const { code, stderr } = await project.run(...args);
      assert.equal(code, 2, `${args.join(' ')}: ${stderr}`);
      assert.match(stderr, /^error: /);
      assert.doesNotMatch(stderr, /\n {4}at /);
    }
  });

  it('reads the configuration that --config names', async () => {
    writeFileSync(
      path.join(project.folder, 'other.yaml'),
      'mlflow: { model_name: other, tracking_uri: sqlite:///o.db }\n',
    );
    const { model_name } = await json<InfoResult>('info', ['info', '--config', 'other.yaml']);
    assert.equal(model_name, 'other');
  });
});
