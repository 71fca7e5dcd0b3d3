import { MAX_BINS } from './binning.ts';
import {
  featureBins,
  noCandidate,
  OccupiedBins,
  type SplitCandidate,
  type SplitFinder,
  type SplitFinderInput,
  type TreeRows,
} from './split-finder.ts';

/** Gini splits of any number of classes, with or without row weights. */
export class WeightedSplitFinder implements SplitFinder {
  readonly rowShift = 0;
  readonly best: SplitCandidate;
  readonly #columns: Uint8Array[];
  readonly #labels: Int32Array;
  readonly #weights: Float64Array | null;
  readonly #classCount: number;
  readonly #minSamplesLeaf: number;
  readonly #entries: Uint32Array;
  /** Weight of each row in the tree at hand. */
  readonly #rowWeights: Float64Array;
  /** Weight by bin and class, and rows by bin; all zero between searches. */
  readonly #histogram: Float64Array;
  readonly #rowsOfBin = new Int32Array(MAX_BINS);
  readonly #occupied = new OccupiedBins();
  readonly #left: Float64Array;

  constructor({ features, labels, weights, classCount, minSamplesLeaf }: SplitFinderInput) {
    this.#columns = featureBins(features);
    this.#labels = labels;
    this.#weights = weights;
    this.#classCount = classCount;
    this.#minSamplesLeaf = minSamplesLeaf;
    this.#entries = new Uint32Array(features.rowCount);
    this.#rowWeights = new Float64Array(features.rowCount);
    this.#histogram = new Float64Array(MAX_BINS * classCount);
    this.#left = new Float64Array(classCount);
    this.best = noCandidate(classCount);
  }

  /** Rows that weigh nothing take no part, as in scikit-learn. */
  takeRows(counts: Uint32Array, totals: Float64Array): TreeRows {
    totals.fill(0);
    let count = 0;
    for (let row = 0; row < counts.length; row++) {
      const weight = counts[row]! * (this.#weights === null ? 1 : this.#weights[row]!);
      if (weight <= 0) continue;
      this.#entries[count++] = row;
      this.#rowWeights[row] = weight;
      totals[this.#labels[row]!]! += weight;
    }
    return { entries: this.#entries, count };
  }

  search(feature: number, from: number, to: number, totals: Float64Array): boolean {
    this.#fill(feature, from, to);
    const occupied = this.#occupied.takeMarked();
    this.#scan(feature, occupied, to - from, totals);
    return occupied > 1;
  }

  #fill(feature: number, from: number, to: number): void {
    const column = this.#columns[feature]!;
    const entries = this.#entries;
    const labels = this.#labels;
    const rowWeights = this.#rowWeights;
    const histogram = this.#histogram;
    const rowsOfBin = this.#rowsOfBin;
    const classCount = this.#classCount;
    for (let i = from; i < to; i++) {
      const row = entries[i]!;
      const bin = column[row]!;
      histogram[bin * classCount + labels[row]!]! += rowWeights[row]!;
      rowsOfBin[bin]!++;
      this.#occupied.mark(bin);
    }
  }

  /** Weighs a split before each occupied bin but the first, and empties the histogram behind itself. */
  #scan(feature: number, occupied: number, rows: number, totals: Float64Array): void {
    const bins = this.#occupied.bins;
    const least = this.#minSamplesLeaf;
    this.#left.fill(0);
    let leftRows = 0;
    for (let i = 0; i < occupied; i++) {
      const bin = bins[i]!;
      if (i > 0 && leftRows >= least && rows - leftRows >= least) this.#weigh(feature, bins[i - 1]!, bin, totals);
      leftRows += this.#rowsOfBin[bin]!;
      this.#rowsOfBin[bin] = 0;
      this.#moveLeft(bin);
    }
  }

  /** Keeps the split between the occupied bins `last` and `next` when it is better than the best. */
  #weigh(feature: number, last: number, next: number, totals: Float64Array): void {
    const left = this.#left;
    let leftWeight = 0;
    let leftSquares = 0;
    let rightWeight = 0;
    let rightSquares = 0;
    for (let label = 0; label < left.length; label++) {
      const onLeft = left[label]!;
      const onRight = totals[label]! - onLeft;
      leftWeight += onLeft;
      leftSquares += onLeft * onLeft;
      rightWeight += onRight;
      rightSquares += onRight * onRight;
    }
    const score = leftSquares / leftWeight + rightSquares / rightWeight;
    // Weights that differ by more than a double can hold leave nothing on the right: no split.
    if (!(rightWeight > 0 && score > this.best.score)) return;
    this.best.score = score;
    this.best.feature = feature;
    this.best.bin = (last + next - 1) >> 1;
    this.best.left.set(left);
  }

  #moveLeft(bin: number): void {
    const start = bin * this.#classCount;
    for (let label = 0; label < this.#classCount; label++) {
      this.#left[label]! += this.#histogram[start + label]!;
      this.#histogram[start + label] = 0;
    }
  }
}
