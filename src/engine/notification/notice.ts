import type { GateResult } from '../registry/gates.ts';
import type { ErrorReason } from '../support/errors.ts';

/** What became of a batch, as `batch --json` prints it; only what a message tells of. */
export interface BatchOutcome {
  status: string;
  run_id: string | null;
  model_name: string;
  version: string | null;
  files: {
    input: string;
    output: string | null;
    rows: number;
    refused: number;
    status: string;
    error: string | null;
  }[];
  duration_ms: number;
}

/** What became of a promotion or a roll back, as `deploy --json` and `rollback --json` print it. */
export interface DeploymentOutcome {
  status: string;
  model_name: string;
  version: string;
  from_stage: string;
  to_stage: string;
  previous_version: string | null;
  gates: GateResult[];
  changes: string[];
  event_id: string | null;
}

interface Contender {
  version: string;
  run_id?: string | null;
  /** Null or missing where there is no number. */
  metrics: Readonly<Record<string, number | null | undefined>>;
}

/** What became of a retraining, as `retrain --json` prints it. */
export interface RetrainOutcome {
  /** `nothing-to-do`, `kept-production`, or how far the challenger came: `deployed`, `refused`. */
  status: string;
  due: { reason: string | null; since: string | null };
  /** Null when nothing was in production. */
  champion: Contender | null;
  /** Null when nothing was trained. */
  challenger: Contender | null;
  /** A sentence: what was decided, and why. */
  decision: string;
  gates: GateResult[];
  /** Features that have drifted in the recent batches. */
  drift: DriftedFeature[];
}

/** `psi`: population stability index; `ks`: Kolmogorov-Smirnov test, null for categories. */
interface DriftedFeature {
  feature: string;
  psi: number;
  ks: { p_value: number } | null;
}

/** Features whose recent values are not those that the model was trained on. */
export interface DriftAlarm {
  model_name: string;
  version: string;
  /** Recent batches that were compared. */
  batches: number;
  features: DriftedFeature[];
}

/** One line of a digest: a schedule of the period, or what was done by hand. */
export interface DigestRow {
  operation: string;
  /** Null for an operation that no schedule ran. */
  schedule: string | null;
  /** Local days on which the schedule was due; null without one. */
  nights_due: number | null;
  /** Local days on which it ran. */
  nights_ran: number;
  done: number;
  nothing_to_do: number;
  failed: number;
}

/** What happened over a period; sent also when all was well, because silence must not look like success. */
export interface Digest {
  /** ISO 8601 UTC */
  since: string;
  until: string;
  rows: DigestRow[];
  /** One sentence per event, oldest first. */
  events: { at: string; text: string }[];
}

/** Something that people are told. */
export type Notice =
  | { kind: 'batch'; result: BatchOutcome }
  | { kind: 'retrain'; result: RetrainOutcome }
  | { kind: 'deployment'; result: DeploymentOutcome; by: string; notes: string }
  | { kind: 'drift'; operation: string; alarm: DriftAlarm }
  | { kind: 'failure'; operation: string; failure: Failure }
  | { kind: 'digest'; digest: Digest };

/** Why an operation stopped, and the end of its log. */
export interface Failure {
  reason: ErrorReason;
  message: string;
  fix: string | null;
  exit_code: number;
  /** Path of the log; null when it came to none. */
  log: string | null;
  tail: string[];
}

/**
 * How a notice is taken: `alert` goes to those who watch, `success` only to those who asked for it, `idle` (nothing to do) to
 * nobody.
 */
export type Weight = 'alert' | 'success' | 'idle';

export function weightOf(notice: Notice): Weight {
  switch (notice.kind) {
    case 'drift':
    case 'failure':
      return 'alert';
    case 'digest':
      return 'success';
    case 'deployment':
      return deploymentWeight(notice.result);
    default:
      return weightOfStatus(notice.result.status);
  }
}

/** A roll back, and a promotion past a gate that failed, are never routine. */
function deploymentWeight({ status, gates }: DeploymentOutcome): Weight {
  if (status === 'rolled-back' || (status === 'deployed' && gates.some(({ overridden }) => overridden))) return 'alert';
  return status === 'deployed' ? 'success' : 'idle';
}

const ALARMING = new Set(['failed', 'refused', 'rolled-back']);

function weightOfStatus(status: string): Weight {
  if (ALARMING.has(status)) return 'alert';
  return status === 'nothing-to-do' ? 'idle' : 'success';
}

/** The operation that a notice belongs to. */
export function operationOf(notice: Notice): string {
  switch (notice.kind) {
    case 'deployment':
      return notice.result.status === 'rolled-back' ? 'rollback' : 'deploy';
    case 'drift':
    case 'failure':
      return notice.operation;
    default:
      return notice.kind;
  }
}
