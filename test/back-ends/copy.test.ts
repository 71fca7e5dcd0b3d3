import * as assert from 'node:assert/strict';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { type CopyResult, copy as copyStores, type InfoResult } from '../../src/engine/index.ts';
import { openTrackingStore } from '../../src/engine/tracking/open-store.ts';
import { openSqliteStore } from '../../src/engine/tracking/sqlite/store.ts';
import { exampleProject, type TemporaryProject } from '../cli/command.ts';
import { parseDocument } from '../cli/documents.ts';
import { killedCommand } from '../cli/killed-command.ts';
import { contentsOf } from '../engine/copying/store-contents.ts';
import { temporaryFolder } from '../engine/tracking/temporary-store.ts';
import { type MlflowServer, startMlflowServer } from '../harness/mlflow-server.ts';
import { type PythonEnvironment, runPython } from '../harness/python.ts';

const KILLS = process.env.TEST_DEPTH === 'full' ? 40 : 6;
/** Each kill comes so much later than the one before. */
const STEP_MS = process.env.TEST_DEPTH === 'full' ? 30 : 200;

const CONFIG = `
mlflow: { tracking_uri: sqlite:///mlflow.db, experiment_name: churn, model_name: gnu_mlops_model }
model: { algorithm: random_forest, hyperparameters: { n_estimators: 3, max_depth: 3 } }
training: { cv_folds: 2, split: stratified }
data: { path: data/small.csv, target_column: diagnosis }
deployment: { gates: { staging: { accuracy: 0.5 }, production: { accuracy: 0.5 } } }
`;

/** Each server once, and both ways in which they keep artifacts. */
const SERVERS: [python: PythonEnvironment, keeps: 'itself' | 'in a folder'][] = [
  ['mlflow2', 'in a folder'],
  ['mlflow3', 'itself'],
];

for (const [python, keeps] of SERVERS) {
  describe(`Copying between a file and a server of ${python} that keeps artifacts ${keeps}`, function () {
    this.timeout(240_000);
    let project: TemporaryProject;
    let server: MlflowServer;

    before(async () => {
      project = exampleProject();
      const [header, ...rows] = readFileSync(path.join(project.folder, 'data/train.csv'), 'utf8').split('\n');
      writeFileSync(path.join(project.folder, 'data/small.csv'), [header, ...rows.slice(0, 60)].join('\n'));
      writeFileSync(path.join(project.folder, 'config.yaml'), CONFIG);
      const shared = path.join(project.folder, 'server-artifacts');
      mkdirSync(shared);
      const args = keeps === 'itself' ? [] : ['--no-serve-artifacts', '--default-artifact-root', shared];
      server = await startMlflowServer({ python, args });
    });

    after(async () => {
      await server.stop();
      project.remove();
    });

    async function succeed(...args: string[]): Promise<string> {
      const { code, stdout, stderr } = await project.run(...args);
      assert.equal(code, 0, stderr + stdout);
      return stdout;
    }

    const copy = async (...args: string[]): Promise<CopyResult> => {
      const result = await project.run('copy', '--json', ...args);
      assert.equal(result.code, 0, result.stderr + result.stdout);
      return parseDocument<CopyResult>(result, 'copy');
    };

    const contents = async (uri: string): Promise<object> => {
      const store = await openTrackingStore({ uri, baseDir: project.folder, readOnly: true });
      try {
        return await contentsOf(store, false);
      } finally {
        await store.close();
      }
    };

    const info = async (uri: string) =>
      JSON.parse(await succeed('info', '--json', '--history', '--set', `mlflow.tracking_uri=${uri}`)) as InfoResult;

    it('gives a server the same contents, with production and its history', async () => {
      for (let i = 0; i < 2; i++) {
        await succeed('train');
        await succeed('deploy', '--stage', 'staging');
        await succeed('deploy', '--stage', 'production', '--notes', 'better');
      }
      await copy('--to', server.uri);
      assert.deepEqual(await contents(server.uri), await contents('sqlite:///mlflow.db'));
      const [here, there] = [await info('sqlite:///mlflow.db'), await info(server.uri)];
      assert.equal(there.stages.GNU_Production?.version, '2');
      const told = ({ history }: InfoResult) => history.map(({ event_id: _, ...rest }) => rest);
      assert.deepEqual(told(there), told(here));
      assert.equal((await copy('--to', server.uri)).status, 'nothing-to-do');
    });

    it(`ends with everything once, though it was killed ${KILLS} times on the way`, async () => {
      await succeed('train', '--run-name', 'the third');
      let killed = 0;
      for (let i = 0; i < KILLS; i++) {
        const args = ['copy', '--to', server.uri];
        if ((await killedCommand(args, { cwd: project.folder }, STEP_MS * (i + 1))) === null) killed++;
      }
      assert.ok(killed > 0);
      await copy('--to', server.uri);
      assert.deepEqual(await contents(server.uri), await contents('sqlite:///mlflow.db'));
    });

    it('goes on working there, and comes back with what is new', async () => {
      const there = ['--set', `mlflow.tracking_uri=${server.uri}`];
      await succeed('train', ...there);
      await succeed('deploy', '--stage', 'staging', ...there);
      const back = await copy('--from', server.uri);
      assert.deepEqual(
        back.models[0]!.versions.map(({ from, to, status }) => [from, to, status]),
        [
          ['1', '1', 'present'],
          ['2', '2', 'present'],
          ['3', '3', 'present'],
          ['4', '4', 'copied'],
        ],
      );
      assert.deepEqual(await contents('sqlite:///mlflow.db'), await contents(server.uri));
    });

    it('moves everything of a server into a new file', async () => {
      await copy('--from', server.uri, '--to', 'sqlite:///moved.db');
      assert.deepEqual(await contents('sqlite:///moved.db'), await contents(server.uri));
      await succeed(
        'predict',
        'data/small.csv',
        '--output',
        'scored.csv',
        '--set',
        'mlflow.tracking_uri=sqlite:///moved.db',
      );
    });
  });
}

