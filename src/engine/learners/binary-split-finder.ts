import { MAX_BINS } from './binning.ts';
import {
  FEW_ROWS,
  featureBins,
  noCandidate,
  OccupiedBins,
  type SplitCandidate,
  type SplitFinder,
  type SplitFinderInput,
  type TreeRows,
} from './split-finder.ts';

/** An entry is row (26 bits), count (5 bits), class (1 bit). */
const ROW_SHIFT = 6;
const MAX_COUNT = 31;
export const MAX_BINARY_ROWS = 2 ** (32 - ROW_SHIFT);

/**
 * Gini splits of two classes without weights: integer histograms, and a row, its count and its class in one number.
 * The loops are in classes of their own shape, not in closures over generic arrays, because this is where a forest's
 * time goes.
 */
export class BinarySplitFinder implements SplitFinder {
  readonly rowShift = ROW_SHIFT;
  readonly best: SplitCandidate = noCandidate(2);
  readonly #columns: Uint8Array[];
  readonly #labels: Int32Array;
  readonly #minSamplesLeaf: number;
  readonly #entries: Uint32Array;
  /** Weight of class 0 and of class 1 by bin; all zero between searches. */
  readonly #histogram = new Int32Array(MAX_BINS * 2);
  /** Rows by bin, kept only when min_samples_leaf asks; all zero between searches. */
  readonly #rowsOfBin = new Int32Array(MAX_BINS);
  readonly #occupied = new OccupiedBins();

  constructor({ features, labels, minSamplesLeaf }: SplitFinderInput) {
    this.#columns = featureBins(features);
    this.#labels = labels;
    this.#minSamplesLeaf = minSamplesLeaf;
    this.#entries = new Uint32Array(features.rowCount + Math.ceil(features.rowCount / MAX_COUNT));
  }

  takeRows(counts: Uint32Array, totals: Float64Array): TreeRows {
    const entries = this.#entries;
    const labels = this.#labels;
    totals.fill(0);
    let count = 0;
    for (let row = 0; row < counts.length; row++) {
      // A row drawn more than 31 times, which hardly ever happens, takes several entries.
      for (let left = counts[row]!; left > 0; left -= MAX_COUNT) {
        const times = Math.min(left, MAX_COUNT);
        const label = labels[row]!;
        entries[count++] = (row << ROW_SHIFT) | (times << 1) | label;
        totals[label]! += times;
      }
    }
    return { entries, count };
  }

  search(feature: number, from: number, to: number, totals: Float64Array): boolean {
    const occupied = to - from < FEW_ROWS ? this.#fillFew(feature, from, to) : this.#fillMany(feature, from, to);
    if (this.#minSamplesLeaf > 1) this.#countRows(feature, from, to);
    this.#scan(feature, occupied, to - from, totals[0]!, totals[1]!);
    return occupied > 1;
  }

  #fillFew(feature: number, from: number, to: number): number {
    const column = this.#columns[feature]!;
    const entries = this.#entries;
    const histogram = this.#histogram;
    const occupied = this.#occupied;
    for (let i = from; i < to; i++) {
      const entry = entries[i]!;
      const bin = column[entry >>> ROW_SHIFT]!;
      histogram[(bin << 1) | (entry & 1)]! += (entry >>> 1) & MAX_COUNT;
      occupied.mark(bin);
    }
    return occupied.takeMarked();
  }

  #fillMany(feature: number, from: number, to: number): number {
    const column = this.#columns[feature]!;
    const entries = this.#entries;
    const histogram = this.#histogram;
    for (let i = from; i < to; i++) {
      const entry = entries[i]!;
      histogram[(column[entry >>> ROW_SHIFT]! << 1) | (entry & 1)]! += (entry >>> 1) & MAX_COUNT;
    }
    const bins = this.#occupied.bins;
    let count = 0;
    for (let bin = 0; bin < MAX_BINS; bin++) {
      if ((histogram[bin << 1]! | histogram[(bin << 1) | 1]!) !== 0) bins[count++] = bin;
    }
    return count;
  }

  #countRows(feature: number, from: number, to: number): void {
    const column = this.#columns[feature]!;
    for (let i = from; i < to; i++) this.#rowsOfBin[column[this.#entries[i]! >>> ROW_SHIFT]!]!++;
  }

  /** Weighs a split before each occupied bin but the first, and empties the histogram behind itself. */
  #scan(feature: number, occupied: number, rows: number, total0: number, total1: number): void {
    const { best } = this;
    const histogram = this.#histogram;
    const bins = this.#occupied.bins;
    const least = this.#minSamplesLeaf;
    let left0 = 0;
    let left1 = 0;
    let leftRows = 0;
    let last = -1;
    for (let i = 0; i < occupied; i++) {
      const bin = bins[i]!;
      if (last >= 0 && (least === 1 || (leftRows >= least && rows - leftRows >= least))) {
        const right0 = total0 - left0;
        const right1 = total1 - left1;
        const score =
          (left0 * left0 + left1 * left1) / (left0 + left1) + (right0 * right0 + right1 * right1) / (right0 + right1);
        if (score > best.score) {
          best.score = score;
          best.feature = feature;
          best.bin = (last + bin - 1) >> 1;
          best.left[0] = left0;
          best.left[1] = left1;
        }
      }
      left0 += histogram[bin << 1]!;
      left1 += histogram[(bin << 1) | 1]!;
      leftRows += this.#rowsOfBin[bin]!;
      histogram[bin << 1] = 0;
      histogram[(bin << 1) | 1] = 0;
      this.#rowsOfBin[bin] = 0;
      last = bin;
    }
  }
}
