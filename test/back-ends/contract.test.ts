import * as assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { openTrackingStore } from '../../src/engine/tracking/open-store.ts';
import type { TrackingStore } from '../../src/engine/tracking/store.ts';
import { rejects, storeContract } from '../engine/tracking/store-contract.ts';
import { type Fault, type FaultProxy, startFaultProxy } from '../harness/fault-proxy.ts';
import { ADMIN, type MlflowServer, type MlflowServerOptions, startMlflowServer } from '../harness/mlflow-server.ts';
import { type Postgres, startPostgres } from '../harness/postgres.ts';
import { sharesWithPython } from '../interop/shared-store.ts';

interface BackEnd {
  name: string;
  server: MlflowServerOptions;
  env?: Record<string, string>;
  withPostgres?: boolean;
}

const CREDENTIALS = { MLFLOW_TRACKING_USERNAME: ADMIN.username, MLFLOW_TRACKING_PASSWORD: ADMIN.password };

/** What stands behind `http://...`. Each keeps the whole contract, the oldest too. */
const BACK_ENDS: BackEnd[] = [
  { name: 'An MLflow server 2.22', server: { python: 'mlflow2' } },
  { name: 'The newest MLflow server', server: { python: 'mlflow3' } },
  { name: 'The newest MLflow server on PostgreSQL', server: { python: 'mlflow3' }, withPostgres: true },
  {
    name: 'The newest MLflow server that asks for a password',
    server: { python: 'mlflow3', basicAuth: true },
    env: CREDENTIALS,
  },
  { name: 'An MLflow server 2.9.2', server: { python: 'mlflow29' } },
];

for (const { name, server: options, env = {}, withPostgres = false } of BACK_ENDS) {
  describe(`${name}:`, function () {
    this.timeout(120_000);
    const folder = mkdtempSync(path.join(tmpdir(), 'gnu-mlops-contract-'));
    let postgres: Postgres | undefined;
    let server: MlflowServer;

    before(async () => {
      if (withPostgres) postgres = await startPostgres();
      server = await startMlflowServer({ ...options, ...(postgres && { backendStore: postgres.uri }) });
    });

    after(async () => {
      await server?.stop();
      await postgres?.stop();
      rmSync(folder, { recursive: true, force: true });
    });

    const open = async () => {
      const store = await openTrackingStore({ uri: server.uri, baseDir: folder, env });
      return { store, dispose: () => store.close() };
    };
    storeContract('RestStore', open);

    // Later clients have given up what the oldest server understands. One that hashes a password for every request would take
    // minutes; main-job.test.ts has a colleague there.
    if (options.python !== 'mlflow29' && !options.basicAuth) {
      describe('shared with Python', () => {
        let store: TrackingStore;
        before(async () => {
          store = (await open()).store;
        });
        after(() => store.close());
        sharesWithPython(
          () => store,
          () => ({ python: options.python, uri: server.uri, env, folder }),
        );
      });
    }

    it('finds the version whose answer was lost, though its run has others already', async () => {
      const proxy = await startFaultProxy(server.uri);
      const store = await openTrackingStore({ uri: proxy.uri, baseDir: folder, env });
      try {
        const { experimentId } = await store.ensureExperiment('lost answers');
        const { runId } = await store.createRun({ experimentId, name: 'r', userId: 'u', startTime: 1 });
        const source = `runs:/${runId}/model`;
        const register = { name: 'lost', source, runId, userId: 'u' };
        const end = { status: 'FINISHED' as const, endTime: 2, register };
        assert.equal((await store.finishRun(runId, end))?.version, '1');
        proxy.plan(firstCreate(proxy, 'cut'));
        assert.equal((await store.finishRun(runId, end))?.version, '2');
        proxy.plan(firstCreate(proxy, 'refuse'));
        await rejects(store.finishRun(runId, end), 'unreachable');
        proxy.plan(firstCreate(proxy, 'cut'));
        assert.equal((await store.finishRun(runId, end))?.version, '3');
        assert.equal((await store.listVersions('lost')).length, 3);
      } finally {
        await store.close();
        await proxy.stop();
      }
    });
  });
}

/** Lets the first request that makes a version go wrong. */
function firstCreate({ requests }: FaultProxy, fault: Fault): (n: number) => Fault | undefined {
  const isCreate = (request: string) => request.endsWith('/model-versions/create');
  return (n) => (requests.findIndex(isCreate) === n - 1 ? fault : undefined);
}
