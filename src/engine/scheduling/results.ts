import type { FiringStatus } from './firings.ts';
import type { ScheduledOperation } from './schedule.ts';
import type { TargetName } from './targets/target.ts';

/** One firing, as documents show it. Times are ISO 8601 UTC. */
export interface FiringSummary {
  due: string;
  started: string;
  status: FiringStatus;
  exit_code: number | null;
  duration_ms: number | null;
  log: string | null;
}

/** One schedule, as `schedule list` shows it. */
export interface ScheduleSummary {
  id: string;
  operation: ScheduledOperation;
  cron: string;
  timezone: string;
  /** The expression in words. */
  description: string;
  enabled: boolean;
  /** The next five times; none while it is paused. */
  next: string[];
  last: FiringSummary | null;
  /** It was due since it was set up, and nothing ever started it. */
  never_fired: boolean;
  /** Some target of this machine has it as config.yaml says. */
  installed: boolean;
  /** Where it is installed; `outdated` when that differs from config.yaml. */
  targets: { target: TargetName; status: 'current' | 'outdated' }[];
}

/** What `schedule list --json` prints. */
export interface ScheduleListResult {
  schema: 1;
  schedules: ScheduleSummary[];
  /** Installed for this project, but not in config.yaml any more. */
  orphans: { target: TargetName; id: string }[];
}

/** What `schedule add`, `remove`, `pause` and `resume` print. */
export interface ScheduleChangeResult {
  schema: 1;
  status: 'added' | 'removed' | 'paused' | 'resumed' | 'unchanged';
  /** After the change, or as it was when it was removed. */
  schedule: Omit<ScheduleSummary, 'last' | 'never_fired' | 'installed' | 'targets'>;
}

/** What `schedule run` prints. */
export interface ScheduleRunResult {
  schema: 1;
  id: string;
  /** `missed`: too late for a schedule that does not catch up. */
  status: 'done' | 'failed' | 'not-due' | 'paused' | 'missed';
  due: string | null;
  started: string | null;
  exit_code: number | null;
  duration_ms: number | null;
  log: string | null;
  /** When it is due next; null when it is paused. */
  next: string | null;
}

/** One step of an installation. */
export interface TargetChange {
  id: string;
  action: 'add' | 'replace' | 'remove' | 'keep';
  /** What the target will hold, as text; what it held, for `remove`. */
  entry: string;
}

/** What `schedule install` prints. */
export interface ScheduleInstallResult {
  schema: 1;
  status: 'installed' | 'uninstalled' | 'dry-run' | 'unchanged';
  target: TargetName;
  changes: TargetChange[];
  /** Path of the script that runs the command; null where none is needed. */
  launcher: string | null;
  /** What else the operator should know or do. */
  remarks: string[];
}
