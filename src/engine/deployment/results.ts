import type { Metrics } from '../evaluation/metrics.ts';
import type { GateResult } from '../registry/gates.ts';
import type { HistoryEntry } from '../registry/history.ts';
import type { Stage, VersionStage } from '../registry/stages.ts';

/** What `deploy --json` and `rollback --json` print. */
export interface DeployResult {
  schema: 1;
  /** `dry-run`: the plan would go through. `unchanged`: the version already holds the stage. */
  status: 'deployed' | 'rolled-back' | 'unchanged' | 'dry-run';
  model_name: string;
  version: string;
  from_stage: VersionStage;
  to_stage: Stage;
  previous_version: string | null;
  gates: GateResult[];
  event_id: string | null;
}

/** A stage's holder in `info`. */
export interface StageHolder {
  version: string;
  /** ISO 8601 UTC, null when no event tells */
  since: string | null;
  by: string | null;
  notes: string;
  metrics: Partial<Metrics>;
  run_id: string | null;
}

/** What `info --json` prints. */
export interface InfoResult {
  schema: 1;
  model_name: string;
  stages: Record<Stage, StageHolder | null>;
  history: HistoryEntry[];
  /** Alias moves by other tools that no event explains, as sentences. */
  changed_outside: string[];
}
