import type { Point } from '../components/charts/line.ts';
import type { Metric } from '../host/snapshot-parts.ts';
import { compareMetricNames } from '../values/metrics.ts';
import { isKnown } from '../values/numbers.ts';

/** A metric that was logged more than once. */
export interface SteppedMetric {
  key: string;
  /** Step and value, by rising step. */
  points: Point[];
  mean: number;
  least: number;
  most: number;
  /** The steps are folds of a cross-validation. */
  isFolds: boolean;
}

/** The metrics with a number at two or more steps, in their usual order. A step that was logged twice keeps its last value. */
export function steppedMetrics(history: readonly Metric[]): SteppedMetric[] {
  const byKey = Map.groupBy(history, ({ key }) => key);
  const found = [...byKey].flatMap(([key, values]): SteppedMetric[] => {
    const bySteps = new Map(values.filter(({ value }) => isKnown(value)).map(({ step, value }) => [step, value]));
    if (bySteps.size < 2) return [];
    const points = [...bySteps].sort(([a], [b]) => a - b);
    const numbers = points.map(([, value]) => value);
    const mean = numbers.reduce((sum, value) => sum + value, 0) / numbers.length;
    const isFolds = key.startsWith('cv_') && byKey.has(`${key}_mean`);
    return [{ key, points, mean, least: Math.min(...numbers), most: Math.max(...numbers), isFolds }];
  });
  return found.sort((a, b) => compareMetricNames(withoutPrefix(a.key), withoutPrefix(b.key)));
}

function withoutPrefix(key: string): string {
  return key.replace(/^cv_/, '');
}
