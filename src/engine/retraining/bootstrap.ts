import { uniform } from '../data/random.ts';
import { computeMetrics, LESS_IS_BETTER, type MetricName, type Scored } from '../evaluation/metrics.ts';

const SAMPLES = 1000;
/** So many rows say enough; more would only take longer. */
const MOST_ROWS = 20_000;

/** How much better the second of two models is on the same rows, by a metric whose better direction is known. */
export function improvement(metric: MetricName, champion: number, challenger: number): number {
  return LESS_IS_BETTER.has(metric) ? champion - challenger : challenger - champion;
}

/**
 * Share of bootstrap samples in which the challenger is better than the champion, both measured on the same resampled rows
 * (paired bootstrap; B. Efron and R. Tibshirani, 1993). Same seed, same share.
 */
export function pairedBootstrap(metric: MetricName, champion: Scored, challenger: Scored, seed: number): number {
  const random = uniform(seed);
  const rows = champion.actual.length;
  const size = Math.min(rows, MOST_ROWS);
  let wins = 0;
  for (let sample = 0; sample < SAMPLES; sample++) {
    const chosen = Int32Array.from({ length: size }, () => Math.floor(random() * rows));
    const [before, after] = [champion, challenger].map((scored) => computeMetrics(take(scored, chosen))[metric]);
    if (improvement(metric, before!, after!) > 0) wins++;
  }
  return wins / SAMPLES;
}

function take({ actual, probabilities }: Scored, rows: Int32Array): Scored {
  return {
    actual: Int32Array.from(rows, (row) => actual[row]!),
    probabilities: probabilities.map((column) => Float32Array.from(rows, (row) => column[row]!)),
  };
}
