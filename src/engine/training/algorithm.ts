import type { Config } from '../config/config.ts';
import { configError } from '../config/config-error.ts';
import { hyperparameterErrors, resolveHyperparameters } from '../learners/hyperparameters.ts';
import { ALGORITHMS, type Algorithm, type Hyperparameters } from '../learners/learner.ts';
import type { EngineError } from '../support/errors.ts';

/** The learner that `model.algorithm` names, with its hyper-parameters complete. */
export interface ConfiguredAlgorithm {
  algorithm: Algorithm;
  hyperparameters: Hyperparameters;
}

/** @throws EngineError `unsupported` for an algorithm of a later release, `invalid-config` for a wrong hyper-parameter */
export function requireAlgorithm({ model }: Config): ConfiguredAlgorithm {
  const algorithm = learnerOf(model);
  if (algorithm === undefined) throw arrivesLater(model.algorithm);
  return { algorithm, hyperparameters: resolveHyperparameters(algorithm, model.hyperparameters) };
}

/** Everything that is wrong with the algorithm and its hyper-parameters. */
export function algorithmErrors({ model }: Config): EngineError[] {
  const algorithm = learnerOf(model);
  return algorithm === undefined
    ? [arrivesLater(model.algorithm)]
    : hyperparameterErrors(algorithm, model.hyperparameters);
}

function learnerOf({ algorithm }: Config['model']): Algorithm | undefined {
  return ALGORITHMS.find((known) => known === algorithm);
}

function arrivesLater(algorithm: string): EngineError {
  return configError(['model', 'algorithm'], `${algorithm} arrives in a later release`, {
    reason: 'unsupported',
    fix: `Use one of ${ALGORITHMS.join(', ')}.`,
  });
}
