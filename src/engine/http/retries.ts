import { setTimeout as wait } from 'node:timers/promises';

/** Answers after which asking again may help: what MLflow's own client repeats. */
const PASSING = new Set([408, 425, 429, 500, 502, 503, 504]);

/** A connection that fails with these fails every time. */
const LASTING =
  /^(CERT_|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO|ERR_TLS|EPROTO|EPROXYAUTH|ERR_SSL|HOSTNAME_MISMATCH|ERR_INVALID|ERR_UNESCAPED)/;

const FIRST_MS = 250;
const LONGEST_MS = 5000;

/**
 * Whether asking again may help and does no harm.
 * @param status of the answer; null when there was none
 * @param isRepeatable whether the same request twice is as good as once. Only 429 says by itself that nothing was done.
 */
export function mayRepeat(status: number | null, code: string | undefined, isRepeatable: boolean): boolean {
  if (status === 429) return true;
  if (!isRepeatable) return false;
  return status === null ? !LASTING.test(code ?? '') : PASSING.has(status);
}

/**
 * Milliseconds to wait before attempt `attempt + 1`: what the server asks for (Retry-After, seconds or a date), else doubling,
 * spread by chance so that many clients do not come back at the same moment.
 */
export function pauseMs(attempt: number, retryAfter: unknown, random: () => number = Math.random): number {
  const asked = askedFor(retryAfter);
  if (asked !== null) return asked + random() * FIRST_MS;
  const longest = Math.min(FIRST_MS * 2 ** (attempt - 1), LONGEST_MS);
  return longest / 2 + (random() * longest) / 2;
}

function askedFor(retryAfter: unknown): number | null {
  if (typeof retryAfter !== 'string' || retryAfter === '') return null;
  const ms = /^\d+$/.test(retryAfter) ? Number(retryAfter) * 1000 : Date.parse(retryAfter) - Date.now();
  return Number.isNaN(ms) ? null : Math.max(0, ms);
}

/** Waits, unless `signal` is aborted first. */
export async function pause(ms: number, signal: AbortSignal | undefined): Promise<void> {
  await wait(ms, undefined, signal ? { signal } : {});
}
