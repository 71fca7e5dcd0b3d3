import { createHash } from 'node:crypto';
import type { Schedule } from './schedule.ts';

/**
 * How long a firing waits before it begins, ms: 0 to `jitter_seconds`, spread evenly over projects and days, and the same for
 * the same firing of the same project.
 */
export function jitterDelay({ id, jitter_seconds }: Schedule, due: Date, projectId: string): number {
  const hash = createHash('sha256').update(`${projectId}\0${id}\0${due.getTime()}`).digest();
  return Math.floor((hash.readUInt32BE(0) / 2 ** 32) * (jitter_seconds * 1000 + 1));
}
