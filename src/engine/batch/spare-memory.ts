/** So many are kept for the next block, and none that a very long record has needed: memory stays flat whatever a file holds. */
const MOST_SPARE = 16;
const LARGEST_BYTES = 2 << 20;

/**
 * Memory that goes round: what a block was read into and what its rows were written into comes back for another block. Fresh
 * memory for each block would have to be collected by every thread that has seen it.
 */
export class SpareMemory {
  readonly #spare: ArrayBuffer[] = [];

  /** @param least bytes; what comes may be larger, and holds whatever was in it */
  take(least: number): ArrayBuffer {
    const index = this.#spare.findIndex(({ byteLength }) => byteLength >= least);
    return index < 0 ? new ArrayBuffer(least) : this.#spare.splice(index, 1)[0]!;
  }

  /** Gives memory back that nobody reads any more. */
  give(memory: ArrayBuffer): void {
    if (memory.byteLength > LARGEST_BYTES) return;
    if (this.#spare.length === MOST_SPARE) this.#spare.shift();
    this.#spare.push(memory);
  }
}
