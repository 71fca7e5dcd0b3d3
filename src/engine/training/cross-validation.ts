import { stratifiedFolds } from '../data/split.ts';
import { computeMetrics, METRIC_NAMES, type MetricName, type Metrics } from '../evaluation/metrics.ts';
import { fitEnsembles } from '../learners/fit.ts';
import type { Algorithm, FitOptions } from '../learners/learner.ts';
import { assemblePipeline, pipelineProbabilities, prepareRows, type RowsToPrepare } from './estimator.ts';

/** A metric over the folds; `std` is the standard deviation of the folds, as numpy's. */
export interface CrossValidated {
  mean: number;
  std: number;
  folds: number[];
}

/**
 * Fits and measures the pipeline on each of `training.cv_folds` stratified folds of the rows, in parallel.
 * Preprocessing is learned anew in each fold, so nothing leaks from the rows it is measured on.
 */
export async function crossValidate(
  input: RowsToPrepare,
  algorithm: Algorithm,
  options: FitOptions,
): Promise<Record<MetricName, CrossValidated>> {
  const { rows, target, training, columns } = input;
  const held = stratifiedFolds(rows, target.labels, target.classes.length, training.cv_folds, training.random_seed);
  const prepared = held.map((fold) => {
    const heldOut = new Set(fold);
    return prepareRows({ ...input, rows: rows.filter((row) => !heldOut.has(row)) });
  });
  const fitted = await fitEnsembles(
    algorithm,
    prepared.map(({ set }) => set),
    options,
  );
  const metrics = held.map((fold, i) => {
    const pipeline = assemblePipeline(prepared[i]!, fitted[i]!, target);
    const actual = Int32Array.from(fold, (row) => target.labels[row]!);
    return computeMetrics({ actual, probabilities: pipelineProbabilities(pipeline, columns, fold) });
  });
  return summarise(metrics);
}

function summarise(folds: Metrics[]): Record<MetricName, CrossValidated> {
  const entries = METRIC_NAMES.map((name) => {
    const values = folds.map((metrics) => metrics[name]);
    const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
    const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length;
    return [name, { mean, std: Math.sqrt(variance), folds: values }] as const;
  });
  return Object.fromEntries(entries) as Record<MetricName, CrossValidated>;
}
