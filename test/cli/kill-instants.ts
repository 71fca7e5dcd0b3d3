import { uniform } from '../../src/engine/data/random.ts';

/**
 * Seeded instants within the time that a command takes, and a little more. A machine is slower or faster a moment later, and then all
 * would be too early or too late: each try tells how long the command takes by now.
 */
export class KillInstants {
  readonly #random: () => number;
  #durationMs: number;

  /** @param durationMs of the command when nobody kills it */
  constructor(seed: number, durationMs: number) {
    this.#random = uniform(seed);
    this.#durationMs = durationMs;
  }

  /**
   * @param attempt starts the command and kills it after so many ms; its answer is null when that was in time
   * @param range part of the command's time that the instant is taken from
   */
  async try<T>(attempt: (afterMs: number) => Promise<T | null>, range: [number, number] = [0, 1.1]): Promise<T | null> {
    const [from, to] = range;
    const afterMs = this.#durationMs * (from + (to - from) * this.#random());
    const started = performance.now();
    const end = await attempt(afterMs);
    const took = performance.now() - started;
    this.#durationMs = end === null ? Math.max(this.#durationMs, afterMs * 1.1) : Math.min(took, afterMs);
    return end;
  }
}
