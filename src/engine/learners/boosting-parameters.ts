import type { Algorithm, Hyperparameters } from './learner.ts';

export type BoostingAlgorithm = Exclude<Algorithm, 'random_forest' | 'ml_random_forest'>;

/** What the three families of boosting have in common, under one set of names. */
export interface BoostingParameters {
  rounds: number;
  learningRate: number;
  /** Infinity when unlimited. */
  maxDepth: number;
  /** Infinity unless trees grow leaf-wise: always at the leaf of the highest gain. */
  maxLeaves: number;
  /** Least rows in a leaf. */
  minSamplesLeaf: number;
  /** Least sum of second derivatives in a leaf. */
  minHessian: number;
  /** Added to the sum of second derivatives of a leaf. */
  lambda: number;
  /** Least gain of a split. */
  minGain: number;
  /** Share of rows in a round, and of features in a tree. */
  rowShare: number;
  featureShare: number;
  /** What the second derivative of softmax is multiplied by, given the number of classes. */
  softmaxFactor: (classCount: number) => number;
}

/** LightGBM's min_sum_hessian_in_leaf and HistGradientBoosting's min_hessian_to_split: keeps leaf values finite. */
const LEAST_HESSIAN = 1e-3;

const COMMON = {
  maxLeaves: Number.POSITIVE_INFINITY,
  minSamplesLeaf: 1,
  minHessian: LEAST_HESSIAN,
  minGain: 0,
  featureShare: 1,
};

/** The parameters that resolved hyper-parameters of `algorithm` stand for. */
export function boostingParameters(algorithm: BoostingAlgorithm, values: Hyperparameters): BoostingParameters {
  const number = (name: string) => Number(values[name]);
  const shared = {
    ...COMMON,
    rounds: number('n_estimators'),
    learningRate: number('learning_rate'),
    rowShare: number('subsample'),
  };
  if (algorithm === 'gradient_boosting') {
    return {
      ...shared,
      maxDepth: values.max_depth === null ? Number.POSITIVE_INFINITY : number('max_depth'),
      minSamplesLeaf: number('min_samples_leaf'),
      lambda: number('l2_regularization'),
      softmaxFactor: () => 1,
    };
  }
  const both = { ...shared, maxDepth: depthLimit(number('max_depth')), lambda: number('reg_lambda') };
  if (algorithm === 'xgboost') {
    return {
      ...both,
      minHessian: number('min_child_weight'),
      minGain: number('gamma'),
      featureShare: number('colsample_bytree'),
      softmaxFactor: () => 2,
    };
  }
  return {
    ...both,
    maxLeaves: number('num_leaves'),
    minSamplesLeaf: number('min_child_samples'),
    minGain: number('min_split_gain'),
    featureShare: number('colsample_bytree'),
    softmaxFactor: (classCount) => classCount / (classCount - 1),
  };
}

/** XGBoost says 0 and LightGBM -1 for no limit. */
function depthLimit(given: number): number {
  return given <= 0 ? Number.POSITIVE_INFINITY : given;
}
