import { isDeepStrictEqual } from 'node:util';
import type { JobSettings } from '../databricks/jobs.ts';

/**
 * Whether a job already is as wanted. The service adds fields of its own to what it was given, so only what we would send counts.
 */
export function isSameSettings(wanted: JobSettings, there: JobSettings): boolean {
  return isWithin(wanted, there);
}

function isWithin(wanted: unknown, there: unknown): boolean {
  if (Array.isArray(wanted)) {
    return (
      Array.isArray(there) && wanted.length === there.length && wanted.every((each, i) => isWithin(each, there[i]))
    );
  }
  if (typeof wanted !== 'object' || wanted === null) return isDeepStrictEqual(wanted, there);
  if (typeof there !== 'object' || there === null) return false;
  const found = there as Record<string, unknown>;
  return Object.entries(wanted).every(([key, value]) => isWithin(value, found[key]));
}
