import { type Doubtful, isKnown, NO_VALUE } from './numbers.ts';

/** Date and time to the second, in the reader's language and time zone. @param at ms since 1970 */
export function formatInstant(at: Doubtful): string {
  if (!isKnown(at)) return NO_VALUE;
  return new Date(at).toLocaleString(undefined, { dateStyle: 'medium', timeStyle: 'medium' });
}

/** The instant for `<time datetime>`; undefined when there is none. @param at ms since 1970 */
export function isoInstant(at: Doubtful): string | undefined {
  return isKnown(at) && Math.abs(at) <= 8.64e15 ? new Date(at).toISOString() : undefined;
}

/** "850 ms", "12.4 s", "3 min 20 s", "2 h 5 min". @param duration in ms */
export function formatDuration(duration: Doubtful): string {
  if (!isKnown(duration) || duration < 0) return NO_VALUE;
  if (duration < 1000) return `${Math.round(duration)} ms`;
  if (duration < 60_000) return `${(duration / 1000).toFixed(1)} s`;
  const seconds = Math.round(duration / 1000);
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
  return `${Math.floor(seconds / 3600)} h ${Math.floor((seconds % 3600) / 60)} min`;
}
