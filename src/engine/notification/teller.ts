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
>;
