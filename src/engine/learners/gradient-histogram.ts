import type { BinnedFeatures } from './binning.ts';
import { featureBins } from './split-finder.ts';

/** Sums over the rows of one node by feature and bin. */
export interface GradientHistogram {
  /** Sum of first and of second derivatives: two numbers per bin, one feature after the other. */
  sums: Float64Array;
  /** Rows per bin; empty when nobody asks. */
  rows: Int32Array;
}

/**
 * Builds, subtracts and recycles the histograms of boosting. The rows of a node are `rows[from..to)`; their derivatives
 * are first copied into that order, so that every feature reads them in a row.
 */
export class HistogramBuilder {
  /** First bin of each feature in a histogram. */
  readonly starts: Int32Array;
  readonly #columns: Uint8Array[];
  readonly #binCount: number;
  readonly #countsRows: boolean;
  readonly #ordered: Float64Array;
  readonly #unused: GradientHistogram[] = [];

  constructor(features: BinnedFeatures, countsRows: boolean) {
    let bins = 0;
    this.starts = Int32Array.from(features.edges, (edges) => {
      const start = bins;
      bins += edges.length + 1;
      return start;
    });
    this.#binCount = bins;
    this.#columns = featureBins(features);
    this.#countsRows = countsRows;
    this.#ordered = new Float64Array(features.rowCount * 2);
  }

  /** The histogram of the rows of a node, over `features` only. */
  build(
    rows: Uint32Array,
    from: number,
    to: number,
    derivatives: Float64Array,
    features: Int32Array,
  ): GradientHistogram {
    const histogram = this.#empty();
    orderDerivatives(this.#ordered, derivatives, rows, from, to);
    let next = 0;
    for (; next + 4 <= features.length; next += 4) this.#addFour(histogram.sums, features, next, rows, from, to);
    for (; next < features.length; next++) this.#addOne(histogram.sums, features[next]!, rows, from, to);
    if (this.#countsRows) for (const feature of features) this.#count(histogram.rows, feature, rows, from, to);
    return histogram;
  }

  /** Turns a parent's histogram into that of one child by taking the other child's away. */
  subtract(parent: GradientHistogram, child: GradientHistogram): GradientHistogram {
    const { sums, rows } = parent;
    for (let i = 0; i < sums.length; i++) sums[i]! -= child.sums[i]!;
    for (let i = 0; i < rows.length; i++) rows[i]! -= child.rows[i]!;
    return parent;
  }

  /** Takes back a histogram that is no longer needed. */
  release(histogram: GradientHistogram): void {
    this.#unused.push(histogram);
  }

  #empty(): GradientHistogram {
    const old = this.#unused.pop();
    if (old === undefined) {
      const rows = new Int32Array(this.#countsRows ? this.#binCount : 0);
      return { sums: new Float64Array(this.#binCount * 2), rows };
    }
    old.sums.fill(0);
    old.rows.fill(0);
    return old;
  }

  #addOne(sums: Float64Array, feature: number, rows: Uint32Array, from: number, to: number): void {
    const column = this.#columns[feature]!;
    const ordered = this.#ordered;
    const start = this.starts[feature]!;
    for (let i = from; i < to; i++) {
      const at = (start + column[rows[i]!]!) << 1;
      sums[at]! += ordered[2 * i]!;
      sums[at + 1]! += ordered[2 * i + 1]!;
    }
  }

  /** Four features in one pass, so that a row's number and derivatives are read once: a third faster than one by one. */
  #addFour(sums: Float64Array, features: Int32Array, next: number, rows: Uint32Array, from: number, to: number): void {
    const [feature0, feature1, feature2, feature3] = features.subarray(next, next + 4);
    const column0 = this.#columns[feature0!]!;
    const column1 = this.#columns[feature1!]!;
    const column2 = this.#columns[feature2!]!;
    const column3 = this.#columns[feature3!]!;
    const start0 = this.starts[feature0!]!;
    const start1 = this.starts[feature1!]!;
    const start2 = this.starts[feature2!]!;
    const start3 = this.starts[feature3!]!;
    const ordered = this.#ordered;
    for (let i = from; i < to; i++) {
      const row = rows[i]!;
      const first = ordered[2 * i]!;
      const second = ordered[2 * i + 1]!;
      const at0 = (start0 + column0[row]!) << 1;
      sums[at0]! += first;
      sums[at0 + 1]! += second;
      const at1 = (start1 + column1[row]!) << 1;
      sums[at1]! += first;
      sums[at1 + 1]! += second;
      const at2 = (start2 + column2[row]!) << 1;
      sums[at2]! += first;
      sums[at2 + 1]! += second;
      const at3 = (start3 + column3[row]!) << 1;
      sums[at3]! += first;
      sums[at3 + 1]! += second;
    }
  }

  #count(counts: Int32Array, feature: number, rows: Uint32Array, from: number, to: number): void {
    const column = this.#columns[feature]!;
    const start = this.starts[feature]!;
    for (let i = from; i < to; i++) counts[start + column[rows[i]!]!]!++;
  }
}

function orderDerivatives(
  ordered: Float64Array,
  derivatives: Float64Array,
  rows: Uint32Array,
  from: number,
  to: number,
): void {
  for (let i = from; i < to; i++) {
    const at = rows[i]! << 1;
    ordered[2 * i] = derivatives[at]!;
    ordered[2 * i + 1] = derivatives[at + 1]!;
  }
}
