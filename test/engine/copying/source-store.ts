import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { planPromotion, planRollback } from '../../../src/engine/registry/plan.ts';
import { applyPlan } from '../../../src/engine/registry/promotion.ts';
import type { Stage } from '../../../src/engine/registry/stages.ts';
import { loadRegistryState, type RegistryState } from '../../../src/engine/registry/state.ts';
import type { SqliteStore } from '../../../src/engine/tracking/sqlite/store.ts';

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
