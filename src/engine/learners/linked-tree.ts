import type { TreeEnsemble } from './learner.ts';
import type { Rows, TreeNodes, TreeWalk } from './scoring.ts';

/** Down to this depth every row walks; below it, rows stop when all of them have. */
const FIXED_DEPTH = 12;

/**
 * A tree that is deep, or far deeper on one side than on the other: nodes of 16 bytes that name their children, so that a step
 * touches one cache line: [feature, threshold, right child, nothing], counted from the root. `words` and `floats` see the same memory.
 *
 * The next node is `right - (x <= threshold)`: no branch to mispredict. A leaf's threshold is NaN and its right child
 * itself, so it stays where it is whatever `x` is.
 */
export class LinkedTree implements TreeWalk {
  readonly leafValues: Float32Array;
  readonly #depth: number;
  readonly #words: Int32Array;
  readonly #floats: Float32Array;

  constructor({ feature, threshold, left, leafValues, leafWidth }: TreeEnsemble, { root, end, depth }: TreeNodes) {
    this.leafValues = leafValues.subarray(root * leafWidth, end * leafWidth);
    this.#depth = depth;
    this.#words = new Int32Array((end - root) * 4);
    this.#floats = new Float32Array(this.#words.buffer);
    for (let node = root; node < end; node++) {
      const isLeaf = feature[node]! < 0;
      const at = (node - root) * 4;
      this.#words[at] = isLeaf ? 0 : feature[node]!;
      this.#floats[at + 1] = isLeaf ? Number.NaN : threshold[node]!;
      this.#words[at + 2] = (isLeaf ? node : left[node]! + 1) - root;
    }
  }

  /** In eights, for the reasons of `CompleteTree`. */
  descend({ matrix, features, count }: Rows, reached: Int32Array): void {
    const words = this.#words;
    const floats = this.#floats;
    const depth = this.#depth;
    let row = 0;
    for (; row + 8 <= count; row += 8) {
      const x0 = row * features;
      const x1 = x0 + features;
      const x2 = x1 + features;
      const x3 = x2 + features;
      const x4 = x3 + features;
      const x5 = x4 + features;
      const x6 = x5 + features;
      const x7 = x6 + features;
      let node0 = 0;
      let node1 = 0;
      let node2 = 0;
      let node3 = 0;
      let node4 = 0;
      let node5 = 0;
      let node6 = 0;
      let node7 = 0;
      for (let level = 0; level < depth; level++) {
        const at0 = node0 << 2;
        const at1 = node1 << 2;
        const at2 = node2 << 2;
        const at3 = node3 << 2;
        const at4 = node4 << 2;
        const at5 = node5 << 2;
        const at6 = node6 << 2;
        const at7 = node7 << 2;
        const next0 = words[at0 + 2]! - +(matrix[x0 + words[at0]!]! <= floats[at0 + 1]!);
        const next1 = words[at1 + 2]! - +(matrix[x1 + words[at1]!]! <= floats[at1 + 1]!);
        const next2 = words[at2 + 2]! - +(matrix[x2 + words[at2]!]! <= floats[at2 + 1]!);
        const next3 = words[at3 + 2]! - +(matrix[x3 + words[at3]!]! <= floats[at3 + 1]!);
        const next4 = words[at4 + 2]! - +(matrix[x4 + words[at4]!]! <= floats[at4 + 1]!);
        const next5 = words[at5 + 2]! - +(matrix[x5 + words[at5]!]! <= floats[at5 + 1]!);
        const next6 = words[at6 + 2]! - +(matrix[x6 + words[at6]!]! <= floats[at6 + 1]!);
        const next7 = words[at7 + 2]! - +(matrix[x7 + words[at7]!]! <= floats[at7 + 1]!);
        if (level >= FIXED_DEPTH) {
          const low = (next0 ^ node0) | (next1 ^ node1) | (next2 ^ node2) | (next3 ^ node3);
          const high = (next4 ^ node4) | (next5 ^ node5) | (next6 ^ node6) | (next7 ^ node7);
          if ((low | high) === 0) break;
        }
        node0 = next0;
        node1 = next1;
        node2 = next2;
        node3 = next3;
        node4 = next4;
        node5 = next5;
        node6 = next6;
        node7 = next7;
      }
      reached[row] = node0;
      reached[row + 1] = node1;
      reached[row + 2] = node2;
      reached[row + 3] = node3;
      reached[row + 4] = node4;
      reached[row + 5] = node5;
      reached[row + 6] = node6;
      reached[row + 7] = node7;
    }
    for (; row < count; row++) reached[row] = this.#walk(matrix, row * features);
  }

  /** The leaf that one row ends in. */
  #walk(matrix: Float32Array, start: number): number {
    let node = 0;
    for (;;) {
      const at = node << 2;
      const next = this.#words[at + 2]! - +(matrix[start + this.#words[at]!]! <= this.#floats[at + 1]!);
      if (next === node) return node;
      node = next;
    }
  }
}
