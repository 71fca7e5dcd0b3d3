import { addFeature, emptyBins } from './binning.ts';
import { type BinnedSet, type ForestParameters, ForestTreeGrower } from './forest-tree.ts';
import { type GrownTree, joinTrees } from './grown-tree.ts';
import { refusal } from './hyperparameters.ts';
import { totalImportances } from './importances.ts';
import type { FittedEnsemble, Hyperparameters, TrainingSet } from './learner.ts';
import type { Pace } from './pace.ts';

/**
 * A forest of classification trees on binned features, hyper-parameters as scikit-learn's RandomForestClassifier.
 * Splits lie between bins, so trees differ from scikit-learn's; what they predict does not (AUC within 0.003).
 */
export async function fitForest(
  set: TrainingSet,
  values: Hyperparameters,
  seed: number,
  pace: Pace,
): Promise<FittedEnsemble> {
  const parameters = forestParameters(set, values, seed);
  const grower = new ForestTreeGrower(await binSet(set, pace), parameters);
  const trees: GrownTree[] = [];
  while (trees.length < parameters.treeCount) {
    trees.push(grower.grow(trees.length));
    pace.count(1);
    await pace.breathe();
  }
  return joinForest(trees, set.classCount);
}

/** `set` with its features binned, in memory that threads can share. */
export async function binSet(set: TrainingSet, pace: Pace): Promise<BinnedSet> {
  const features = emptyBins(set.rowCount, set.columns.length);
  for (const column of set.columns) {
    addFeature(features, column);
    await pace.breathe();
  }
  return { features, labels: set.labels, classCount: set.classCount, weights: set.weights };
}

/**
 * Rules and shares turned into numbers of rows and features, as scikit-learn rounds them.
 * @throws EngineError `invalid-config` when more is asked for than `set` has.
 */
export function forestParameters(set: TrainingSet, values: Hyperparameters, seed: number): ForestParameters {
  return {
    treeCount: Number(values.n_estimators),
    maxDepth: values.max_depth === null ? Number.POSITIVE_INFINITY : Number(values.max_depth),
    minSamplesSplit: Number(values.min_samples_split),
    minSamplesLeaf: Number(values.min_samples_leaf),
    featuresPerSplit: featuresPerSplit(values.max_features!, set.columns.length),
    draws: rowsDrawn(values, set.rowCount),
    seed,
  };
}

function featuresPerSplit(rule: string | number | boolean | null, features: number): number {
  if (rule === null) return features;
  if (rule === 'sqrt') return Math.max(1, Math.floor(Math.sqrt(features)));
  if (rule === 'log2') return Math.max(1, Math.floor(Math.log2(features)));
  const given = Number(rule);
  if (given < 1) return Math.max(1, Math.floor(given * features));
  if (given > features) throw refusal('max_features', `found ${given}; the rows have ${features} features`);
  return given;
}

function rowsDrawn({ bootstrap, max_samples: rule }: Hyperparameters, rows: number): number | null {
  if (bootstrap === false && rule !== null)
    throw refusal('max_samples', `found ${rule}; expected null, or bootstrap: true`);
  if (bootstrap === false) return null;
  if (rule === null) return rows;
  const given = Number(rule);
  if (given < 1) return Math.max(1, Math.round(given * rows));
  if (given > rows) throw refusal('max_samples', `found ${given}; there are ${rows} rows to learn from`);
  return given;
}

/** The forest made of `trees`, whose leaves are already divided by their number. */
export function joinForest(trees: readonly GrownTree[], classCount: number): FittedEnsemble {
  const outputCount = classCount === 2 ? 1 : classCount;
  const head = { leafWidth: outputCount, outputCount, baseValues: new Float32Array(outputCount) };
  const treeTarget = new Int32Array(trees.length);
  return {
    ensemble: joinTrees(trees, { ...head, treeTarget, link: 'identity' }),
    importances: totalImportances(trees),
  };
}
