import type { OperationControl } from '../support/progress.ts';
import { fitBoosting } from './gradient-boosting.ts';
import type { Algorithm, FittedEnsemble, Hyperparameters, TrainingSet } from './learner.ts';
import { fitMlRandomForest } from './ml-random-forest.ts';
import { Pace } from './pace.ts';
import { fitForest } from './random-forest.ts';

/** One fit on this thread, which lets the event loop turn now and then. */
export async function fitHere(
  algorithm: Algorithm,
  set: TrainingSet,
  values: Hyperparameters,
  seed: number,
  control: OperationControl,
): Promise<FittedEnsemble> {
  const pace = new Pace(control, Number(values.n_estimators));
  if (algorithm === 'random_forest') return fitForest(set, values, seed, pace);
  if (algorithm === 'ml_random_forest') return fitMlRandomForest(set, values, seed, pace);
  return fitBoosting(algorithm, set, values, seed, pace);
}
