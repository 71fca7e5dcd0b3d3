import { configError } from '../config/config-error.ts';
import { type GrownTree, TreeNodes } from './grown-tree.ts';
import { refusal } from './hyperparameters.ts';
import { normalised } from './importances.ts';
import type { FittedEnsemble, Hyperparameters, TrainingSet } from './learner.ts';
import type { Pace } from './pace.ts';
import { joinForest } from './random-forest.ts';

/** Rows above which its time, which grows with the square of the rows, passes about ten minutes. */
const MOST_ROWS = 5000;

/** What we use of ml-random-forest 2.1.0, whose own declarations do not compile. */
interface Package {
  RandomForestClassifier: new (options: PackageOptions) => PackageForest;
}

interface PackageOptions {
  nEstimators: number;
  maxFeatures: number;
  replacement: boolean;
  useSampleBagging: boolean;
  seed: number;
  noOOB: true;
  treeOptions: { maxDepth: number; minNumSamples: number; gainThreshold: number };
}

export interface PackageForest {
  train(rows: number[][], labels: number[]): void;
  predict(rows: number[][]): number[];
  /** Which feature each column of a tree's rows was. */
  indexes: number[][];
  estimators: { root: PackageNode }[];
}

interface PackageNode {
  left?: PackageNode;
  right?: PackageNode;
  splitColumn?: number;
  splitValue?: number;
  gain?: number;
  numberSamples?: number;
  /** Shares of the classes at a leaf: a matrix of one row. */
  distribution?: { to1DArray(): number[] };
}

/**
 * The forest of the `ml-random-forest` package as an ensemble of ours. A tree votes for one class; the raw output is
 * the share of votes. The class of most votes is the package's own `predict`, except that it breaks ties by the order
 * of trees.
 * @throws EngineError `unsupported` for row weights, and for more than 5,000 rows unless `allow_slow` is true.
 */
export async function fitMlRandomForest(
  set: TrainingSet,
  values: Hyperparameters,
  seed: number,
  pace: Pace,
): Promise<FittedEnsemble> {
  requireSupported(set, values);
  const forest = await trainPackageForest(set, values, seed);
  pace.count(Number(values.n_estimators));
  return convertForest(forest, set);
}

function requireSupported(set: TrainingSet, { allow_slow: allowSlow }: Hyperparameters): void {
  if (set.weights !== null) {
    throw configError(['model', 'algorithm'], 'ml_random_forest does not know weights of rows or classes', {
      reason: 'unsupported',
      fix: 'Use random_forest, or take class_weight and weights_column out.',
    });
  }
  if (set.rowCount <= MOST_ROWS || allowSlow === true) return;
  const message =
    `ml_random_forest takes at most 5,000 rows, not ${set.rowCount.toLocaleString('en')}: its time grows with the ` +
    'square of the rows (measured: 35 minutes at 10,000 rows)';
  throw configError(['model', 'algorithm'], message, {
    reason: 'unsupported',
    fix: 'Use random_forest, which learns the same in a fraction of a second, or set allow_slow: true.',
  });
}

/** The package's own forest, trained on `set`. */
export async function trainPackageForest(
  set: TrainingSet,
  values: Hyperparameters,
  seed: number,
): Promise<PackageForest> {
  // Loaded only here, so that other learners start without it. CommonJS: in our bundle it has nothing but a default.
  const { default: mlRandomForest } = (await import('ml-random-forest')) as unknown as { default: Package };
  const forest = new mlRandomForest.RandomForestClassifier({
    nEstimators: Number(values.n_estimators),
    maxFeatures: maxFeatures(values.max_features!, set.columns.length),
    replacement: values.replacement === true,
    useSampleBagging: values.bootstrap === true,
    // The package wants a signed 32-bit integer.
    seed: seed | 0,
    noOOB: true,
    treeOptions: {
      maxDepth: values.max_depth === null ? Number.POSITIVE_INFINITY : Number(values.max_depth),
      minNumSamples: Number(values.min_num_samples),
      gainThreshold: Number(values.gain_threshold),
    },
  });
  forest.train(rowsOf(set), Array.from(set.labels));
  return forest;
}

/** As the package counts: it takes 1 for all features, and a share times the features is rounded down. */
function maxFeatures(given: string | number | boolean | null, features: number): number {
  const wanted = given === null ? features : Number(given);
  const count = wanted < 1 ? Math.max(1, Math.floor(wanted * features)) : wanted;
  if (count > features) throw refusal('max_features', `found ${count}; the rows have ${features} features`);
  if (count === features) return 1;
  return count === 1 ? 1.5 / features : count;
}

function rowsOf({ columns, rowCount }: TrainingSet): number[][] {
  return Array.from({ length: rowCount }, (_, row) => columns.map((column) => column[row]!));
}

/** The same trees as an ensemble whose raw output is the share of trees that vote for a class. */
export function convertForest({ estimators, indexes }: PackageForest, set: TrainingSet): FittedEnsemble {
  const vote = 1 / estimators.length;
  const trees = estimators.map(({ root }, tree) => {
    const converted = convertTree(root, indexes[tree]!, set, vote);
    measureCover(converted, set);
    return converted;
  });
  return joinForest(trees, set.classCount);
}

function convertTree(root: PackageNode, features: number[], set: TrainingSet, vote: number): GrownTree {
  const { classCount, columns } = set;
  const nodes = new TreeNodes(classCount === 2 ? 1 : classCount);
  const importances = new Float64Array(columns.length);
  const pending = [{ from: root, node: nodes.add() }];
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    const { from, node } = next;
    if (from.left === undefined || from.right === undefined) {
      voteFor(mostLikely(from), classCount, nodes, node, vote);
      continue;
    }
    const feature = features[from.splitColumn!]!;
    importances[feature]! += from.gain! * from.numberSamples!;
    const left = nodes.split(node, feature, floatBelow(from.splitValue!));
    pending.push({ from: from.left, node: left }, { from: from.right, node: left + 1 });
  }
  return nodes.tree(normalised(importances));
}

/** The class that the package's tree predicts at this leaf: the first of the most frequent. */
function mostLikely({ distribution }: PackageNode): number {
  const shares = distribution!.to1DArray();
  return shares.indexOf(Math.max(...shares));
}

function voteFor(label: number, classCount: number, nodes: TreeNodes, node: number, vote: number): void {
  if (classCount !== 2) nodes.setLeaf(node, label, vote);
  else if (label === 1) nodes.setLeaf(node, 0, vote);
}

/** The package does not keep how many rows reached a leaf, so send the rows through again. */
function measureCover({ feature, threshold, left, cover }: GrownTree, { columns, rowCount }: TrainingSet): void {
  for (let row = 0; row < rowCount; row++) {
    let node = 0;
    cover[node]!++;
    while (feature[node]! >= 0) {
      node = left[node]! + +!(columns[feature[node]!]![row]! <= threshold[node]!);
      cover[node]!++;
    }
  }
}

/** The largest float32 below `value`: a float32 is less than `value` exactly when it is at most this. */
function floatBelow(value: number): number {
  const float = Float32Array.of(value);
  if (float[0]! < value) return float[0]!;
  const bits = new Int32Array(float.buffer);
  if (float[0] === 0) bits[0] = -0x7fffffff;
  else bits[0]! += float[0]! > 0 ? -1 : 1;
  return float[0]!;
}
