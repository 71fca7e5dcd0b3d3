import { statSync } from 'node:fs';
import { retrain } from '../../../engine/retraining/retrain.ts';
import type { ProjectRef } from '../../../protocol/engine-api.ts';
import type { RetrainResult } from '../../../protocol/unattended-api.ts';
import type { ProjectPool } from './project-pool.ts';

/** A plan also depends on the clock and on the data, which nobody watches. */
const KEPT_MS = 10 * 60_000;

interface Kept {
  stamp: string;
  at: number;
  plan: Promise<RetrainResult | null>;
}

/**
 * What a retraining would do, by configuration. A view asks with every change of anything, and the answer costs reading the model and
 * the data: it is kept until the store or the configuration changes.
 */
export class RetrainingPlans {
  readonly #pool: ProjectPool;
  readonly #kept = new Map<string, Kept>();

  constructor(pool: ProjectPool) {
    this.#pool = pool;
  }

  async get(ref: ProjectRef): Promise<RetrainResult | null> {
    const stamp = await this.#stamp(ref);
    if (stamp === null) return null;
    const known = this.#kept.get(ref.configFile);
    const now = performance.now();
    if (known && known.stamp === stamp && now - known.at < KEPT_MS) return known.plan;
    const plan = this.#pool.read(
      ref,
      () => null,
      (project) => retrain(project, { dryRun: true }),
    );
    this.#kept.set(ref.configFile, { stamp, at: now, plan });
    // A failure is told to those who asked for it, and tried again by the next.
    plan.catch(() => this.#kept.delete(ref.configFile));
    return plan;
  }

  #stamp(ref: ProjectRef): Promise<string | null> {
    return this.#pool.read(
      ref,
      () => null,
      async ({ store, configFile }) => `${await store.changeToken()} ${statSync(configFile).mtimeMs}`,
    );
  }
}
