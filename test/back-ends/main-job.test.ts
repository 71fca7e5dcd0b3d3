import * as assert from 'node:assert/strict';
import { cpSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { parse } from 'yaml';
import type {
  CompareResult,
  DeployResult,
  InfoResult,
  PredictResult,
  RunsResult,
  TrainResult,
  ValidateResult,
} from '../../src/engine/index.ts';
import { exampleProject, gnuMlops, type TemporaryProject } from '../cli/command.ts';
import { type ErrorDocument, parseDocument } from '../cli/documents.ts';
import { ADMIN, type MlflowServer, startMlflowServer } from '../harness/mlflow-server.ts';
import type { PythonEnvironment } from '../harness/python.ts';
import { askPython, type ScoreAnswer } from '../interop/python-colleague.ts';

interface ServerKind {
  python: PythonEnvironment;
  /** Whose `MlflowClient` the colleague uses; the oldest server's own environment has no learners. */
  colleague: PythonEnvironment;
  basicAuth: boolean;
  /** Whether `params.x IS NULL` means anything to it. */
  knowsNull: boolean;
}

/** One version of the server asks for a password, so that both ways are walked. */
const SERVERS: ServerKind[] = [
  { python: 'mlflow29', colleague: 'mlflow2', basicAuth: false, knowsNull: false },
  { python: 'mlflow2', colleague: 'mlflow2', basicAuth: false, knowsNull: false },
  { python: 'mlflow3', colleague: 'mlflow3', basicAuth: true, knowsNull: true },
];

const MODEL = 'tumour_diagnosis';
const CREDENTIALS = { MLFLOW_TRACKING_USERNAME: ADMIN.username, MLFLOW_TRACKING_PASSWORD: ADMIN.password };

for (const { python, colleague: client, basicAuth, knowsNull } of SERVERS) {
  describe(`The main job on a server of ${python}${basicAuth ? ' that asks for a password' : ''}`, function () {
    this.timeout(240_000);
    let server: MlflowServer;
    let project: TemporaryProject;
    let first: TrainResult;
    let experiment: string;
    const env: Record<string, string> = basicAuth ? { ...CREDENTIALS } : {};
    /** Everything that any command printed. */
    let printed = '';

    async function run(args: string[], more: Record<string, string> = env) {
      const result = await gnuMlops(args, { cwd: project.folder, env: more });
      printed += result.stdout + result.stderr;
      return result;
    }

    async function json<T>(schema: string, args: string[], code = 0, more = env): Promise<T> {
      const result = await run([...args, '--json'], more);
      assert.equal(result.code, code, result.stdout + result.stderr);
      return parseDocument<T>(result, schema);
    }

    before(async () => {
      server = await startMlflowServer({ python, basicAuth });
      project = exampleProject();
      const config = path.join(project.folder, 'config.yaml');
      experiment = parse(readFileSync(config, 'utf8')).mlflow.experiment_name;
      const text = readFileSync(config, 'utf8').replace(/tracking_uri: .*/, `tracking_uri: ${server.uri}`);
      assert.ok(text.includes(server.uri));
      writeFileSync(config, text.replace(/model_name: .*/, `model_name: ${MODEL}`));
    });

    after(async () => {
      await server?.stop();
      project?.remove();
    });

    if (basicAuth) {
      it('refuses without credentials, in one sentence with the way out, and takes them from sign-in', async () => {
        const { error } = await json<ErrorDocument>('error', ['train'], 4, {});
        assert.equal(error.reason, 'unauthorized');
        assert.match(error.details.fix!, /gnu-mlops sign-in/);
        const options = { cwd: project.folder, input: `${ADMIN.username}\nwrong\n` };
        const args = ['sign-in', '--kind', 'mlflow-password', '--stdin', '--json'];
        const wrong = await gnuMlops(args, options);
        assert.equal(parseDocument<ErrorDocument>(wrong, 'error').error.reason, 'unauthorized');
        assert.equal(existsSync(path.join(project.folder, '.env')), false, 'nothing is kept that is not accepted');
        const signedIn = await gnuMlops(args, { ...options, input: `${ADMIN.username}\n${ADMIN.password}\n` });
        assert.equal(signedIn.code, 0, signedIn.stderr);
        const { saved_to, place } = parseDocument<{ saved_to: string; place: string }>(signedIn, 'sign-in');
        assert.deepEqual([saved_to, place], ['.env', server.uri]);
        printed += signedIn.stdout + signedIn.stderr;
        for (const name of Object.keys(env)) delete env[name];
        assert.equal((await run(['sign-in', '--check'])).code, 0);
      });
    }

    it('finds everything in place, and trains a version whose files lie on the server', async () => {
      const { checks } = await json<ValidateResult>('validate', ['validate']);
      assert.deepEqual(
        checks.filter(({ status }) => status !== 'ok'),
        [],
      );
      first = await json<TrainResult>('train', ['train', '--run-name', 'first']);
      assert.equal(first.version, '1');
      assert.ok(first.metrics.accuracy! > 0.9);
      assert.equal(existsSync(path.join(project.folder, 'mlruns')), false);
      assert.equal(existsSync(path.join(project.folder, 'mlflow.db')), false);
    });

    it('deploys to Staging and to production, through gates that look at the files on the server', async () => {
      const staged = await json<DeployResult>('deploy', ['deploy', '--stage', 'staging']);
      assert.ok(staged.gates.every(({ passed }) => passed));
      assert.deepEqual(staged.gates.filter(({ name }) => ['artifacts', 'digest', 'loads'].includes(name)).length, 3);
      const deployed = await json<DeployResult>('deploy', ['deploy', '--stage', 'production', '--notes', 'the first']);
      assert.deepEqual([deployed.status, deployed.version], ['deployed', '1']);
      const again = await json<DeployResult>('deploy', ['deploy', '--stage', 'production']);
      assert.equal(again.status, 'unchanged');
    });

    it('predicts with what is in production, the same as Python does', async () => {
      const scored = await json<PredictResult>('predict', ['predict', 'data/train.csv']);
      assert.equal(scored.version, '1');
      const [theirs] = await colleague<ScoreAnswer>(['score', `models:/${MODEL}@GNU_Production`, csv(), 'diagnosis']);
      for (const [row, { prediction, probabilities }] of scored.predictions.entries()) {
        assert.equal(prediction, theirs!.outputs.prediction![row]);
        for (const [label, probability] of Object.entries(probabilities)) {
          assert.ok(Math.abs(probability - Number(theirs!.outputs[`probability_${label}`]![row])) <= 1e-6);
        }
      }
    });

    it('scores a batch, and keeps its record on the server', async () => {
      cpSync(path.join(project.folder, 'data/new_rows.csv'), path.join(project.folder, 'data/batch_input/new.csv'));
      const batch = await json<{ status: string; run_id: string; files: { rows: number }[] }>('batch', [
        'batch',
        ...['--set', 'batch_inference.settle_seconds=0'],
      ]);
      assert.equal(batch.status, 'done');
      const record = await fetchRun(batch.run_id);
      assert.equal(record.status, 'FINISHED');
    });

    it('runs a schedule, whose work is recorded on the server, too', async () => {
      cpSync(path.join(project.folder, 'data/new_rows.csv'), path.join(project.folder, 'data/batch_input/late.csv'));
      const add = ['schedule', 'add', 'night', '--operation', 'batch', '--cron', '0 1 * * *', '--timezone', 'UTC'];
      assert.equal((await run(add)).code, 0);
      const fired = await run(['schedule', 'run', 'night', '--now', '--set', 'batch_inference.settle_seconds=0']);
      assert.equal(fired.code, 0, fired.stderr);
      const { runs } = await json<RunsResult>('runs', ['runs', '--set', `mlflow.experiment_name=${experiment}_batch`]);
      assert.deepEqual(
        runs.map(({ status, metrics }) => [status, metrics.files]),
        [
          ['FINISHED', 1],
          ['FINISHED', 1],
        ],
      );
    });

    it('lists, searches and compares runs', async () => {
      const second = await json<TrainResult>('train', ['train', '--set', 'model.hyperparameters.n_estimators=20']);
      const { runs } = await json<RunsResult>('runs', ['runs', '--filter', "params.n_estimators = '20'"]);
      assert.deepEqual(
        runs.map(({ run_id }) => run_id),
        [second.run_id],
      );
      const absent = ['runs', '--filter', 'params.n_estimators IS NULL'];
      if (knowsNull) assert.deepEqual((await json<RunsResult>('runs', absent)).runs, []);
      else assert.equal((await json<ErrorDocument>('error', absent, 2)).error.reason, 'usage');
      const compared = await json<CompareResult>('compare', ['compare', first.run_id, second.run_id]);
      assert.equal(compared.runs.length, 2);
    });

    it('brings the second version into production and rolls back to the first', async () => {
      for (const stage of ['staging', 'production']) await json<DeployResult>('deploy', ['deploy', '--stage', stage]);
      const back = await json<DeployResult>('deploy', ['rollback', '--notes', 'it was worse']);
      assert.deepEqual([back.status, back.version, back.previous_version], ['rolled-back', '1', '2']);
      const { stages, history } = await json<InfoResult>('info', ['info', '--history']);
      assert.equal(stages.GNU_Production?.version, '1');
      assert.deepEqual(
        history
          .filter(({ to }) => to === 'GNU_Production')
          .map(({ kind, version, status }) => `${kind} ${version} ${status}`),
        ['rollback 1 FINISHED', 'promote 2 FINISHED', 'promote 1 FINISHED'],
      );
      assert.deepEqual(await stageFields(), { 1: 'Production', 2: 'Archived' });
      const before = history.find(({ kind, version }) => kind === 'promote' && version === '2')!;
      const then = await json<InfoResult>('info', ['info', '--at', before.at]);
      assert.equal(then.stages.GNU_Production?.version, '2');
    });

    it('shows what a colleague does in Python, adopts it, and promotes what Python registered', async () => {
      const [made] = await colleague<{ version: string }>(['register', MODEL, '2'], ['promote', MODEL, '2']);
      const changed = await json<InfoResult>('info', ['info']);
      assert.equal(changed.stages.GNU_Production?.version, '2');
      assert.equal(changed.changed_outside.length, 1);
      await json('repair', ['repair', '--adopt', '--notes', 'agreed']);
      assert.deepEqual((await json<InfoResult>('info', ['info'])).changed_outside, []);
      await json<DeployResult>('deploy', ['deploy', '--stage', 'staging', '--version', made!.version]);
      const deployed = await json<DeployResult>('deploy', ['deploy', '--stage', 'production']);
      assert.deepEqual([deployed.version, deployed.previous_version], [made!.version, '2']);
    });

    it('trains anew when it is told to, and keeps the decision on the server', async () => {
      const { status, challenger } = await json<{ status: string; challenger: { run_id: string } }>('retrain', [
        'retrain',
        '--force',
      ]);
      assert.ok(['kept-production', 'deployed'].includes(status), status);
      assert.equal((await fetchRun(challenger.run_id)).status, 'FINISHED');
      const planned = await json<{ status: string }>('retrain', ['retrain', '--dry-run']);
      assert.equal(planned.status, 'nothing-to-do');
    });

    it('never prints a credential, and keeps it in no file but env_file', async () => {
      assert.ok(printed.length > 1000);
      assert.ok(!printed.includes(ADMIN.password));
      const { stdout } = await run(['logs', '--list']);
      assert.ok(stdout.length > 0);
    });

    const csv = () => path.join(project.folder, 'data/train.csv');

    function colleague<T>(...jobs: Parameters<typeof askPython>[2]): Promise<T[]> {
      return askPython<T>(client, project.folder, jobs, server.uri, basicAuth ? CREDENTIALS : {});
    }

    async function fetchRun(runId: string): Promise<{ status: string }> {
      return (await ask<{ run: { info: { status: string } } }>(`runs/get?run_id=${runId}`)).run.info;
    }

    /** MLflow's own stage of every version. */
    async function stageFields(): Promise<Record<string, string>> {
      const { model_versions } = await ask<{ model_versions: { version: string; current_stage: string }[] }>(
        `model-versions/search?filter=name%3D'${MODEL}'`,
      );
      return Object.fromEntries(model_versions.map(({ version, current_stage }) => [version, current_stage]));
    }

    async function ask<T>(path: string): Promise<T> {
      const authorization = `Basic ${Buffer.from(`${ADMIN.username}:${ADMIN.password}`).toString('base64')}`;
      const answer = await fetch(`${server.uri}/api/2.0/mlflow/${path}`, { headers: { authorization } });
      return (await answer.json()) as T;
    }
  });
}
