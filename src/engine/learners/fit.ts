import { EngineError } from '../support/errors.ts';
import type { Algorithm, FitOptions, FittedEnsemble, TrainingSet } from './learner.ts';

/** Learns trees from `set`. Same seed, same ensemble, whatever `options.threads` is. */
export async function fitEnsemble(
  algorithm: Algorithm,
  set: TrainingSet,
  options: FitOptions,
): Promise<FittedEnsemble> {
  const [fitted] = await fitEnsembles(algorithm, [set], options);
  return fitted!;
}

/** Learns an ensemble from each of `sets`, such as the folds of a cross-validation. */
export async function fitEnsembles(
  algorithm: Algorithm,
  _sets: TrainingSet[],
  _options: FitOptions,
): Promise<FittedEnsemble[]> {
  throw new EngineError('internal', `The learner ${algorithm} is not there yet.`);
}
