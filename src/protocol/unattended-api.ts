import type { BatchResult, Manifest } from '../engine/batch/results.ts';
import type { RetrainResult } from '../engine/retraining/results.ts';
import type { NewSchedule } from '../engine/scheduling/edit-schedules.ts';
import type {
  FiringSummary,
  ScheduleChangeResult,
  ScheduleInstallResult,
  ScheduleListResult,
  ScheduleRunResult,
} from '../engine/scheduling/results.ts';
import type { ScheduledOperation, Timing } from '../engine/scheduling/schedule.ts';
import type { TargetName } from '../engine/scheduling/targets/target.ts';
import type { ProjectRef } from './engine-api.ts';

export type { BatchResult } from '../engine/batch/results.ts';
export type { RetrainResult } from '../engine/retraining/results.ts';
export type { NewSchedule } from '../engine/scheduling/edit-schedules.ts';
export type {
  FiringSummary,
  ScheduleChangeResult,
  ScheduleInstallResult,
  ScheduleListResult,
  ScheduleRunResult,
  ScheduleSummary,
} from '../engine/scheduling/results.ts';
export type { ScheduledOperation, Timing } from '../engine/scheduling/schedule.ts';
export type { TargetName } from '../engine/scheduling/targets/target.ts';

/** What the editor's host asks of the engine process about work that runs by itself. */
export interface UnattendedApi {
  batch(project: ProjectRef, request: BatchRequest, requestId: string): Promise<BatchResult>;
  /** What a batch run wrote that is still in the output folder, in the order in which it was taken on. */
  batchOutputs(project: ProjectRef, span: TimeSpan): Promise<BatchOutput[]>;
  /** @param manifest absolute path of the output's manifest */
  batchPreview(project: ProjectRef, manifest: string): Promise<BatchPreview>;

  retrain(project: ProjectRef, request: RetrainRequest, requestId: string): Promise<RetrainResult>;
  /** What a retraining would do now: the dry run, kept until the store changes; null where there is no store yet. */
  retrainingPlan(project: ProjectRef): Promise<RetrainResult | null>;

  schedules(project: ProjectRef): Promise<ScheduleListResult>;
  /** Newest first. */
  firings(project: ProjectRef, id: string, limit: number): Promise<FiringSummary[]>;
  schedulePresets(): Promise<SchedulePreset[]>;
  explainTiming(timing: Timing): Promise<TimingExplanation>;
  addSchedule(project: ProjectRef, schedule: NewSchedule): Promise<ScheduleChangeResult>;
  changeSchedule(project: ProjectRef, id: string, change: ScheduleChange): Promise<ScheduleChangeResult>;
  /** Now, whether it is due or not. */
  runSchedule(project: ProjectRef, id: string, requestId: string): Promise<ScheduleRunResult>;
  installSchedules(project: ProjectRef, request: InstallRequest): Promise<ScheduleInstallResult>;
  /** Writes the launcher of this user. @returns its path */
  installCommandLine(): Promise<string>;
}

export type ScheduleChange = 'remove' | 'pause' | 'resume';

export interface BatchRequest {
  /** A file or a folder; the configured input folder unless given. */
  path?: string | undefined;
  dryRun?: boolean | undefined;
}

export interface RetrainRequest {
  force?: boolean | undefined;
  dryRun?: boolean | undefined;
}

export interface InstallRequest {
  /** This system's own unless given. */
  target?: TargetName | undefined;
  dryRun?: boolean | undefined;
  uninstall?: boolean | undefined;
}

/** ms since 1970; an open end is null. */
export interface TimeSpan {
  start: number;
  end: number | null;
}

/** One file that a batch wrote. Paths are absolute. */
export interface BatchOutput {
  manifest: string;
  output: string;
  /** Name of the input. */
  input: string;
  rows: number;
  refused: number;
}

/** The beginning of a CSV file, every field as it stands there. */
export interface TablePreview {
  columns: string[];
  rows: string[][];
  /** Rows of the whole file. */
  total: number;
}

/** A batch output as people look at it. Paths are absolute. */
export interface BatchPreview {
  manifest: Omit<Manifest, 'distribution'>;
  files: { output: string; refused: string | null; manifest: string };
  output: TablePreview;
  /** How many columns of the output are the input's; the batch added those behind. */
  inputColumns: number;
  /** Line, reason and row; null when every row was scored. */
  refused: TablePreview | null;
}

/** A schedule that most projects want. */
export interface SchedulePreset extends Timing {
  name: string;
  operation: ScheduledOperation;
  /** The expression in words. */
  description: string;
}

/** What an expression on the clock of a zone means. */
export interface TimingExplanation {
  /** Why it means nothing; null when it is sound. */
  problem: string | null;
  description: string;
  /** The next five times, ISO 8601 UTC. */
  next: string[];
}
