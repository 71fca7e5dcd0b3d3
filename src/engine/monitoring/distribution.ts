import type { Scores } from '../model/loaded-model.ts';
import type { FeatureProfile } from '../model/profile.ts';
import type { NumberTensor, StringTensor, Tensor } from '../model/tensor.ts';

/** Values of one numeric feature, counted between the quantiles of the training rows. */
export interface NumericCounts {
  missing: number;
  /** Below the least, then between neighbouring quantiles (right edge included), then above the greatest. */
  bins: number[];
}

export interface CategoryCounts {
  missing: number;
  /** Categories of the training profile. */
  categories: Record<string, number>;
  /** All others together. */
  other: number;
}

/** How often what came: counted in one pass, so that drift can be measured without keeping rows. */
export interface FileDistribution {
  rows: number;
  features: Record<string, NumericCounts | CategoryCounts>;
  predictions: Record<string, number>;
  /** Probability of the prediction's class in twenty equal steps from 0 to 1. */
  probability_bins: number[];
  /** Least and greatest of these probabilities; null without rows, or when counted by a version that did not look. */
  probability_range: [number, number] | null;
}

const PROBABILITY_BINS = 20;

/** Counts scored rows against a model's training profile. */
export class DistributionCounter {
  private readonly profile: FeatureProfile[];
  private readonly edges: Float64Array[];
  #counts: FileDistribution;

  constructor(profile: FeatureProfile[]) {
    this.profile = profile;
    this.edges = this.profile.map((feature) => searchable(feature.type === 'string' ? [] : feature.quantiles));
    this.#counts = emptyDistribution(this.profile);
  }

  /** What was counted; counting begins anew. */
  take(): FileDistribution {
    const counts = this.#counts;
    this.#counts = emptyDistribution(this.profile);
    return counts;
  }

  /** @param feeds the tensors that were scored, one of shape [N] per feature */
  add(feeds: ReadonlyMap<string, Tensor>, scores: Scores): void {
    const counts = this.#counts;
    counts.rows += scores.predictions.length;
    for (const [index, { name, type }] of this.profile.entries()) {
      const tensor = feeds.get(name);
      if (tensor === undefined) continue;
      if (type === 'string') countTexts(counts.features[name] as CategoryCounts, (tensor as StringTensor).data);
      else countNumbers(counts.features[name] as NumericCounts, (tensor as NumberTensor).data, this.edges[index]!);
    }
    for (const [label, count] of countEach(scores.predictions)) {
      counts.predictions[String(label)] = (counts.predictions[String(label)] ?? 0) + count;
    }
    counts.probability_range = countShares(counts.probability_bins, scores.probability, counts.probability_range);
  }
}

function countEach<T>(values: readonly T[]): Map<T, number> {
  const counts = new Map<T, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  return counts;
}

/** Nothing counted yet. */
export function emptyDistribution(profile: FeatureProfile[]): FileDistribution {
  const features = profile.map((feature) => {
    if (feature.type !== 'string') {
      return [feature.name, { missing: 0, bins: new Array<number>(feature.quantiles.length + 1).fill(0) }] as const;
    }
    const categories = Object.fromEntries(Object.keys(feature.categories).map((category) => [category, 0]));
    return [feature.name, { missing: 0, categories, other: 0 }] as const;
  });
  return {
    rows: 0,
    features: Object.fromEntries(features),
    predictions: {},
    probability_bins: new Array<number>(PROBABILITY_BINS).fill(0),
    probability_range: null,
  };
}

function countTexts(counts: CategoryCounts, texts: string[]): void {
  for (const text of texts) {
    if (text === '') counts.missing++;
    else if (Object.hasOwn(counts.categories, text)) counts.categories[text]!++;
    else counts.other++;
  }
}

// Both count by index: an iterator would box each number.

/** Returns the range with these shares in it. */
function countShares(bins: number[], shares: Float32Array, range: [number, number] | null): [number, number] | null {
  let [least, greatest] = range ?? [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (let i = 0; i < shares.length; i++) {
    const share = shares[i]!;
    bins[Math.min(PROBABILITY_BINS - 1, Math.floor(share * PROBABILITY_BINS))]!++;
    if (share < least) least = share;
    if (share > greatest) greatest = share;
  }
  return least <= greatest ? [least, greatest] : null;
}

function countNumbers(counts: NumericCounts, values: Float32Array | Float64Array, edges: Float64Array): void {
  const { bins } = counts;
  const half = (edges.length + 1) >> 1;
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!;
    if (Number.isNaN(value)) {
      counts.missing++;
      continue;
    }
    // How many edges are less than the value, by halving without a branch: which way it goes is a coin's toss.
    let below = 0;
    for (let step = half; step > 0; step >>= 1) below += step * +(edges[below + step - 1]! < value);
    bins[below]!++;
  }
}

/** Edges in rising order, filled up with infinities to one less than a power of two. */
function searchable(edges: readonly number[]): Float64Array {
  const size = 2 ** Math.ceil(Math.log2(edges.length + 1)) - 1;
  return Float64Array.from({ length: size }, (_, index) => edges[index] ?? Number.POSITIVE_INFINITY);
}

/** The counts of two distributions against the same profile together. */
export function mergeDistributions(a: FileDistribution, b: FileDistribution): FileDistribution {
  const sums = <T extends Record<string, number>>(x: T, y: T): T => {
    const keys = [...new Set([...Object.keys(x), ...Object.keys(y)])];
    return Object.fromEntries(keys.map((key) => [key, (x[key] ?? 0) + (y[key] ?? 0)])) as T;
  };
  const adds = (x: number[], y: number[]) => x.map((value, i) => value + (y[i] ?? 0));
  const features = Object.entries(a.features).map(([name, x]) => {
    const y = b.features[name];
    if (y === undefined) return [name, x] as const;
    const missing = x.missing + y.missing;
    if ('bins' in x && 'bins' in y) return [name, { missing, bins: adds(x.bins, y.bins) }] as const;
    const [left, right] = [x as CategoryCounts, y as CategoryCounts];
    return [
      name,
      { missing, categories: sums(left.categories, right.categories), other: left.other + right.other },
    ] as const;
  });
  return {
    rows: a.rows + b.rows,
    features: Object.fromEntries(features),
    predictions: sums(a.predictions, b.predictions),
    probability_bins: adds(a.probability_bins, b.probability_bins),
    probability_range: mergeRanges(a, b),
  };
}

/** Of two parts the range is known when that of each with rows is. */
function mergeRanges(a: FileDistribution, b: FileDistribution): [number, number] | null {
  // Entries of older prediction logs lack it.
  const [x, y] = [a.probability_range ?? null, b.probability_range ?? null];
  if (a.rows === 0) return y;
  if (b.rows === 0) return x;
  return x === null || y === null ? null : [Math.min(x[0], y[0]), Math.max(x[1], y[1])];
}

/**
 * Whether the model gave everything the same answer although its inputs vary: more than one class, or probabilities that differ, is
 * no constant. A feed that repeats itself in most columns says nothing about the model.
 */
export function isConstantOutput({ features, predictions, probability_range: range }: FileDistribution): boolean {
  if (Object.keys(predictions).length !== 1 || range == null || range[1] - range[0] > SAME) return false;
  const counts = Object.values(features);
  return counts.filter(varies).length > counts.length / 2;
}

/** Probabilities that differ by less are the same, rounded. */
const SAME = 1e-6;

function varies(counts: NumericCounts | CategoryCounts): boolean {
  const values = 'bins' in counts ? counts.bins : [...Object.values(counts.categories), counts.other];
  return [...values, counts.missing].filter((count) => count > 0).length > 1;
}
