// What is known about metrics by their names alone: runs of other tools bring any name.

/** The metrics of a training run, in the order in which they are read. */
const ORDER = [
  'accuracy',
  'precision',
  'recall',
  'f1',
  'precision_macro',
  'recall_macro',
  'f1_macro',
  'roc_auc',
  'average_precision',
  'log_loss',
  'brier',
];

const MORE_IS_BETTER =
  /^(accuracy|balanced_accuracy|precision|recall|f1|roc_auc|pr_auc|auc|average_precision|r2|mcc)(_(score|macro|micro|weighted))?$/;
const LESS_IS_BETTER = /^((.+_)?loss|brier(_score)?|(.+_)?error|mae|mse|rmse|mape)$/;

const PREFIX = /^(cv|val|validation|test|train|training|eval)_/;

/**
 * Whether more or less of a metric is better; null when its name does not say. `cv_<metric>_mean` and names with a prefix
 * such as `val_` follow the metric itself; a deviation is neither.
 */
export function betterDirection(name: string): 'more' | 'less' | null {
  if (isDeviation(name)) return null;
  const metric = name.replace(PREFIX, '').replace(/_mean$/, '');
  if (LESS_IS_BETTER.test(metric)) return 'less';
  return MORE_IS_BETTER.test(metric) ? 'more' : null;
}

/** Sorts names of metrics: the product's own first, in their usual order, then the others by name. */
export function compareMetricNames(a: string, b: string): number {
  return rank(a) - rank(b) || (a < b ? -1 : a > b ? 1 : 0);
}

function rank(name: string): number {
  const at = ORDER.indexOf(name);
  return at < 0 ? ORDER.length : at;
}

/** A metric that was cross-validated: MLflow keys of its folds (one step each), their mean and their deviation. */
export interface CrossValidatedKeys {
  folds: string;
  mean: string;
  deviation: string;
}

export function crossValidatedKeys(metric: string): CrossValidatedKeys {
  return { folds: `cv_${metric}`, mean: `cv_${metric}_mean`, deviation: `cv_${metric}_std` };
}

/** Names of the metrics that have a `cv_<metric>_mean` among these keys, sorted. */
export function crossValidatedMetrics(keys: readonly string[]): string[] {
  const found = keys.flatMap((key) => /^cv_(.+)_mean$/.exec(key)?.[1] ?? []);
  return found.sort(compareMetricNames);
}

/** Metric names that stand by themselves: not the folds, mean or deviation of a cross-validation; sorted. */
export function holdoutMetrics(keys: readonly string[]): string[] {
  const validated = new Set(crossValidatedMetrics(keys).flatMap((metric) => Object.values(crossValidatedKeys(metric))));
  return keys.filter((key) => !validated.has(key)).sort(compareMetricNames);
}

function isDeviation(name: string): boolean {
  return /^cv_.+_std$/.test(name);
}
