import type { Config } from '../config/config.ts';
import { resolveHyperparameters } from '../learners/hyperparameters.ts';
import { ALGORITHMS, type Algorithm, type Hyperparameters } from '../learners/learner.ts';
import { EngineError } from '../support/errors.ts';

/** The learner that `model.algorithm` names, with its hyper-parameters complete. */
export interface ConfiguredAlgorithm {
  algorithm: Algorithm;
  hyperparameters: Hyperparameters;
}

/** @throws EngineError `unsupported` for an algorithm of a later release, `invalid-config` for a wrong hyper-parameter */
export function requireAlgorithm({ model }: Config): ConfiguredAlgorithm {
  const algorithm = ALGORITHMS.find((known) => known === model.algorithm);
  if (algorithm !== undefined) {
    return { algorithm, hyperparameters: resolveHyperparameters(algorithm, model.hyperparameters) };
  }
  throw new EngineError('unsupported', `model.algorithm: ${model.algorithm} arrives in a later release.`, {
    fix: `Use one of ${ALGORITHMS.join(', ')}.`,
  });
}
