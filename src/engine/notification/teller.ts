import type { LoadedConfig } from '../config/load.ts';
import type { Project } from '../project.ts';

/** What telling people needs of a project: no store, because that may be what failed. */
export type Teller = Pick<
  Project,
  | 'config'
  | 'configFile'
  | 'baseDir'
  | 'readOnly'
  | 'clock'
  | 'actor'
  | 'redact'
  | 'stateFolder'
  | 'startLog'
  | 'leases'
  | 'schedule'
>;

/** Sections that say whom to tell, and how. */
const TELLING = ['notifications', 'monitoring', 'mlflow'];

/** Whether what is wrong with a configuration leaves it known whom to tell. */
export function canTell({ findings }: LoadedConfig): boolean {
  const errors = findings.filter(({ severity }) => severity === 'error');
  return errors.every(({ path: [section] }) => section !== undefined && !TELLING.includes(String(section)));
}
