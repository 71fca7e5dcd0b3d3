import type { BinnedFeatures } from './binning.ts';
import type { BoostingParameters } from './boosting-parameters.ts';
import { type GradientHistogram, HistogramBuilder } from './gradient-histogram.ts';
import { type GrownTree, TreeNodes } from './grown-tree.ts';
import { partitionRows } from './row-partition.ts';

/** A leaf while its tree grows, and what may become of it. */
interface GrowingLeaf {
  node: number;
  /** Its rows in the tree's order of rows. */
  from: number;
  to: number;
  depth: number;
  gradient: number;
  hessian: number;
  histogram: GradientHistogram | null;
  split: GainfulSplit | null;
}

interface GainfulSplit {
  gain: number;
  feature: number;
  /** Rows with `bin <= this bin` go left. */
  bin: number;
  leftGradient: number;
  leftHessian: number;
}

/** A tree and where it put the rows it was grown from. */
export interface BoostedTree {
  tree: GrownTree;
  /** Rows `rows[from..to)` of the tree's order reached a leaf of this value. */
  leaves: { from: number; to: number; value: number }[];
}

/** A split must gain this much per unit of second derivative: less is rounding. */
const LEAST_GAIN = 1e-9;

/**
 * Grows regression trees on first and second derivatives (T. Chen and C. Guestrin, XGBoost, KDD 2016, section 2.2) from
 * histograms, of which the larger child's is the parent's minus the smaller child's (G. Ke and others, LightGBM, NIPS
 * 2017). Without a limit on leaves the order of splits makes no difference, so it goes depth first and holds few
 * histograms; with one it always splits the leaf that gains most.
 */
export class BoostingTreeGrower {
  readonly #features: BinnedFeatures;
  readonly #weights: Float64Array | null;
  readonly #parameters: BoostingParameters;
  readonly #builder: HistogramBuilder;
  readonly #spare: Uint32Array;

  constructor(features: BinnedFeatures, weights: Float64Array | null, parameters: BoostingParameters) {
    this.#features = features;
    this.#weights = weights;
    this.#parameters = parameters;
    this.#builder = new HistogramBuilder(features, parameters.minSamplesLeaf > 1);
    this.#spare = new Uint32Array(features.rowCount);
  }

