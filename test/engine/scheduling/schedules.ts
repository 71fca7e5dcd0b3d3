import { utimesSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { OperationTable } from '../../../src/engine/scheduling/operations.ts';
import { type RunScheduleOptions, runSchedule } from '../../../src/engine/scheduling/run-schedule.ts';
import type { Schedule } from '../../../src/engine/scheduling/schedule.ts';
import { temporaryFolder } from '../tracking/temporary-store.ts';

/** A schedule with the defaults of the schema. */
export function scheduleOf(part: Partial<Schedule> = {}): Schedule {
  return {
    id: 'nightly',
    operation: 'batch',
    cron: '0 13 * * *',
    timezone: 'America/Los_Angeles',
    enabled: true,
    jitter_seconds: 0,
    catch_up: true,
    ...part,
  };
}

/** A project whose one schedule runs what a test gives it, on a clock that the test sets. */
export interface ScheduledProject {
  folder: string;
  configFile: string;
  /** What the operation was called at, on the project's clock. */
  readonly started: Date[];
  /** `schedule run` at that instant. */
  check(at: string | Date, options?: RunScheduleOptions): ReturnType<typeof runSchedule>;
  write(schedules: string): void;
  remove(): void;
}

/** @param schedules YAML below the key `schedules:`, in flow style */
export function scheduledProject(schedules: string, work: () => Promise<number> = async () => 0): ScheduledProject {
  const { folder, remove } = temporaryFolder();
  const configFile = path.join(folder, 'config.yaml');
  const started: Date[] = [];
  let now = new Date(0);
  const run = async () => {
    started.push(now);
    return { exitCode: await work(), logFile: null };
  };
  const operations: OperationTable = { batch: run, retrain: run, train: run };
  const write = (text: string) => {
    writeFileSync(configFile, `mlflow: { experiment_name: nights }\nschedules: ${text}\n`);
    // Written before any instant that tests speak of.
    utimesSync(configFile, new Date('2020-01-01'), new Date('2020-01-01'));
  };
  write(schedules);
  return {
    folder,
    configFile,
    started,
    write,
    remove,
    check: (at, options = {}) => {
      now = new Date(at);
      return runSchedule('nightly', { configFile, env: {}, clock: () => now, operations, ...options });
    },
  };
}
