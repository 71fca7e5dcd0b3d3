import { type BinnedFeatures, binsOf, MAX_BINS } from './binning.ts';

/** The rows of a tree as numbers that the histogram loops read; a row appears once, whatever it counts for. */
export interface TreeRows {
  /** `entry >>> rowShift` is the row; the lower bits belong to the finder. */
  entries: Uint32Array;
  count: number;
}

/** The best split of a node found so far. */
export interface SplitCandidate {
  /** Sum over both sides of (squared class weights / weight): the higher, the lower the Gini impurity. */
  score: number;
  /** -1 when no split was found. */
  feature: number;
  /** Rows with `bin <= this bin` go left. */
  bin: number;
  /** Weight of each class on the left. */
  left: Float64Array;
}

/** Rows of a tree and the histograms that find splits among them. */
export interface SplitFinder {
  readonly rowShift: number;
  readonly best: SplitCandidate;
  /** Takes the rows of a new tree, `counts[row]` times each, and writes the weight of each class to `totals`. */
  takeRows(counts: Uint32Array, totals: Float64Array): TreeRows;
  /**
   * Looks for a better split of the entries `from` to `to` by `feature`, and puts it into `best`.
   * @returns whether the feature has more than one value among them.
   */
  search(feature: number, from: number, to: number, totals: Float64Array): boolean;
}

/** What both finders need. */
export interface SplitFinderInput {
  features: BinnedFeatures;
  labels: Int32Array;
  classCount: number;
  /** Weight of each row, or null when all weigh 1. */
  weights: Float64Array | null;
  /** Least rows on each side of a split. */
  minSamplesLeaf: number;
}

/** Nodes of fewer rows mark the bins they touch instead of looking at all 256. */
export const FEW_ROWS = 160;

/** Non-empty bins of one feature in one node, in order. */
export class OccupiedBins {
  readonly bins = new Uint8Array(MAX_BINS);
  readonly #marks = new Int32Array(MAX_BINS / 32);

  mark(bin: number): void {
    this.#marks[bin >>> 5]! |= 1 << (bin & 31);
  }

  /** Lists the marked bins in `bins`, takes the marks away, and returns how many there were. */
  takeMarked(): number {
    let count = 0;
    for (let word = 0; word < this.#marks.length; word++) {
      let left = this.#marks[word]!;
      this.#marks[word] = 0;
      while (left !== 0) {
        const lowest = left & -left;
        this.bins[count++] = (word << 5) | (31 - Math.clz32(lowest));
        left ^= lowest;
      }
    }
    return count;
  }
}

/** One view per feature, made once. */
export function featureBins(features: BinnedFeatures): Uint8Array[] {
  return features.edges.map((_, feature) => binsOf(features, feature));
}

export function noCandidate(classCount: number): SplitCandidate {
  return { score: -1, feature: -1, bin: 0, left: new Float64Array(classCount) };
}
