import type { CategoryProfile, FeatureProfile, NumericProfile } from '../model/profile.ts';
import type { CategoryCounts, FileDistribution, NumericCounts } from './distribution.ts';

/** How far a feature has moved from what the model was trained on. */
export interface FeatureDrift {
  feature: string;
  /** Population stability index over tenths of the training rows (or categories), the missing values among them. */
  psi: number;
  /** Kolmogorov-Smirnov distance at the training quantiles and its p-value; null for categories. */
  ks: { statistic: number; p_value: number } | null;
  drifted: boolean;
}

export interface DriftLimits {
  psi_threshold: number;
  ks_alpha: number;
}

/** Fewer rows than this say nothing about a distribution in tenths. */
export const LEAST_DRIFT_ROWS = 200;

/**
 * Measures drift, feature by feature, most moved first. A number has drifted when the index says that it moved far and the test
 * that it is no accident; a category when the index does.
 * @param trainingRows rows behind the profile
 */
export function measureDrift(
  profile: FeatureProfile[],
  trainingRows: number,
  recent: FileDistribution,
  limits: DriftLimits,
): FeatureDrift[] {
  const drifts = profile.flatMap((feature) => {
    const counts = recent.features[feature.name];
    if (counts === undefined || recent.rows === 0) return [];
    if (feature.type === 'string') return [categoryDrift(feature, counts as CategoryCounts, recent.rows, limits)];
    return [numericDrift(feature, counts as NumericCounts, { recentRows: recent.rows, trainingRows }, limits)];
  });
  return drifts.sort((a, b) => b.psi - a.psi);
}

function numericDrift(
  profile: NumericProfile,
  counts: NumericCounts,
  { recentRows, trainingRows }: { recentRows: number; trainingRows: number },
  limits: DriftLimits,
): FeatureDrift {
  const expected = expectedShares(profile.quantiles);
  const present = recentRows - counts.missing;
  const actual = counts.bins.map((count) => (present === 0 ? 0 : count / present));
  const scale = (shares: number[], missing: number) => [...shares.map((share) => share * (1 - missing)), missing];
  const psi = stabilityIndex(
    scale(tenths(expected, expected), profile.missing),
    scale(tenths(expected, actual), counts.missing / recentRows),
  );
  const ks = kolmogorovSmirnov(expected, actual, present, trainingRows * (1 - profile.missing));
  const drifted = psi >= limits.psi_threshold && (ks === null || ks.p_value < limits.ks_alpha);
  return { feature: profile.name, psi, ks, drifted };
}

function categoryDrift(
  profile: CategoryProfile,
  counts: CategoryCounts,
  rows: number,
  limits: DriftLimits,
): FeatureDrift {
  const names = Object.keys(profile.categories);
  const known = names.map((name) => profile.categories[name]!);
  const rest = Math.max(0, 1 - profile.missing - known.reduce((sum, share) => sum + share, 0));
  const expected = [...known, rest, profile.missing];
  const actual = [
    ...names.map((name) => (counts.categories[name] ?? 0) / rows),
    counts.other / rows,
    counts.missing / rows,
  ];
  const psi = stabilityIndex(expected, actual);
  return { feature: profile.name, psi, ks: null, drifted: psi >= limits.psi_threshold };
}

/**
 * Share of the training rows in each bin of {@link NumericCounts}: between neighbouring quantiles lies a twentieth; where quantiles
 * are equal, the bin that ends at that value holds all of them.
 */
function expectedShares(quantiles: number[]): number[] {
  const shares = new Array<number>(quantiles.length + 1).fill(0);
  let first = 0;
  let before = 0;
  for (let last = 0; last < quantiles.length; last++) {
    if (quantiles[last + 1] === quantiles[last]) continue;
    shares[first] = (last - before) / (quantiles.length - 1);
    before = last;
    first = last + 1;
  }
  return shares;
}

/** Neighbouring bins together until each holds a tenth of what was expected; what lies outside joins its neighbour. */
function tenths(expected: number[], shares: number[]): number[] {
  const merged: number[] = [];
  let expectedSum = 0;
  let sum = 0;
  for (const [bin, share] of shares.entries()) {
    expectedSum += expected[bin]!;
    sum += share;
    if (expectedSum < 0.1 - 1e-9) continue;
    merged.push(sum);
    expectedSum = 0;
    sum = 0;
  }
  if (merged.length === 0) return [sum];
  merged[merged.length - 1]! += sum;
  return merged;
}

/** A share of nothing would be infinitely far from anything. */
const LEAST_SHARE = 1e-4;

/** Population stability index: the symmetrised Kullback-Leibler divergence of two binned distributions. */
function stabilityIndex(expected: number[], actual: number[]): number {
  return expected.reduce((sum, share, bin) => {
    const [e, a] = [Math.max(share, LEAST_SHARE), Math.max(actual[bin]!, LEAST_SHARE)];
    return sum + (a - e) * Math.log(a / e);
  }, 0);
}

/**
 * Two-sample Kolmogorov-Smirnov test at the bins' edges, a lower bound of the distance; p-value by the asymptotic formula with
 * Stephens' correction (M. A. Stephens, 1970; Numerical Recipes, "probks").
 */
function kolmogorovSmirnov(expected: number[], actual: number[], n: number, m: number): FeatureDrift['ks'] {
  if (n === 0 || m === 0) return null;
  let [left, right, statistic] = [0, 0, 0];
  for (const [bin, share] of expected.entries()) {
    left += share;
    right += actual[bin]!;
    // Only between values that the training rows tell apart is the distance known.
    if (share > 0 || bin === 0) statistic = Math.max(statistic, Math.abs(left - right));
  }
  const root = Math.sqrt((n * m) / (n + m));
  return { statistic, p_value: kolmogorov((root + 0.12 + 0.11 / root) * statistic) };
}

function kolmogorov(lambda: number): number {
  if (lambda < 0.2) return 1;
  let sum = 0;
  for (let k = 1; k <= 100; k++) sum += (k % 2 === 1 ? 2 : -2) * Math.exp(-2 * k * k * lambda * lambda);
  return Math.min(1, Math.max(0, sum));
}
