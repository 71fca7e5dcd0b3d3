import type { GateResult } from '../registry/gates.ts';
import type { HistoryEntry } from '../registry/history.ts';
import type { Stage, VersionStage } from '../registry/stages.ts';

/** What of a plan must still be true when it is carried out. */
export interface ShownPlan {
  version: string;
  /** Who held each stage when the plan was made; null is no version. */
  holders: Record<Stage, string | null>;
}

/** What `deploy --json` and `rollback --json` print. */
export interface DeployResult extends ShownPlan {
  schema: 1;
  /**
   * `unchanged`: the version already holds the stage, and no event was written. `dry-run`: the plan would go through.
   * `refused`: only as the answer to a dry run; without one a refusal is an error.
   */
  status: 'deployed' | 'rolled-back' | 'unchanged' | 'dry-run' | 'refused';
  model_name: string;
  from_stage: VersionStage;
  /** With `unchanged` the stage that the version is in, which may lie above the one that was asked for. */
  to_stage: Stage;
  /** Who holds (or held) the stage before; null when nobody does. */
  previous_version: string | null;
  gates: GateResult[];
  /** What moves, as sentences. */
  changes: string[];
  warnings: string[];
  event_id: string | null;
}

/** A stage's holder in `info`. */
export interface StageHolder {
  version: string;
  /** ISO 8601 UTC, null when no event tells */
  since: string | null;
  by: string | null;
  /** False on stores that do not know their users, where `by` is what the client said of itself. */
  by_verified: boolean;
  notes: string;
  /** Holdout metrics of the version's run; null where one is not a number. */
  metrics: Record<string, number | null>;
  run_id: string | null;
}

/** What `info --json` prints. */
export interface InfoResult {
  schema: 1;
  model_name: string;
  /** The instant that was asked about, ISO 8601 UTC; null for now. */
  at: string | null;
  stages: Record<Stage, StageHolder | null>;
  /** Newest first; empty unless asked for. */
  history: HistoryEntry[];
  /** Alias moves by other tools that no event explains, as sentences. */
  changed_outside: string[];
}
