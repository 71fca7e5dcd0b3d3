import type { Environment } from '../../config/load.ts';
import type { Schedule } from '../schedule.ts';
import type { RunProgram } from './program.ts';

export const TARGET_NAMES = ['crontab', 'systemd', 'windows', 'github', 'databricks'] as const;

export type TargetName = (typeof TARGET_NAMES)[number];

/** What targets write into their entries. */
export interface TargetContext {
  projectId: string;
  /** Absolute path. */
  configFile: string;
  /** Absolute path of the script that runs `gnu-mlops`. */
  launcher: string;
  env: Environment;
  clock: () => Date;
  run: RunProgram;
}

/** Something that starts processes at given times. One contract test holds for all of them. */
export interface ScheduleTarget {
  readonly name: TargetName;
  /** Whether its entries run the launcher of this machine. */
  readonly usesLauncher: boolean;
  /** Why it cannot be used here; null when it can. */
  unavailable(): string | null;
  /**
   * What it should hold for a schedule, as text. Pure.
   * @throws EngineError `unsupported` when it cannot express that schedule
   */
  entry(schedule: Schedule): string;
  /** What it holds for this project, by schedule id. */
  installed(): Map<string, string>;
  /**
   * Makes it hold exactly these entries for this project, and leaves everything else as it is.
   * @returns what else the operator should know or do
   */
  write(entries: Map<string, string>): string[];
}
