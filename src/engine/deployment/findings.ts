import type { GateEvidence } from '../registry/gates.ts';
import type { RegistryState } from '../registry/state.ts';
import type { ModelVersion, TrackingStore } from '../tracking/store.ts';
import { gatherEvidence } from './evidence.ts';

/** For so long a look at the registry is good for a plan, ms. Gathering evidence alone may take as long. */
const FRESH_MS = 60_000;

/**
 * What a plan was made from. Who shows a plan and carries it out right afterwards gives the same findings to both, so that a server is
 * not asked for everything again and a model is copied once. The commit compares what the plan rests on all the same.
 */
export class Findings {
  #state: { state: RegistryState; until: number } | null = null;
  #evidence: { of: string; evidence: GateEvidence } | null = null;

  /** The registry as it was found, unless that is a while ago. */
  get state(): RegistryState | null {
    return this.#state !== null && this.#state.until > performance.now() ? this.#state.state : null;
  }

  keep(state: RegistryState): void {
    this.#evidence = null;
    this.#state = { state, until: performance.now() + FRESH_MS };
  }

  /** What the gates judge the version by, looked up once for each version and holder of production. */
  async evidence(store: TrackingStore, state: RegistryState, version: ModelVersion): Promise<GateEvidence> {
    const of = JSON.stringify([version.name, version.version, state.aliases]);
    if (this.state === null || this.#evidence?.of !== of) {
      this.#evidence = { of, evidence: await gatherEvidence(store, state, version) };
    }
    return this.#evidence.evidence;
  }
}
