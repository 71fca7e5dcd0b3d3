import type { TreeEnsemble } from './learner.ts';

/** One tree in arrays of its own; `left` counts from this tree's root. */
export interface GrownTree {
  feature: Int32Array;
  threshold: Float32Array;
  left: Int32Array;
  /** `leafWidth` values per node, zero at inner nodes. */
  leafValues: Float32Array;
  cover: Float32Array;
  /** What splitting on each feature gained. */
  importances: Float64Array;
}

/** The nodes of a tree while it grows. */
export class TreeNodes {
  count = 0;
  cover = new Float32Array(64);
  readonly #leafWidth: number;
  #feature = new Int32Array(64);
  #threshold = new Float32Array(64);
  #left = new Int32Array(64);
  #leafValues: Float32Array;

  constructor(leafWidth: number) {
    this.#leafWidth = leafWidth;
    this.#leafValues = new Float32Array(64 * leafWidth);
  }

  /** Adds a leaf without values and returns its index. */
  add(): number {
    if (this.count === this.#feature.length) this.#enlarge();
    this.#feature[this.count] = -1;
    return this.count++;
  }

  /** Gives `node` two children and returns the left one's index. */
  split(node: number, feature: number, threshold: number): number {
    const left = this.add();
    this.add();
    this.#feature[node] = feature;
    this.#threshold[node] = threshold;
    this.#left[node] = left;
    return left;
  }

  setLeaf(node: number, output: number, value: number): void {
    this.#leafValues[node * this.#leafWidth + output] = value;
  }

  tree(importances: Float64Array): GrownTree {
    return {
      feature: this.#feature.slice(0, this.count),
      threshold: this.#threshold.slice(0, this.count),
      left: this.#left.slice(0, this.count),
      leafValues: this.#leafValues.slice(0, this.count * this.#leafWidth),
      cover: this.cover.slice(0, this.count),
      importances,
    };
  }

  #enlarge(): void {
    const size = this.count * 2;
    this.#feature = enlarged(this.#feature, new Int32Array(size));
    this.#threshold = enlarged(this.#threshold, new Float32Array(size));
    this.#left = enlarged(this.#left, new Int32Array(size));
    this.cover = enlarged(this.cover, new Float32Array(size));
    this.#leafValues = enlarged(this.#leafValues, new Float32Array(size * this.#leafWidth));
  }
}

function enlarged<T extends Int32Array | Float32Array>(from: T, to: T): T {
  to.set(from);
  return to;
}

/** What an ensemble says beside its trees. */
export type EnsembleHead = Pick<TreeEnsemble, 'leafWidth' | 'outputCount' | 'baseValues' | 'link' | 'treeTarget'>;

/** Trees one after the other, children counted over all of them. */
export function joinTrees(trees: readonly GrownTree[], head: EnsembleHead): TreeEnsemble {
  const nodeCount = trees.reduce((count, tree) => count + tree.feature.length, 0);
  const ensemble: TreeEnsemble = {
    ...head,
    roots: new Int32Array(trees.length),
    feature: new Int32Array(nodeCount),
    threshold: new Float32Array(nodeCount),
    left: new Int32Array(nodeCount),
    leafValues: new Float32Array(nodeCount * head.leafWidth),
    cover: new Float32Array(nodeCount),
  };
  let start = 0;
  for (const [index, tree] of trees.entries()) {
    copyTree(tree, ensemble, index, start);
    start += tree.feature.length;
  }
  return ensemble;
}

function copyTree(tree: GrownTree, ensemble: TreeEnsemble, index: number, start: number): void {
  ensemble.roots[index] = start;
  ensemble.feature.set(tree.feature, start);
  ensemble.threshold.set(tree.threshold, start);
  ensemble.leafValues.set(tree.leafValues, start * ensemble.leafWidth);
  ensemble.cover.set(tree.cover, start);
  for (let node = 0; node < tree.left.length; node++) {
    ensemble.left[start + node] = tree.feature[node]! < 0 ? 0 : tree.left[node]! + start;
  }
}
