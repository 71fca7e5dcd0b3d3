import type { Algorithm } from './learner.ts';

export type HyperparameterValue = number | string | boolean | null;

/** Values a hyper-parameter takes; `above` is a number over `min`, `number` one of at least `min`. */
export type Range =
  | { kind: 'integer' | 'number' | 'above'; min: number; max?: number }
  | { kind: 'word'; word: string }
  | { kind: 'boolean' }
  | { kind: 'null' };

export interface Hyperparameter {
  name: string;
  alias?: string;
  default: HyperparameterValue;
  /** The value lies in one of these. */
  range: readonly Range[];
  /** One line for people. */
  meaning: string;
}

const NULL: Range = { kind: 'null' };
const BOOLEAN: Range = { kind: 'boolean' };
const SHARE: Range = { kind: 'above', min: 0, max: 1 };
const integer = (min: number, max?: number): Range => ({ kind: 'integer', min, ...(max === undefined ? {} : { max }) });
const number = (min: number): Range => ({ kind: 'number', min });
const word = (text: string): Range => ({ kind: 'word', word: text });

const RANDOM_STATE: Hyperparameter = {
  name: 'random_state',
  default: null,
  range: [integer(0, 4294967295), NULL],
  meaning: 'Seed of the learner; null takes training.random_seed.',
};

const rounds = (what: string, value: number): Hyperparameter => ({
  name: 'n_estimators',
  default: value,
  range: [integer(1, 100_000)],
  meaning: `Number of ${what}.`,
});

const learningRate = (value: number, alias?: string): Hyperparameter => ({
  name: 'learning_rate',
  ...(alias === undefined ? {} : { alias }),
  default: value,
  range: [{ kind: 'above', min: 0, max: 10 }],
  meaning: 'What each tree adds is multiplied by this.',
});

const SUBSAMPLE: Hyperparameter = {
  name: 'subsample',
  default: 1,
  range: [SHARE],
  meaning: 'Share of the rows that each round learns from, drawn without replacement.',
};

const COLSAMPLE: Hyperparameter = {
  name: 'colsample_bytree',
  default: 1,
  range: [SHARE],
  meaning: 'Share of the features that each tree may split on.',
};

const regLambda = (value: number, alias?: string): Hyperparameter => ({
  name: 'reg_lambda',
  ...(alias === undefined ? {} : { alias }),
  default: value,
  range: [number(0)],
  meaning: 'L2 regularisation: added to the sum of second derivatives of a leaf.',
});

const MIN_SAMPLES_LEAF: Hyperparameter = {
  name: 'min_samples_leaf',
  default: 1,
  range: [integer(1)],
  meaning: 'Least rows in a leaf.',
};

/** Names and defaults of scikit-learn's RandomForestClassifier. */
const RANDOM_FOREST: readonly Hyperparameter[] = [
  rounds('trees', 100),
  { name: 'max_depth', default: null, range: [integer(1), NULL], meaning: 'Most splits on a path; null is no limit.' },
  { name: 'min_samples_split', default: 2, range: [integer(2)], meaning: 'Least rows in a node that is split.' },
  MIN_SAMPLES_LEAF,
  {
    name: 'max_features',
    default: 'sqrt',
    range: [word('sqrt'), word('log2'), integer(1), SHARE, NULL],
    meaning: 'Features looked at for each split: a rule, a number, a share below 1, or null for all of them.',
  },
  { name: 'bootstrap', default: true, range: [BOOLEAN], meaning: 'Whether each tree draws its rows with replacement.' },
  {
    name: 'max_samples',
    default: null,
    range: [integer(1), SHARE, NULL],
    meaning: 'Rows drawn for each tree: a number, a share below 1, or null for as many as there are.',
  },
  RANDOM_STATE,
];

/** Names and defaults of scikit-learn's GradientBoostingClassifier; l2_regularization is HistGradientBoosting's. */
const GRADIENT_BOOSTING: readonly Hyperparameter[] = [
  rounds('rounds', 100),
  learningRate(0.1),
  { name: 'max_depth', default: 3, range: [integer(1), NULL], meaning: 'Most splits on a path; null is no limit.' },
  MIN_SAMPLES_LEAF,
  SUBSAMPLE,
  {
    name: 'l2_regularization',
    default: 0,
    range: [number(0)],
    meaning: 'L2 regularisation: added to the sum of second derivatives of a leaf.',
  },
  RANDOM_STATE,
];

/** Names and defaults of XGBoost's XGBClassifier. */
const XGBOOST: readonly Hyperparameter[] = [
  rounds('rounds', 100),
  learningRate(0.3, 'eta'),
  { name: 'max_depth', default: 6, range: [integer(0)], meaning: 'Most splits on a path; 0 is no limit.' },
  {
    name: 'min_child_weight',
    default: 1,
    range: [number(0)],
    meaning: 'Least sum of second derivatives in a leaf.',
  },
  regLambda(1, 'lambda'),
  {
    name: 'gamma',
    alias: 'min_split_loss',
    default: 0,
    range: [number(0)],
    meaning: 'Least gain of a split.',
  },
  SUBSAMPLE,
  COLSAMPLE,
  RANDOM_STATE,
];

/** Names and defaults of LightGBM's LGBMClassifier; subsample works in every round, as with subsample_freq 1. */
const LIGHTGBM: readonly Hyperparameter[] = [
  rounds('rounds', 100),
  learningRate(0.1),
  { name: 'num_leaves', default: 31, range: [integer(2, 131_072)], meaning: 'Most leaves of a tree.' },
  { name: 'max_depth', default: -1, range: [integer(-1)], meaning: 'Most splits on a path; 0 or -1 is no limit.' },
  { name: 'min_child_samples', default: 20, range: [integer(1)], meaning: 'Least rows in a leaf.' },
  regLambda(0),
  { name: 'min_split_gain', default: 0, range: [number(0)], meaning: 'Least gain of a split.' },
  SUBSAMPLE,
  COLSAMPLE,
  RANDOM_STATE,
];

/** The options of the ml-random-forest package; where scikit-learn has the same thing, under scikit-learn's name. */
const ML_RANDOM_FOREST: readonly Hyperparameter[] = [
  rounds('trees', 50),
  {
    name: 'max_features',
    default: null,
    range: [integer(1), SHARE, NULL],
    meaning: 'Features given to each tree: a number, a share below 1, or null for as many as there are.',
  },
  { name: 'replacement', default: true, range: [BOOLEAN], meaning: 'Whether a tree may be given a feature twice.' },
  { name: 'bootstrap', default: true, range: [BOOLEAN], meaning: 'Whether each tree draws its rows with replacement.' },
  { name: 'max_depth', default: null, range: [integer(1), NULL], meaning: 'Most splits on a path; null is no limit.' },
  { name: 'min_num_samples', default: 3, range: [integer(1)], meaning: 'A node of this many rows becomes a leaf.' },
  { name: 'gain_threshold', default: 0.01, range: [number(0)], meaning: 'Gini gain that a split must exceed.' },
  { name: 'allow_slow', default: false, range: [BOOLEAN], meaning: 'Whether more than 5,000 rows are accepted.' },
  RANDOM_STATE,
];

/** Every hyper-parameter of every algorithm: the one table behind checks, defaults and documentation. */
export const HYPERPARAMETERS: Readonly<Record<Algorithm, readonly Hyperparameter[]>> = {
  random_forest: RANDOM_FOREST,
  gradient_boosting: GRADIENT_BOOSTING,
  xgboost: XGBOOST,
  lightgbm: LIGHTGBM,
  ml_random_forest: ML_RANDOM_FOREST,
};
