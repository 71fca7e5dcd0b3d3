import * as assert from 'node:assert/strict';
import { copyFileSync, mkdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { uniform } from '../../src/engine/data/random.ts';
import {
  type CopyResult,
  type DeployResult,
  type InfoResult,
  openProject,
  type PredictResult,
} from '../../src/engine/index.ts';
import type { TrainResult } from '../../src/engine/training/train.ts';
import { type CommandResult, exampleProject, gnuMlops, type TemporaryProject } from '../cli/command.ts';
import { killedCommand } from '../cli/killed-command.ts';
import { type MlflowServer, startMlflowServer } from '../harness/mlflow-server.ts';
import { runPython } from '../harness/python.ts';
import { S3_KEYS, type S3Server, startS3Server } from '../harness/s3-server.ts';

const KILLS = process.env.TEST_DEPTH === 'full' ? 40 : 5;
const SEED = 3;

const MAKE_EXPERIMENT = `
import sys
from mlflow import MlflowClient
client = MlflowClient(sys.argv[1])
client.create_experiment(sys.argv[2], artifact_location=sys.argv[3])
client.create_experiment(sys.argv[2] + '_events', artifact_location=sys.argv[3] + '-events')
`;

const READ = `
import json, sys
import boto3, mlflow.pyfunc, pandas
rows = pandas.read_csv(sys.argv[2]).drop(columns=['diagnosis'])
model = mlflow.pyfunc.load_model(sys.argv[1])
bucket, _, key = sys.argv[1].removeprefix('s3://').partition('/')
evaluation = boto3.client('s3').get_object(Bucket=bucket, Key=key.removesuffix('/model') + '/evaluation.json')
accuracy = json.loads(evaluation['Body'].read())['metrics']['accuracy']
print(json.dumps({'predictions': [str(each) for each in model.predict(rows)['prediction']], 'accuracy': accuracy}))
`;

/** Who keeps the runs: a file whose experiment Python made with a place in S3, or a server that tells its clients to use S3. */
const STORES = ['a SQLite file', 'an MLflow server'] as const;

/** Artifacts in a bucket, by the real command; Python reads what we wrote. */
for (const kind of STORES) {
  describe(`A project of ${kind} whose artifacts lie in S3`, function () {
    this.timeout(240_000);
    let server: S3Server;
    let mlflow: MlflowServer | undefined;
    let project: TemporaryProject;
    let trained: TrainResult;

    before(async () => {
      server = await startS3Server();
      project = exampleProject();
      await server.makeBucket('models');
      if (kind === 'an MLflow server') {
        const args = ['--no-serve-artifacts', '--default-artifact-root', 's3://models/mlruns'];
        mlflow = await startMlflowServer({ python: 'mlflow3', args });
        return;
      }
      const uri = `sqlite:///${path.join(project.folder, 'mlflow.db')}`;
      const made = await runPython('mlflow3', MAKE_EXPERIMENT, [uri, 'breast_cancer', 's3://models/mlruns/1']);
      assert.equal(made.code, 0, made.stderr);
    });

    after(async () => {
      project.remove();
      await mlflow?.stop();
      await server.stop();
    });

    const environment = () => ({
      ...server.env,
      ...(mlflow === undefined ? {} : { MLFLOW_TRACKING_URI: mlflow.uri }),
    });

    const run = (...args: string[]): Promise<CommandResult> =>
      gnuMlops(args, { cwd: project.folder, env: { ...environment(), MLFLOW_S3_ENDPOINT_URL: server.url } });

    const json = async <T>(...args: string[]): Promise<T> => {
      const { code, stdout, stderr } = await run(...args, '--json');
      assert.equal(code, 0, stderr + stdout);
      return JSON.parse(stdout) as T;
    };

    const artifacts = () => `s3://models/mlruns/1/${trained.run_id}/artifacts`;

    it('is trained, with every artifact in the bucket and nothing here', async () => {
      trained = await json<TrainResult>('train', '--set', 'training.cv_folds=0');
      const keys = (await server.keys('models')).filter((key) => key.includes(trained.run_id));
      const names = keys.map((key) => key.split('/artifacts/')[1]!);
      for (const name of [
        'config.yaml',
        'evaluation.json',
        'model/MLmodel',
        'model/model.onnx',
        'quality_report.json',
      ]) {
        assert.ok(names.includes(name), name);
      }
      assert.equal((await run('validate')).code, 0);
    });

    it('passes its gates and predicts', async () => {
      await json<DeployResult>('deploy', '--stage', 'staging');
      const { gates, status } = await json<DeployResult>('deploy', '--stage', 'production');
      assert.equal(status, 'deployed');
      assert.ok(gates.every(({ passed }) => passed));
      const gatesFile = (await server.keys('models')).filter((key) => key.endsWith('/gates.json'));
      assert.equal(gatesFile.length, 2);
      const { stages } = await json<InfoResult>('info');
      assert.equal(stages.GNU_Production!.version, trained.version);
    });

    it('is read by Python straight from the bucket, with the same predictions', async () => {
      const data = path.join(project.folder, 'data/train.csv');
      const { predictions } = await json<PredictResult>('predict', 'data/train.csv', '--output', '-');
      const env = { ...S3_KEYS, MLFLOW_S3_ENDPOINT_URL: server.url, AWS_ENDPOINT_URL_S3: server.url };
      const { code, stdout, stderr } = await runPython('s3', READ, [`${artifacts()}/model`, data], { env });
      assert.equal(code, 0, stderr);
      const python = JSON.parse(stdout.trim().split('\n').at(-1)!) as { predictions: string[]; accuracy: number };
      assert.deepEqual(
        python.predictions,
        predictions.map(({ prediction }) => String(prediction)),
      );
      assert.equal(python.accuracy, trained.metrics.accuracy);
    });

    it('scores a batch with the copy that it has', async () => {
      const input = path.join(project.folder, 'data/batch_input/rows.csv');
      mkdirSync(path.dirname(input), { recursive: true });
      copyFileSync(path.join(project.folder, 'data/train.csv'), input);
      const { files } = await json<{ files: { status: string }[] }>(
        'batch',
        '--set',
        'batch_inference.settle_seconds=0',
      );
      assert.deepEqual(
        files.map(({ status }) => status),
        ['done'],
      );
    });

    it('is copied out of the bucket into a file here, and from there into another bucket', async () => {
      const copied = await json<CopyResult>('copy', '--to', 'sqlite:///copied.db');
      assert.deepEqual([copied.status, copied.warnings], ['copied', []]);
      await server.makeBucket('others');
      const second = `sqlite:///${path.join(project.folder, 'second.db')}`;
      const made = await runPython('mlflow3', MAKE_EXPERIMENT, [second, 'breast_cancer', 's3://others/1']);
      assert.equal(made.code, 0, made.stderr);
      const back = await json<CopyResult>('copy', '--from', 'sqlite:///copied.db', '--to', second);
      assert.deepEqual([back.status, back.warnings], ['copied', []]);
      const keys = (await server.keys('others')).map((key) => key.split('/artifacts/')[1]);
      assert.ok(keys.includes('model/MLmodel') && keys.includes('evaluation.json'));
      const scored = async (...args: string[]) =>
        (await json<PredictResult>('predict', 'data/train.csv', '--output', '-', ...args)).predictions;
      const predictions = await scored();
      for (const uri of ['sqlite:///copied.db', second]) {
        assert.deepEqual(await scored('--set', `mlflow.tracking_uri=${uri}`), predictions);
        assert.equal((await json<CopyResult>('copy', '--to', uri)).status, 'nothing-to-do');
      }
    });

    it('is refused by its gates when somebody changed or removed a file in the bucket, though the copy here is good', async () => {
      const second = await json<TrainResult>(
        'train',
        '--set',
        'training.cv_folds=0',
        '--set',
        'training.random_seed=7',
      );
      const folder = `mlruns/1/${second.run_id}/artifacts/model`;
      await json('predict', 'data/train.csv', '--version', second.version, '--output', 'scored.csv');
      const model = readFileSync(await cachedModel(second.run_id));
      model[model.length - 1]! ^= 1;
      await server.put('models', `${folder}/model.onnx`, new Uint8Array(model));
      const { code, stdout } = await run('deploy', '--stage', 'staging', '--version', second.version, '--json');
      assert.equal(code, 3, stdout);
      assert.match(stdout, /digest/);
    });

    it(`has no version without its model, though trainings were killed (${KILLS} times)`, async () => {
      const random = uniform(SEED);
      const args = ['train', '--set', 'training.cv_folds=0', '--set', 'model.hyperparameters.n_estimators=5'];
      for (let i = 0; i < KILLS; i++) {
        await killedCommand(args, { cwd: project.folder, env: environment() }, 300 + random() * 1200);
      }
      await json<TrainResult>(...args);
      const { runs } = await json<{ runs: { status: string }[] }>('runs', '--filter', "attributes.status = 'RUNNING'");
      assert.deepEqual(runs, []);
      const keys = await server.keys('models');
      for (const location of await locations())
        assert.ok(keys.includes(`${location.slice('s3://models/'.length)}/MLmodel`));
    });

    it('says that the bucket cannot be reached, and leaves nothing half done', async () => {
      const env = { ...environment(), AWS_ENDPOINT_URL_S3: 'http://127.0.0.1:9' };
      const offline = (...args: string[]) => gnuMlops([...args, '--json'], { cwd: project.folder, env });
      const predicted = await offline('predict', 'data/train.csv');
      assert.deepEqual([predicted.code, JSON.parse(predicted.stdout).error.reason], [4, 'unreachable']);
      const failed = await offline('train', '--set', 'training.cv_folds=0');
      assert.deepEqual([failed.code, JSON.parse(failed.stdout).error.reason], [4, 'unreachable']);
      const { runs } = await json<{ runs: { status: string }[] }>('runs', '--limit', '1');
      assert.equal(runs[0]!.status, 'FAILED');
      const checked = await offline('validate');
      assert.equal(checked.code, 4);
      assert.match(checked.stdout, /127\.0\.0\.1:9/);
    });

    async function locations(): Promise<string[]> {
      const opened = await open();
      try {
        const { store } = opened;
        const versions = await store.listVersions('gnu_mlops_model');
        return await Promise.all(versions.map((version) => store.locate(version)));
      } finally {
        await opened.close();
      }
    }

    const open = () =>
      openProject({
        configFile: path.join(project.folder, 'config.yaml'),
        env: { ...process.env, ...environment() },
      });

    /** The model file in the cache of the project that came from a run. */
    async function cachedModel(runId: string): Promise<string> {
      const opened = await open();
      try {
        const folder = await opened.store.artifacts.folder(`s3://models/mlruns/1/${runId}/artifacts/model`);
        return path.join(folder!, 'model.onnx');
      } finally {
        await opened.close();
      }
    }
  });
}
