import { setTimeout as delay } from 'node:timers/promises';
import { EngineError } from '../support/errors.ts';
import { throwIfCancelled } from '../support/progress.ts';

interface Polling<T> {
  ask(): Promise<T>;
  until(answer: T): boolean;
  /** Says how far it is, before each wait. */
  tell?: (answer: T) => Promise<void> | void;
  signal?: AbortSignal | undefined;
  /** 20 minutes unless given. */
  longestMs?: number;
  /** What is waited for, for the message. */
  what?: string;
}

/**
 * Asks until the answer says that it is over, at the pace of Databricks' own clients: 1, 2, 3 ... 10 seconds between questions.
 * @throws EngineError `cancelled`; `unreachable` when it takes too long
 */
export async function poll<T>(polling: Polling<T>): Promise<T> {
  const { ask, until, tell, signal, longestMs = 20 * 60_000, what = 'an answer' } = polling;
  const started = performance.now();
  for (let attempt = 1; ; attempt++) {
    throwIfCancelled(signal);
    const answer = await ask();
    if (until(answer)) return answer;
    if (performance.now() - started > longestMs) {
      throw new EngineError(
        'unreachable',
        `Databricks let us wait more than ${longestMs / 60_000} minutes for ${what}.`,
        {
          fix: 'See what it says about it in the workspace, and run the command again.',
        },
      );
    }
    await tell?.(answer);
    await delay(waitMs(attempt), undefined, { signal }).catch(() => throwIfCancelled(signal));
  }
}

let pace = 1;

/** Tests make time pass faster: 0.001 makes milliseconds of seconds. */
export function setPollingPace(factor: number): void {
  pace = factor;
}

function waitMs(attempt: number): number {
  return pace * (Math.min(10, attempt) * 1000 + Math.random() * 1000);
}
