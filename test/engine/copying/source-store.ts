import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { type CopyOptions, copy } from '../../../src/engine/index.ts';
import { planPromotion, planRollback } from '../../../src/engine/registry/plan.ts';
import { applyPlan } from '../../../src/engine/registry/promotion.ts';
import type { Stage } from '../../../src/engine/registry/stages.ts';
import { loadRegistryState, type RegistryState } from '../../../src/engine/registry/state.ts';
import { openSqliteStore, type SqliteStore } from '../../../src/engine/tracking/sqlite/store.ts';
import { temporaryFolder } from '../tracking/temporary-store.ts';

const EVENTS = 'churn_events';
const OPTIONS = { by: 'alice', eventsExperiment: EVENTS };

/** Trains, promotes and rolls back in a store, as the commands do but for gates. */
export class Deployments {
  readonly #model: string;

  constructor(model = 'model') {
    this.#model = model;
  }

  stateOf(store: SqliteStore): Promise<RegistryState> {
    return loadRegistryState(store, EVENTS, this.#model);
  }

  async register(store: SqliteStore): Promise<void> {
    const { experimentId } = await store.ensureExperiment('churn');
    const run = await store.createRun({ experimentId, name: 'train', userId: 'alice', startTime: 1000 });
    const model = path.join(run.artifactUri, 'model');
    mkdirSync(model, { recursive: true });
    writeFileSync(path.join(model, 'MLmodel'), 'flavors: {}\nsignature: {}\n');
    const version = { name: this.#model, source: model, runId: run.runId, userId: 'alice' };
    await store.finishRun(run.runId, { status: 'FINISHED', endTime: 2000, register: version });
  }

  async promote(store: SqliteStore, stage: Stage, version: string): Promise<void> {
    await applyPlan(store, planPromotion(await this.stateOf(store), { stage, version }), OPTIONS);
  }

  async deploy(store: SqliteStore, version: string): Promise<void> {
    await this.promote(store, 'Staging', version);
    await this.promote(store, 'GNU_Production', version);
  }

  async rollBack(store: SqliteStore): Promise<void> {
    await applyPlan(store, planRollback(await this.stateOf(store), {}), OPTIONS);
  }
}

export interface Stores {
  source: SqliteStore;
  target: SqliteStore;
}

/**
 * The stores of a project, which copies from one to the other; made anew for each test of the suite that calls this.
 * @param begin gets them before each test
 */
export function useStores(begin: (stores: Stores) => void | Promise<void>) {
  const { folder, remove } = temporaryFolder();
  const configFile = path.join(folder, 'config.yaml');
  let stores: Stores;
  after(remove);

  beforeEach(async () => {
    for (const name of ['mlflow.db', 'copy.db', 'other.db']) rmSync(path.join(folder, name), { force: true });
    writeFileSync(configFile, 'mlflow: { experiment_name: churn }\n');
    const open = (file: string) => openSqliteStore({ path: file, baseDir: folder });
    stores = { source: await open('mlflow.db'), target: await open('copy.db') };
    await begin(stores);
  });

  afterEach(async () => {
    await stores.source.close();
    await stores.target.close();
  });

  return {
    folder,
    configFile,
    copyAll: (options: CopyOptions = {}) => copy({ configFile }, { to: 'sqlite:///copy.db', ...options }),
  };
}
