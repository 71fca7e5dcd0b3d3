import type { Hyperparameters } from '../src/engine/learners/learner.ts';

/** A learner in its own process: ours, the package from npm, or one of scikit-learn's. */
export interface Contestant {
  label: string;
  runtime: 'node' | 'python';
  learner: string;
  parameters: Hyperparameters;
}

export interface TrainingScenario {
  name: string;
  data: string;
  ours: Contestant;
  peer: Contestant;
  /** Most that our time may be of the peer's, and that the areas under the curve may differ. */
  bound?: { ratio: number; auc: number };
}

/** Sizes that peer.py generates. */
export const SYNTHETIC_ROWS = [2_000, 10_000, 100_000];

const forest = (parameters: Hyperparameters): Contestant => ours('random_forest', parameters);

function ours(learner: string, parameters: Hyperparameters): Contestant {
  return { label: learner, runtime: 'node', learner, parameters };
}

function scikitLearn(learner: string, parameters: Hyperparameters): Contestant {
  return { label: `scikit-learn ${learner}`, runtime: 'python', learner, parameters };
}

const sklearnForest = (parameters: Hyperparameters): Contestant =>
  scikitLearn('RandomForestClassifier', { ...parameters, n_jobs: -1 });

const npmForest = (parameters: Hyperparameters): Contestant => ({
  label: 'npm ml-random-forest',
  runtime: 'node',
  learner: 'ml-random-forest',
  parameters,
});

const DEPTH_10 = { n_estimators: 100, max_depth: 10 };
const LEAVES_31 = { max_iter: 100, max_leaf_nodes: 31, early_stopping: false };

export const TRAINING: readonly TrainingScenario[] = [
  {
    name: 'forest of 100 trees, depth 10',
    data: 'synthetic-100000',
    ours: forest(DEPTH_10),
    peer: sklearnForest(DEPTH_10),
    bound: { ratio: 0.15, auc: 0.003 },
  },
  {
    name: 'forest of 100 trees, depth 10',
    data: 'synthetic-10000',
    ours: forest(DEPTH_10),
    peer: sklearnForest(DEPTH_10),
  },
  {
    name: 'forest of 100 trees, any depth',
    data: 'synthetic-10000',
    ours: forest({}),
    peer: sklearnForest({}),
  },
  { name: 'forest of 100 trees', data: 'breast-cancer', ours: forest({}), peer: sklearnForest({}) },
  { name: 'forest of 100 trees', data: 'breast-cancer', ours: forest({}), peer: npmForest({ n_estimators: 100 }) },
  { name: 'forest of 100 trees', data: 'synthetic-2000', ours: forest({}), peer: sklearnForest({}) },
  {
    name: 'forest of 5 trees',
    data: 'synthetic-2000',
    ours: forest({ n_estimators: 5 }),
    peer: npmForest({ n_estimators: 5 }),
  },
  {
    name: 'boosting, depth 3',
    data: 'synthetic-10000',
    ours: ours('gradient_boosting', {}),
    peer: scikitLearn('GradientBoostingClassifier', {}),
  },
  {
    name: 'boosting, 31 leaves',
    data: 'synthetic-10000',
    ours: ours('lightgbm', {}),
    peer: scikitLearn('HistGradientBoostingClassifier', LEAVES_31),
  },
  {
    name: 'boosting, 31 leaves',
    data: 'synthetic-100000',
    ours: ours('lightgbm', {}),
    peer: scikitLearn('HistGradientBoostingClassifier', LEAVES_31),
  },
];

/** Rows and forest of the prediction benchmarks, and how many times faster than scikit-learn we must be. */
export const PREDICTION = { data: 'synthetic-100000', forest: DEPTH_10, bound: 1.8 };
