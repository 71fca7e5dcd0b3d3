import type { Metrics } from '../evaluation/metrics.ts';
import type { FeatureDrift } from '../monitoring/drift.ts';
import type { GateResult } from '../registry/gates.ts';

/** Why a retraining is due. */
export type DueReason = 'forced' | 'no-model' | 'age' | 'drift' | 'volume';

export interface Due {
  /** Null when it is not due. */
  reason: DueReason | null;
  /** End of the last good training, ISO 8601 UTC; null when there was none. */
  since: string | null;
  /** For people: "the last training is 31.2 days old, due from 29.5". */
  explanation: string;
}

/** Champion and challenger on rows that neither was trained on. */
export interface Contest {
  metric: string;
  /** Rows that both were measured on. */
  rows: number;
  /** Share of the challenger's holdout that the champion cannot have seen either, 0 to 1. */
  unseen_share: number;
  champion: number | null;
  challenger: number | null;
  /** How much better the challenger is; negative when it is worse. */
  improvement: number;
  /** Share of the bootstrap samples in which the challenger is better. */
  confidence: number;
}

/** What `retrain --json` prints. */
export interface RetrainResult {
  schema: 1;
  /**
   * `nothing-to-do`: not due, switched off, or waiting. `kept-production`: the challenger is not better. `waiting`: it is better, and a
   * person deploys. `staged`: in Staging until the soak time is over. `refused`: a gate stands in the way. `rolled-back`: production
   * was broken and its predecessor is back.
   */
  status:
    | 'nothing-to-do'
    | 'kept-production'
    | 'waiting'
    | 'staged'
    | 'deployed'
    | 'refused'
    | 'rolled-back'
    | 'dry-run';
  due: Due;
  champion: { version: string; metrics: Partial<Metrics> } | null;
  challenger: { version: string; run_id: string; metrics: Partial<Metrics> } | null;
  contest: Contest | null;
  /** For people: what was decided, and why. */
  decision: string;
  gates: GateResult[];
  /** Features that have drifted in the recent batches, most moved first. */
  drift: FeatureDrift[];
  warnings: string[];
}
