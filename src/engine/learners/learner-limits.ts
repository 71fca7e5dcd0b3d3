import { EngineError } from '../support/errors.ts';
import type { Algorithm, Hyperparameters, TrainingSet } from './learner.ts';
import { forestParameters } from './random-forest.ts';

/** Nanoseconds per row, tree and feature looked at, measured on one thread of an AMD EPYC Genoa. */
const FOREST_NS = 36;
const BOOSTING_NS = 12;
/** Nanoseconds per pair of rows, tree and feature. */
const ML_RANDOM_FOREST_NS = 5;

/** Roughly how long a fit takes on one thread: good for choosing where to run it, not for a promise. */
export function estimatedMs(algorithm: Algorithm, set: TrainingSet, values: Hyperparameters): number {
  const work = set.rowCount * Number(values.n_estimators);
  const features = set.columns.length;
  if (algorithm === 'random_forest') {
    return (work * forestParameters(set, values, 0).featuresPerSplit * FOREST_NS) / 1e6;
  }
  if (algorithm === 'ml_random_forest') return (work * set.rowCount * features * ML_RANDOM_FOREST_NS) / 1e6;
  const outputs = set.classCount === 2 ? 1 : set.classCount;
  return (work * outputs * features * BOOSTING_NS) / 1e6;
}

/**
 * @throws EngineError `invalid-data` when there are no rows, no features or no weight to learn from, or a row's weight
 *   is negative or not finite.
 */
export function requireTrainable({ rowCount, columns, weights }: TrainingSet): void {
  if (rowCount === 0) throw new EngineError('invalid-data', 'There are no rows to learn from.');
  if (columns.length === 0) throw new EngineError('invalid-data', 'There are no features to learn from.');
  if (weights === null) return;
  const wrong = weights.findIndex((weight) => !(weight >= 0 && weight < Number.POSITIVE_INFINITY));
  if (wrong >= 0)
    throw new EngineError('invalid-data', `Row ${wrong} weighs ${weights[wrong]}: a weight is at least 0.`);
  if (weights.every((weight) => weight === 0)) throw new EngineError('invalid-data', 'All rows weigh 0.');
}
