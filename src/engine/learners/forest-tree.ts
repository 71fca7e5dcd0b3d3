import { uniform } from '../data/random.ts';
import { BinarySplitFinder, MAX_BINARY_ROWS } from './binary-split-finder.ts';
import type { BinnedFeatures } from './binning.ts';
import type { GrownTree } from './grown-tree.ts';
import { TreeNodes } from './grown-tree.ts';
import { normalised } from './importances.ts';
import { partitionRows } from './row-partition.ts';
import type { SplitFinder } from './split-finder.ts';
import { partSeed } from './tree-seed.ts';
import { WeightedSplitFinder } from './weighted-split-finder.ts';

/** Binned rows and the truth about them. */
export interface BinnedSet {
  features: BinnedFeatures;
  labels: Int32Array;
  classCount: number;
  weights: Float64Array | null;
}

/** How to grow the trees of a forest, with every rule turned into a number. */
export interface ForestParameters {
  treeCount: number;
  /** Infinity when unlimited. */
  maxDepth: number;
  minSamplesSplit: number;
  minSamplesLeaf: number;
  featuresPerSplit: number;
  /** Rows drawn with replacement for each tree, or null to take every row once. */
  draws: number | null;
  seed: number;
}

interface PendingNode {
  node: number;
  from: number;
  to: number;
  depth: number;
  totals: Float64Array;
}

/**
 * Grows one classification tree at a time: CART with Gini impurity (L. Breiman and others, 1984) on binned features,
 * looking at a random choice of features for each split (L. Breiman, Random Forests, 2001), chosen as scikit-learn
 * does: features that are constant in the node count as looked at, but one that is not is always found if there is one.
 */
export class ForestTreeGrower {
  readonly #set: BinnedSet;
  readonly #parameters: ForestParameters;
  readonly #finder: SplitFinder;
  readonly #counts: Uint32Array;
  readonly #order: Uint32Array;
  readonly #spare: Uint32Array;

  constructor(set: BinnedSet, parameters: ForestParameters) {
    const { rowCount, edges } = set.features;
    this.#set = set;
    this.#parameters = parameters;
    this.#finder = splitFinder(set, parameters.minSamplesLeaf);
    this.#counts = new Uint32Array(rowCount);
    this.#order = new Uint32Array(edges.length);
    this.#spare = new Uint32Array(rowCount + Math.ceil(rowCount / 31));
  }

  /** The tree of this index: the same whatever was grown before. */
  grow(index: number): GrownTree {
    const { classCount, features } = this.#set;
    const random = uniform(partSeed(this.#parameters.seed, index));
    const nodes = new TreeNodes(classCount === 2 ? 1 : classCount);
    const importances = new Float64Array(features.edges.length);
    for (let i = 0; i < this.#order.length; i++) this.#order[i] = i;
    this.#drawRows(random);
    const totals = new Float64Array(classCount);
    const rows = this.#finder.takeRows(this.#counts, totals);
    const pending: PendingNode[] = [{ node: nodes.add(), from: 0, to: rows.count, depth: 0, totals }];
    for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
      this.#growNode(next, pending, rows.entries, nodes, importances, random);
    }
    return nodes.tree(normalised(importances));
  }

  #drawRows(random: () => number): void {
    const { draws } = this.#parameters;
    const counts = this.#counts;
    if (draws === null) {
      counts.fill(1);
      return;
    }
    counts.fill(0);
    for (let i = 0; i < draws; i++) counts[Math.floor(random() * counts.length)]!++;
  }

  #growNode(
    at: PendingNode,
    pending: PendingNode[],
    entries: Uint32Array,
    nodes: TreeNodes,
    importances: Float64Array,
    random: () => number,
  ): void {
    const { best } = this.#finder;
    nodes.cover[at.node] = sum(at.totals);
    if (!this.#maySplit(at) || !this.#findSplit(at, random)) {
      this.#makeLeaf(nodes, at);
      return;
    }
    importances[best.feature]! += Math.max(0, best.score - squares(at.totals) / sum(at.totals));
    const middle = this.#partition(entries, at, best.feature, best.bin);
    const left = nodes.split(at.node, best.feature, this.#set.features.edges[best.feature]![best.bin]!);
    const depth = at.depth + 1;
    const totals = best.left.slice();
    const rest = at.totals.map((total, label) => total - totals[label]!);
    pending.push({ node: left + 1, from: middle, to: at.to, depth, totals: rest });
    pending.push({ node: left, from: at.from, to: middle, depth, totals });
  }

  #maySplit({ from, to, depth, totals }: PendingNode): boolean {
    const { maxDepth, minSamplesSplit, minSamplesLeaf } = this.#parameters;
    const rows = to - from;
    if (depth >= maxDepth || rows < minSamplesSplit || rows < 2 * minSamplesLeaf) return false;
    let classes = 0;
    for (let label = 0; label < totals.length; label++) if (totals[label]! > 0) classes++;
    return classes > 1;
  }

  /** Looks at features in random order, which it keeps shuffling in place within a tree. */
  #findSplit({ from, to, totals }: PendingNode, random: () => number): boolean {
    const finder = this.#finder;
    const order = this.#order;
    const { featuresPerSplit } = this.#parameters;
    finder.best.score = -1;
    finder.best.feature = -1;
    let varied = 0;
    for (let looked = 0; looked < order.length && (looked < featuresPerSplit || varied === 0); looked++) {
      const chosen = looked + Math.floor(random() * (order.length - looked));
      const feature = order[chosen]!;
      order[chosen] = order[looked]!;
      order[looked] = feature;
      if (this.#set.features.edges[feature]!.length > 0 && finder.search(feature, from, to, totals)) varied++;
    }
    return finder.best.feature >= 0;
  }

  #partition(entries: Uint32Array, { from, to }: PendingNode, feature: number, bin: number): number {
    const { bins, rowCount } = this.#set.features;
    const column = bins.subarray(feature * rowCount, (feature + 1) * rowCount);
    return partitionRows(entries, from, to, column, bin, this.#finder.rowShift, this.#spare);
  }

  #makeLeaf(nodes: TreeNodes, { node, totals }: PendingNode): void {
    const share = 1 / sum(totals) / this.#parameters.treeCount;
    if (totals.length === 2) nodes.setLeaf(node, 0, totals[1]! * share);
    else for (let label = 0; label < totals.length; label++) nodes.setLeaf(node, label, totals[label]! * share);
  }
}

function splitFinder(set: BinnedSet, minSamplesLeaf: number): SplitFinder {
  const input = { ...set, minSamplesLeaf };
  const plain = set.classCount === 2 && set.weights === null && set.features.rowCount <= MAX_BINARY_ROWS;
  return plain ? new BinarySplitFinder(input) : new WeightedSplitFinder(input);
}

function sum(values: Float64Array): number {
  let total = 0;
  for (let i = 0; i < values.length; i++) total += values[i]!;
  return total;
}

function squares(values: Float64Array): number {
  let total = 0;
  for (let i = 0; i < values.length; i++) total += values[i]! * values[i]!;
  return total;
}