  /** Grows a tree from `rows`, which it reorders, splitting on `features` only. */
  grow(rows: Uint32Array, derivatives: Float64Array, features: Int32Array): BoostedTree {
    const nodes = new TreeNodes(1);
    const importances = new Float64Array(this.#features.edges.length);
    const root = this.#root(nodes, rows, derivatives);
    if (this.#mayGrow(root, 1))
      this.#explore(root, this.#builder.build(rows, 0, root.to, derivatives, features), features);
    const open = [root];
    const finished: GrowingLeaf[] = [];
    while (open.length > 0) {
      const leaf = this.#take(open);
      const leaves = open.length + finished.length + 1;
      if (leaf.split === null || leaves >= this.#parameters.maxLeaves) {
        this.#finish(leaf, finished);
        continue;
      }
      importances[leaf.split.feature]! += leaf.split.gain;
      open.push(...this.#split(leaf, leaf.split, nodes, rows, derivatives, features, leaves + 1));
    }
    const leaves = finished.map((leaf) => ({ from: leaf.from, to: leaf.to, value: this.#setValue(nodes, leaf) }));
    return { tree: nodes.tree(importances), leaves };
  }

  #root(nodes: TreeNodes, rows: Uint32Array, derivatives: Float64Array): GrowingLeaf {
    let gradient = 0;
    let hessian = 0;
    for (let i = 0; i < rows.length; i++) {
      gradient += derivatives[2 * rows[i]!]!;
      hessian += derivatives[2 * rows[i]! + 1]!;
    }
    const root = { node: nodes.add(), from: 0, to: rows.length, depth: 0, gradient, hessian };
    nodes.cover[root.node] = this.#weigh(rows, 0, rows.length);
    return { ...root, histogram: null, split: null };
  }

  /** The leaf to look at next: the last opened, or the one that gains most when leaves are limited. */
  #take(open: GrowingLeaf[]): GrowingLeaf {
    if (this.#parameters.maxLeaves === Number.POSITIVE_INFINITY) return open.pop()!;
    let best = 0;
    for (let i = 1; i < open.length; i++) {
      if ((open[i]!.split?.gain ?? -1) > (open[best]!.split?.gain ?? -1)) best = i;
    }
    return open.splice(best, 1)[0]!;
  }

  #finish(leaf: GrowingLeaf, finished: GrowingLeaf[]): void {
    if (leaf.histogram !== null) this.#builder.release(leaf.histogram);
    finished.push(leaf);
  }

  #mayGrow({ from, to, depth, hessian }: GrowingLeaf, leaves: number): boolean {
    const { maxDepth, maxLeaves, minSamplesLeaf, minHessian } = this.#parameters;
    return depth < maxDepth && leaves < maxLeaves && to - from >= 2 * minSamplesLeaf && hessian >= 2 * minHessian;
  }

  /** Keeps the leaf's histogram when a split of it gains enough. */
  #explore(leaf: GrowingLeaf, histogram: GradientHistogram, features: Int32Array): void {
    leaf.split = this.#bestSplit(leaf, histogram, features);
    if (leaf.split === null) this.#builder.release(histogram);
    else leaf.histogram = histogram;
  }

  #bestSplit(leaf: GrowingLeaf, histogram: GradientHistogram, features: Int32Array): GainfulSplit | null {
    const gain = Math.max(this.#parameters.minGain, LEAST_GAIN * leaf.hessian);
    const best: GainfulSplit = { gain, feature: -1, bin: 0, leftGradient: 0, leftHessian: 0 };
    for (const feature of features) this.#searchFeature(feature, leaf, histogram, best);
    return best.feature < 0 ? null : best;
  }

  #searchFeature(feature: number, leaf: GrowingLeaf, { sums, rows }: GradientHistogram, best: GainfulSplit): void {
    const { lambda, minHessian, minSamplesLeaf } = this.#parameters;
    const { gradient, hessian } = leaf;
    const start = this.#builder.starts[feature]!;
    const end = start + this.#features.edges[feature]!.length;
    const total = leaf.to - leaf.from;
    const before = (gradient * gradient) / (hessian + lambda);
    const counts = rows.length > 0;
    let leftGradient = 0;
    let leftHessian = 0;
    let leftRows = 0;
    for (let bin = start; bin < end; bin++) {
      const inBin = sums[2 * bin + 1]!;
      if (inBin === 0) continue;
      leftGradient += sums[2 * bin]!;
      leftHessian += inBin;
      if (counts) leftRows += rows[bin]!;
      if (leftHessian < minHessian || (counts && leftRows < minSamplesLeaf)) continue;
      const rightHessian = hessian - leftHessian;
      if (rightHessian < minHessian || (counts && total - leftRows < minSamplesLeaf)) break;
      const rightGradient = gradient - leftGradient;
      const gain =
        (leftGradient * leftGradient) / (leftHessian + lambda) +
        (rightGradient * rightGradient) / (rightHessian + lambda) -
        before;
      if (!(gain > best.gain)) continue;
      best.gain = gain;
      best.feature = feature;
      best.bin = bin - start;
      best.leftGradient = leftGradient;
      best.leftHessian = leftHessian;
    }
  }

  /** The two leaves that take the place of `leaf`; the leaf itself when one side would be empty. */
  #split(
    leaf: GrowingLeaf,
    split: GainfulSplit,
    nodes: TreeNodes,
    rows: Uint32Array,
    derivatives: Float64Array,
    features: Int32Array,
    leaves: number,
  ): GrowingLeaf[] {
    const { bins, rowCount, edges } = this.#features;
    const column = bins.subarray(split.feature * rowCount, (split.feature + 1) * rowCount);
    const middle = partitionRows(rows, leaf.from, leaf.to, column, split.bin, 0, this.#spare);
    if (middle === leaf.from || middle === leaf.to) return [this.#withoutSplit(leaf)];
    const node = nodes.split(leaf.node, split.feature, edges[split.feature]![split.bin]!);
    const shared = { depth: leaf.depth + 1, histogram: null, split: null };
    const { leftGradient, leftHessian } = split;
    const left = { ...shared, node, from: leaf.from, to: middle, gradient: leftGradient, hessian: leftHessian };
    const right: GrowingLeaf = {
      ...shared,
      node: node + 1,
      from: middle,
      to: leaf.to,
      gradient: leaf.gradient - leftGradient,
      hessian: leaf.hessian - leftHessian,
    };
    nodes.cover[left.node] = this.#weigh(rows, left.from, left.to);
    nodes.cover[right.node] = nodes.cover[leaf.node]! - nodes.cover[left.node]!;
    this.#exploreChildren(leaf.histogram!, left, right, rows, derivatives, features, leaves);
    return [right, left];
  }

  /** Histograms subtracted from one another may see a crumb where there is no row: then there is no split. */
  #withoutSplit(leaf: GrowingLeaf): GrowingLeaf {
    if (leaf.histogram !== null) this.#builder.release(leaf.histogram);
    return { ...leaf, histogram: null, split: null };
  }

  #exploreChildren(
    parent: GradientHistogram,
    left: GrowingLeaf,
    right: GrowingLeaf,
    rows: Uint32Array,
    derivatives: Float64Array,
    features: Int32Array,
    leaves: number,
  ): void {
    const [small, large] = left.to - left.from < right.to - right.from ? [left, right] : [right, left];
    const smallGrows = this.#mayGrow(small, leaves);
    const largeGrows = this.#mayGrow(large, leaves);
    if (!smallGrows && !largeGrows) {
      this.#builder.release(parent);
      return;
    }
    const histogram = this.#builder.build(rows, small.from, small.to, derivatives, features);
    if (largeGrows) this.#explore(large, this.#builder.subtract(parent, histogram), features);
    else this.#builder.release(parent);
    if (smallGrows) this.#explore(small, histogram, features);
    else this.#builder.release(histogram);
  }

  #weigh(rows: Uint32Array, from: number, to: number): number {
    if (this.#weights === null) return to - from;
    let weight = 0;
    for (let i = from; i < to; i++) weight += this.#weights[rows[i]!]!;
    return weight;
  }

  /** Newton's step, in float32 as it will be predicted. */
  #setValue(nodes: TreeNodes, { node, gradient, hessian }: GrowingLeaf): number {
    const { lambda, learningRate } = this.#parameters;
    const value = hessian + lambda > 0 ? Math.fround((-learningRate * gradient) / (hessian + lambda)) : 0;
    nodes.setLeaf(node, 0, value);
    return value;
  }
}
