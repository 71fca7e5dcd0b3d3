import type { Schedule } from './schedule.ts';

const ZONE = 'America/Los_Angeles';

/** Schedules that most projects want, by name. */
export const PRESETS = {
  'batch-daily-13': { operation: 'batch', cron: '0 13 * * *', timezone: ZONE },
  'batch-daily-14': { operation: 'batch', cron: '0 14 * * *', timezone: ZONE },
  'retrain-daily': { operation: 'retrain', cron: '0 2 * * *', timezone: ZONE },
  'retrain-weekly': { operation: 'retrain', cron: '0 2 * * 1', timezone: ZONE },
  'retrain-monthly': { operation: 'retrain', cron: '0 2 1 * *', timezone: ZONE },
  'retrain-twice-monthly': { operation: 'retrain', cron: '0 2 1,15 * *', timezone: ZONE },
} as const satisfies Record<string, Pick<Schedule, 'operation' | 'cron' | 'timezone'>>;

export type PresetName = keyof typeof PRESETS;

export function isPreset(name: string): name is PresetName {
  return Object.hasOwn(PRESETS, name);
}
