import type { OperationControl } from '../support/progress.ts';

/** What `model.algorithm` may name. `xgboost` is boosting grown depth-wise, `lightgbm` boosting grown leaf-wise. */
export const ALGORITHMS = ['random_forest', 'gradient_boosting', 'xgboost', 'lightgbm', 'ml_random_forest'] as const;
export type Algorithm = (typeof ALGORITHMS)[number];

/**
 * Rows to learn from, preprocessed: imputed, encoded and scaled, so without NaN.
 * Float32, because the exported ONNX graph computes in float32.
 */
export interface TrainingSet {
  /** One array of `rowCount` values per feature. */
  columns: Float32Array[];
  rowCount: number;
  /** Class index of each row, 0 to `classCount - 1`. */
  labels: Int32Array;
  classCount: number;
  /** Weight of each row (class_weight times weights_column), or null when all weigh 1. */
  weights: Float64Array | null;
}

export type Hyperparameters = Record<string, number | string | boolean | null>;

export interface FitOptions extends OperationControl {
  hyperparameters: Hyperparameters;
  /** Same seed, same ensemble, whatever `threads` is. */
  seed: number;
  /** Threads to use, at least 1; a learner may use fewer when the data is small. */
  threads: number;
}

/**
 * Decision trees in flat arrays over all nodes of all trees; children are neighbours (`right = left + 1`).
 * A row goes left when `value <= threshold` (ONNX BRANCH_LEQ). The raw output of a row is `baseValues` plus the
 * sum of its leaves; `link` turns that into probabilities.
 */
export interface TreeEnsemble {
  /** Index of each tree's root node, ascending. */
  roots: Int32Array;
  /** Feature of each inner node, -1 at leaves. */
  feature: Int32Array;
  threshold: Float32Array;
  /** Index of the left child, over all trees; 0 at leaves. */
  left: Int32Array;
  /** Values a leaf adds: 1 (see `treeTarget`) or `outputCount`. */
  leafWidth: number;
  /** `nodeCount * leafWidth` values; zero at inner nodes. A forest's are already divided by the number of trees. */
  leafValues: Float32Array;
  /** With `leafWidth` 1: the output each tree adds to (all 0 when there is one output). */
  treeTarget: Int32Array;
  /** Weighted rows of the training data that reached each node (kept for explanations). */
  cover: Float32Array;
  /** 1 for two classes (probability or margin of class 1), else one per class. */
  outputCount: number;
  baseValues: Float32Array;
  link: 'identity' | 'logistic' | 'softmax';
}

export interface FittedEnsemble {
  ensemble: TreeEnsemble;
  /** Impurity (forest) or gain (boosting) decrease by feature, summing to 1, as scikit-learn's feature_importances_. */
  importances: Float64Array;
}
