import { setImmediate as nextTurn } from 'node:timers/promises';
import { type OperationControl, throwIfCancelled } from '../support/progress.ts';

/** Longest stretch of work between two looks at the event loop. */
const STRETCH_MS = 25;

/** Counts a fit's steps (trees), reports about a hundred of them, and lets the event loop turn between them. */
export class Pace {
  readonly #control: OperationControl;
  readonly #total: number;
  readonly #stride: number;
  #done = 0;
  #reported = 0;
  #turned = performance.now();

  constructor(control: OperationControl, total: number) {
    this.#control = control;
    this.#total = total;
    this.#stride = Math.max(1, Math.floor(total / 100));
    control.onProgress?.({ phase: 'Training', done: 0, total });
  }

  /** Counts steps that are done. */
  count(steps: number): void {
    this.#done += steps;
    if (this.#done < this.#total && this.#done - this.#reported < this.#stride) return;
    this.#reported = this.#done;
    this.#control.onProgress?.({ phase: 'Training', done: this.#done, total: this.#total });
  }

  /**
   * To be awaited between steps: lets timers, messages and an abort arrive when work has gone on for 25 ms.
   * @throws EngineError `cancelled`
   */
  async breathe(): Promise<void> {
    if (performance.now() - this.#turned > STRETCH_MS) {
      await nextTurn();
      this.#turned = performance.now();
    }
    throwIfCancelled(this.#control.signal);
  }
}
