import * as assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { listModels } from '../../src/engine/deployment/models.ts';
import { createDataset, info, openProject, type Project } from '../../src/engine/index.ts';
import { listExperiments } from '../../src/engine/runs/experiments.ts';
import { runPage } from '../../src/engine/runs/run-page.ts';
import { gnuMlops } from '../cli/command.ts';
import { type FaultProxy, startFaultProxy } from '../harness/fault-proxy.ts';
import { type MlflowServer, startMlflowServer } from '../harness/mlflow-server.ts';
import type { PythonEnvironment } from '../harness/python.ts';
import { type PythonSteps, startPythonSteps } from './python-steps.ts';

const SERVERS: [string, PythonEnvironment][] = [
  ['2.22', 'mlflow2'],
  ['of the newest MLflow', 'mlflow3'],
];

/**
 * What an operation may ask for, files of the model (eight, in two folders) included. Each was measured; a rise is a repetition that
 * somebody on a distant server waits for.
 */
const MOST = { train: 21, staging: 28, production: 31, rollback: 31 };

/** Makes runs, and versions of them whose sources say nothing of where their files lie. */
const MAKE = `
def make(runs, versions):
    made = [client.create_run(experiment, start_time=1000 + i).info.run_id for i in range(runs)]
    for i, run in enumerate(made[:versions]):
        source, more = f"runs:/{run}/model", {}
        if i % 2 and hasattr(client, "create_logged_model"):
            model = client.create_logged_model(experiment, name="model", source_run_id=run)
            source, more = f"models:/{model.model_id}", {"model_id": model.model_id}
        client.create_model_version("gnu_mlops_model", source, run, **more)

import sys
from mlflow import MlflowClient
client = MlflowClient(sys.argv[1])
experiment = client.get_experiment_by_name("counted").experiment_id
`;

for (const [name, python] of SERVERS) {
  describe(`Requests to a server ${name}`, function () {
    this.timeout(300_000);
    const folder = mkdtempSync(path.join(tmpdir(), 'gnu-mlops-requests-'));
    const configFile = path.join(folder, 'config.yaml');
    let server: MlflowServer;
    let proxy: FaultProxy;
    let colleague: PythonSteps | undefined;

    before(async () => {
      server = await startMlflowServer({ python });
      proxy = await startFaultProxy(server.uri);
      createDataset({ folder: path.join(folder, 'data'), rows: 500 });
      writeFileSync(
        configFile,
        `mlflow: { tracking_uri: "${proxy.uri}", experiment_name: counted }
training: { cv_folds: 0 }
model: { hyperparameters: { n_estimators: 5, max_depth: 3 } }
deployment: { gates: { staging: { accuracy: 0 }, production: { accuracy: 0 } } }
`,
      );
      await command('train');
      await command('deploy', '--stage', 'staging');
      await command('deploy', '--stage', 'production');
    });

    after(async () => {
      await colleague?.stop();
      await proxy?.stop();
      await server?.stop();
      rmSync(folder, { recursive: true, force: true });
    });

    async function command(...args: string[]): Promise<string[]> {
      proxy.plan(() => undefined);
      const { code, stderr } = await gnuMlops([...args, '--json'], { cwd: folder });
      assert.equal(code, 0, stderr);
      return [...proxy.requests];
    }

    /** With a project of its own, so that nothing is known from before. */
    async function counted(use: (project: Project) => Promise<unknown>): Promise<number> {
      const project = await openProject({ configFile, env: {} });
      try {
        proxy.plan(() => undefined);
        await use(project);
        return proxy.requests.length;
      } finally {
        await project.close();
      }
    }

    it('are few for training, deploying and rolling back, and no file of a model is fetched twice but MLmodel', async () => {
      const seen = {
        train: await command('train'),
        staging: await command('deploy', '--stage', 'staging'),
        production: await command('deploy', '--stage', 'production'),
        rollback: await command('rollback'),
      };
      for (const [operation, most] of Object.entries(MOST)) {
        const requests = seen[operation as keyof typeof seen];
        assert.ok(requests.length <= most, `${operation}: ${requests.length}\n${requests.join('\n')}`);
        const files = requests.filter((request) => request.startsWith('GET') && request.includes('/artifacts/model/'));
        const twice = files.filter((file, i) => files.indexOf(file) !== i);
        assert.deepEqual(twice, [], operation);
      }
    });

    it('are as many for 30 versions and 200 runs as for 3 and 10', async () => {
      colleague = startPythonSteps(python, [server.uri]);
      await colleague.run(MAKE);
      await colleague.run('make(8, 1)');
      const few = await everything();
      await colleague.run('make(190, 27)');
      assert.deepEqual(await everything(), few);
    });

    /** What commands and the trees of the editor ask for. */
    async function everything(): Promise<Record<string, number>> {
      let shown = 0;
      const experimentOf = async ({ store }: Project) => (await store.findExperiment('counted'))!.experimentId;
      return {
        info: await counted((project) => info(project, { history: true })),
        runs: await counted(async (project) => {
          const page = { experimentIds: [await experimentOf(project)], maxResults: 1000 };
          shown = (await runPage(project, page)).runs.length;
        }),
        experiments: await counted(listExperiments),
        models: await counted(async (project) => {
          const [model] = await listModels(project);
          assert.ok(model!.versions.length === 3 || model!.versions.length === 30, String(model!.versions.length));
          assert.ok(shown === 10 || shown === 200, String(shown));
        }),
        changes: await counted(({ store }) => store.changeToken()),
      };
    }
  });
}
