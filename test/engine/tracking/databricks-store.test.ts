import * as assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { databricksOpener } from '../../../src/engine/artifacts/databricks/repository.ts';
import { WorkspaceClient } from '../../../src/engine/databricks/workspace-client.ts';
import { openDatabricksStore } from '../../../src/engine/tracking/databricks/open.ts';
import type { Run, TrackingStore } from '../../../src/engine/tracking/store.ts';
import { DatabricksEmulator } from '../../harness/databricks/emulator.ts';
import { repositoryContract } from '../artifacts/repository-contract.ts';
import { settingsOf, useEmulator } from '../databricks/emulated.ts';
import { rejects, storeContract } from './store-contract.ts';

const MLMODEL = 'flavors: {}\nsignature: {}\n';

/** A model folder among the run's artifacts: Unity Catalog takes no version without one. */
async function writeModel({ artifacts }: TrackingStore, run: Run): Promise<void> {
  await artifacts.write(run.artifactUri, (folder) => {
    mkdirSync(path.join(folder, 'model'));
    writeFileSync(path.join(folder, 'model/MLmodel'), MLMODEL);
    writeFileSync(path.join(folder, 'model/model.onnx'), 'onnx');
    writeFileSync(path.join(folder, 'model/empty.txt'), '');
  });
}

function openStore(
  emulator: DatabricksEmulator,
  cacheFolder: string,
  registry: 'unity-catalog' | 'workspace',
): TrackingStore {
  const client = new WorkspaceClient(settingsOf(emulator));
  return openDatabricksStore(client, { workspacePath: '/Shared/gnu_mlops', registry, cacheFolder });
}

storeContract(
  'The store of a Databricks workspace with Unity Catalog',
  async () => {
    const emulator = await DatabricksEmulator.start();
    const cacheFolder = mkdtempSync(path.join(tmpdir(), 'gnu-mlops-cache-'));
    const store = openStore(emulator, cacheFolder, 'unity-catalog');
    return {
      store,
      dispose: async () => {
        await store.close();
        rmSync(cacheFolder, { recursive: true });
        const { violations } = emulator;
        await emulator.stop();
        assert.deepEqual(violations, []);
      },
    };
  },
  {
    // Experiments are things in the tree of the workspace, and somebody made each of them.
    hasDefaultExperiment: false,
    // Runs belong to whoever is signed in.
    user: 'alice@example.com',
    modelName: (own) => `main.ml.${own}`,
    writeModel,
  },
);

for (const [way, filesApiForArtifacts] of [
  ['the Files API', true],
  ['signed addresses', false],
] as const) {
  repositoryContract(`A run's artifacts on Databricks, by ${way},`, async () => {
    const emulator = await DatabricksEmulator.start();
    emulator.workspace.filesApiForArtifacts = filesApiForArtifacts;
    const { runs } = emulator.workspace;
    const { experimentId } = await runs.ensureExperiment('/Shared/artifacts');
    const run = await runs.createRun({ experimentId, name: 'a', userId: 'a', startTime: 1 });
    const uri = `dbfs:/databricks/mlflow-tracking/${experimentId}/${run.runId}/artifacts/deep`;
    const client = new WorkspaceClient(settingsOf(emulator));
    const repository = databricksOpener(client)(uri)!;
    return {
      repository,
      dispose: async () => {
        client.close();
        const { violations } = emulator;
        await emulator.stop();
        assert.deepEqual(violations, []);
      },
    };
  });
}

