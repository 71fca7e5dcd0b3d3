import path from 'node:path';
import type { Config } from '../config/config.ts';
import { EngineError } from '../support/errors.ts';
import { stateFolderOf } from '../support/state-folder.ts';

/** One entry of `schedules:` in config.yaml. */
export type Schedule = Config['schedules'][number];

export type ScheduledOperation = Schedule['operation'];

/** When a schedule is due: its expression and the zone whose clock it is read on. */
export type Timing = Pick<Schedule, 'cron' | 'timezone'>;

/**
 * The schedule called `id`.
 * @throws EngineError `not-found` naming those that there are
 */
export function findSchedule({ schedules }: Config, id: string): Schedule {
  const found = schedules.find((schedule) => schedule.id === id);
  if (found) return found;
  const names = schedules.map((schedule) => schedule.id).join(', ');
  throw new EngineError('not-found', `config.yaml has no schedule "${id}"; it has ${names || 'none'}.`, {
    fix: 'Choose one of them, or, when an installed schedule was removed from config.yaml, run: gnu-mlops schedule install',
  });
}

/** The project's state.db, which keeps leases and the history of firings. */
export function stateFile(baseDir: string): string {
  return path.join(stateFolderOf(baseDir), 'state.db');
}
