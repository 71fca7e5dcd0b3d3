import * as assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Artifacts } from '../../src/engine/artifacts/artifacts.ts';
import { mlflowOpener } from '../../src/engine/artifacts/mlflow/repository.ts';
import { detectOutsideChanges } from '../../src/engine/registry/history.ts';
import { planPromotion } from '../../src/engine/registry/plan.ts';
import { applyPlan } from '../../src/engine/registry/promotion.ts';
import { STAGE_TAG, type Stage, stageField } from '../../src/engine/registry/stages.ts';
import { loadRegistryState, type RegistryState, versionStage } from '../../src/engine/registry/state.ts';
import { EngineError } from '../../src/engine/support/errors.ts';
import { MlflowApi, type ServerClient } from '../../src/engine/tracking/rest/api.ts';
import { mlflowHttpClient, serverClient } from '../../src/engine/tracking/rest/server.ts';
import { RestStore } from '../../src/engine/tracking/rest/store.ts';
import type { TrackingStore } from '../../src/engine/tracking/store.ts';
import { type MlflowServer, startMlflowServer } from '../harness/mlflow-server.ts';

const EVENTS = 'overtaken_events';

/** Between the request that moves the alias and the end of a promotion; behind the last one nothing happens. */
const MOST_REQUESTS = 14;

/** TEST_DEPTH=full comes before each of them, otherwise before every second one. */
const STEP = process.env.TEST_DEPTH === 'full' ? 1 : 2;

describe('A promotion on a server that somebody else overtakes', function () {
  this.timeout(240_000);
  const cacheFolder = mkdtempSync(path.join(tmpdir(), 'gnu-mlops-overtaken-'));
  let server: MlflowServer;
  let rival: RestStore;

  before(async () => {
    server = await startMlflowServer({ python: 'mlflow3' });
    rival = open();
  });

  after(async () => {
    await rival?.close();
    await server?.stop();
    rmSync(cacheFolder, { recursive: true, force: true });
  });

  /** @param isAsked told of each request before it is made, but of those for files */
  function open(isAsked: (request: string) => Promise<void> = async () => undefined): RestStore {
    const http = mlflowHttpClient(server.uri, {}, undefined);
    const inner = serverClient(http);
    const client: ServerClient = {
      location: inner.location,
      json: async (request) => {
        await isAsked(`${request.method} ${request.path}`);
        return inner.json(request);
      },
      text: (at) => inner.text(at),
      close: () => inner.close(),
    };
    const artifacts = new Artifacts({ localFolder: () => null, remotes: [mlflowOpener(http)], cacheFolder });
    return new RestStore(new MlflowApi(client), { artifacts });
  }

  const stateOf = (store: TrackingStore, model: string) => loadRegistryState(store, EVENTS, model);

  async function promote(store: TrackingStore, model: string, stage: Stage, version: string): Promise<void> {
    const plan = planPromotion(await stateOf(store, model), { stage, version });
    await applyPlan(store, plan, { by: 'somebody', eventsExperiment: EVENTS });
  }

  /** Four versions, the first in production, the second in Staging after it was in production. */
  async function prepare(model: string): Promise<void> {
    const { experimentId } = await rival.ensureExperiment('overtaken');
    const { runId } = await rival.createRun({ experimentId, name: 'r', userId: 'u', startTime: 1 });
    const register = { name: model, source: `runs:/${runId}/model`, runId, userId: 'u' };
    for (let i = 0; i < 4; i++) {
      await rival.finishRun(runId, { status: 'FINISHED', endTime: 2, register });
    }
    await promote(rival, model, 'GNU_Production', '2');
    await promote(rival, model, 'GNU_Production', '1');
    await promote(rival, model, 'Staging', '2');
  }

  /** Somebody else acts before the n-th request after the alias was moved; false when there are not so many. */
  async function race(model: string, n: number, own: [Stage, string], other: [Stage, string]): Promise<boolean> {
    let since = -1;
    let isDone = false;
    const store = open(async (request) => {
      if (since === -1 && request !== 'POST registered-models/alias') return;
      since += 1;
      if (since !== n || isDone) return;
      isDone = true;
      await promote(rival, model, ...other);
    });
    await promote(store, model, ...own).catch((error) => {
      if (!EngineError.is(error, 'conflict')) throw error;
    });
    await store.close();
    return isDone;
  }

  /** Aliases, history, stage fields and tags tell the same. */
  function requireSound(state: RegistryState, told: string): void {
    const { versions } = state;
    assert.deepEqual(detectOutsideChanges(state), [], told);
    assert.deepEqual(
      versions.map(({ version, stageField: field, tags }) => [version, field, tags[STAGE_TAG] ?? 'None']),
      versions.map(({ version }) => {
        const stage = versionStage(state, version);
        return [version, stageField(stage), stage];
      }),
      told,
    );
    assert.ok(
      state.events.every(({ status }) => ['FINISHED', 'FAILED'].includes(status)),
      told,
    );
  }

  interface Race {
    name: string;
    own: [Stage, string];
    other: [Stage, string];
    /** Of the requests after the alias of `own` was moved. */
    from?: number;
  }

  const RACES: Race[] = [
    {
      name: 'into production, while another one goes there',
      own: ['GNU_Production', '2'],
      other: ['GNU_Production', '3'],
    },
    { name: 'into Staging, while another one goes there', own: ['Staging', '3'], other: ['Staging', '4'] },
    { name: 'into Staging, while its holder comes back', own: ['Staging', '3'], other: ['Staging', '2'] },
    {
      name: 'into production, while another one goes to Staging',
      own: ['GNU_Production', '2'],
      other: ['Staging', '3'],
      // A request that takes an alias away cannot say from whom, so nobody may get it between the two that move both.
      from: 2,
    },
  ];

  for (const { name, own, other, from = 1 } of RACES) {
    it(`${name}: whenever that happens, aliases, stages, tags and history tell the same`, async () => {
      for (let n = from; n < MOST_REQUESTS; n += STEP) {
        const model = `${name.replaceAll(/\W+/g, '-')}-${n}`;
        await prepare(model);
        const isDone = await race(model, n, own, other);
        requireSound(await stateOf(rival, model), `before request ${n}`);
        if (!isDone) return;
      }
      assert.fail(`a promotion takes more than ${MOST_REQUESTS} requests after its alias`);
    });
  }
});