describe('A version in Unity Catalog', () => {
  const workspace = useEmulator();
  const MODEL = 'main.ml.churn';
  let cacheFolder: string;

  beforeEach(() => {
    cacheFolder = mkdtempSync(path.join(tmpdir(), 'gnu-mlops-cache-'));
  });

  afterEach(() => rmSync(cacheFolder, { recursive: true }));

  const open = (registry: 'unity-catalog' | 'workspace' = 'unity-catalog') =>
    openStore(workspace().emulator, cacheFolder, registry);

  async function begin(store: TrackingStore): Promise<Run> {
    const { experimentId } = await store.ensureExperiment('churn');
    const run = await store.createRun({ experimentId, name: 'r', userId: 'alice', startTime: 1 });
    await writeModel(store, run);
    return run;
  }

  const finish = (store: TrackingStore, { runId }: Run) =>
    store.finishRun(runId, {
      status: 'FINISHED',
      endTime: 2,
      register: { name: MODEL, source: `runs:/${runId}/model`, runId, userId: 'alice', tags: { note: 'good' } },
    });

  it('has the files of the run, and its experiment lies in the folder of the project', async () => {
    const store = open();
    const version = await finish(store, await begin(store));
    assert.deepEqual([version?.version, version?.status, version?.tags.note], ['1', 'READY', 'good']);
    const { files, runs } = workspace().emulator.workspace;
    assert.equal(files.get('/Models/main/ml/churn/1/MLmodel')?.toString(), MLMODEL);
    assert.equal(files.get('/Models/main/ml/churn/1/empty.txt')?.length, 0);
    assert.notEqual(await runs.findExperiment('/Shared/gnu_mlops/churn'), null);
    await store.close();
  });

  it('is uploaded by signed addresses where the workspace wants that', async () => {
    const { emulator } = workspace();
    emulator.workspace.filesApiForModels = false;
    const store = open();
    await finish(store, await begin(store));
    assert.equal(emulator.workspace.files.get('/Models/main/ml/churn/1/MLmodel')?.toString(), MLMODEL);
    await store.close();
  });

  it('is made once, whichever answer is lost', async () => {
    const { emulator } = workspace();
    for (const part of ['/model-versions/create', '/MLmodel', '/model-versions/finalize']) {
      const store = open();
      const run = await begin(store);
      let isFirst = true;
      emulator.cut = {
        when: 'after',
        at: ({ path: at }) => {
          const isIt = isFirst && at.endsWith(part);
          if (isIt) isFirst = false;
          return isIt;
        },
      };
      assert.equal((await finish(store, run))?.status, 'READY', part);
      emulator.cut = null;
      await store.close();
    }
    const versions = [...emulator.workspace.models.get(MODEL)!.versions.values()];
    assert.deepEqual(
      versions.map(({ status }) => status),
      ['READY', 'READY', 'READY'],
    );
  });

  it('that was cut off before any of its requests is finished by the next try, or removed with its run', async () => {
    const { emulator } = workspace();
    const steps = ['/model-versions/create', '/model.onnx', '/MLmodel', '/model-versions/finalize'];
    for (const [i, step] of steps.entries()) {
      const store = open();
      const run = await begin(store);
      let isDown = false;
      // From this request on nothing gets through: the process is gone.
      emulator.cut = {
        when: 'before',
        at: ({ path: at }) => {
          isDown ||= at.endsWith(step);
          return isDown;
        },
      };
      await rejects(finish(store, run), 'unreachable');
      emulator.cut = null;
      const next = open();
      if (i % 2 === 0) assert.equal((await finish(next, run))?.status, 'READY', step);
      else await next.finishRun(run.runId, { status: 'KILLED', endTime: 3 });
      const statuses = (await next.listVersions(MODEL)).map(({ status }) => status);
      assert.ok(!statuses.includes('PENDING_REGISTRATION'), `${step}: ${statuses}`);
      await store.close();
      await next.close();
    }
  });

  it('needs a name of three parts', async () => {
    const store = open();
    const run = await begin(store);
    const register = { name: 'churn', source: `runs:/${run.runId}/model`, runId: run.runId, userId: 'alice' };
    await rejects(store.finishRun(run.runId, { status: 'FINISHED', endTime: 2, register }), 'usage');
    await store.close();
  });

  it('cannot be made in the old registry of the workspace, which is read', async () => {
    const { legacyModels } = workspace().emulator.workspace;
    const version = {
      version: 1,
      source: 'dbfs:/x',
      runId: '',
      description: '',
      userId: 'bob',
      status: 'READY' as const,
      tags: new Map([['a', 'b']]),
      stage: 'Production',
    };
    legacyModels.set('old', {
      name: 'old',
      description: '',
      userId: 'bob',
      tags: new Map(),
      aliases: new Map(),
      versions: new Map([[1, version]]),
      last: 1,
    });
    const store = open('workspace');
    assert.deepEqual(
      (await store.listModels()).map(({ name }) => name),
      ['old'],
    );
    const [found] = await store.listVersions('old');
    assert.deepEqual([found?.stageField, found?.tags.a], ['Production', 'b']);
    const run = await begin(store);
    const register = { name: 'old', source: 'dbfs:/x', runId: run.runId, userId: 'alice' };
    const error = await rejects(
      store.finishRun(run.runId, { status: 'FINISHED', endTime: 2, register }),
      'store-read-only',
    );
    assert.match(String(error.details.fix), /databricks-uc/);
    await store.close();
  });
});