const OLD_STORE = `
import sys
import mlflow

class Doubling(mlflow.pyfunc.PythonModel):
    def predict(self, context, model_input):
        return model_input * 2

mlflow.set_tracking_uri(sys.argv[1])
mlflow.create_experiment('old', artifact_location=sys.argv[2])
mlflow.set_experiment('old')
with mlflow.start_run(run_name='first'):
    mlflow.log_param('depth', 3)
    for step in range(5):
        mlflow.log_metric('loss', 1 / (step + 1), step=step)
    mlflow.pyfunc.log_model('model', python_model=Doubling(), registered_model_name='doubling')
client = mlflow.MlflowClient()
client.set_registered_model_alias('doubling', 'champion', '1')
client.transition_model_version_stage('doubling', '1', 'Production')
`;

describe('Copying a file that MLflow 2.9 made, which is only read here', function () {
  this.timeout(120_000);

  it('makes one that is written to as well', async () => {
    const { folder, remove } = temporaryFolder();
    const old = `sqlite:///${path.join(folder, 'old.db')}`;
    const made = await runPython('mlflow29', OLD_STORE, [old, path.join(folder, 'old-artifacts')], { cwd: folder });
    assert.equal(made.code, 0, made.stderr);
    const configFile = path.join(folder, 'config.yaml');
    writeFileSync(configFile, 'mlflow: { experiment_name: old, model_name: doubling }\n');
    assert.equal((await copyStores({ configFile }, { from: old })).status, 'copied');
    const contents = async (file: string) => {
      const store = await openSqliteStore({ path: file, baseDir: folder, readOnly: true });
      return contentsOf(store, false).finally(() => store.close());
    };
    assert.deepEqual(await contents('mlflow.db'), await contents('old.db'));
    const moved = await openSqliteStore({ path: 'mlflow.db', baseDir: folder });
    const { experimentId } = await moved.ensureExperiment('old');
    await moved.createRun({ experimentId, name: 'new', userId: 'alice', startTime: 1 });
    await moved.close();
    remove();
  });
});
