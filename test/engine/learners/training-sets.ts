import { normal, uniform } from '../../../src/engine/data/random.ts';
import type { FitOptions, Hyperparameters, TrainingSet, TreeEnsemble } from '../../../src/engine/learners/learner.ts';
import { EnsembleScorer } from '../../../src/engine/learners/scoring.ts';

export interface Recipe {
  rows: number;
  features?: number;
  classes?: number;
  seed?: number;
  /** Whole numbers in place of real ones, so that few bins hold everything. */
  rounded?: boolean;
}

/** Normal features; the first two decide the class, with some noise, the others nothing. */
export function generatedSet({ rows, features = 6, classes = 2, seed = 1, rounded = false }: Recipe): TrainingSet {
  const random = normal(uniform(seed));
  const columns = Array.from({ length: features }, () =>
    Float32Array.from({ length: rows }, () => (rounded ? Math.round(random() * 3) : random())),
  );
  const scale = rounded ? 3 : 1;
  const labels = Int32Array.from({ length: rows }, (_, row) => {
    const signal = (columns[0]![row]! + 0.7 * (columns[1]?.[row] ?? 0)) / scale + 0.4 * random();
    return Math.min(classes - 1, Math.max(0, Math.floor((signal + 1.2) * (classes / 2.4))));
  });
  return { columns, rowCount: rows, labels, classCount: classes, weights: null };
}

/** A set from rows of features, the class last. */
export function smallSet(rows: number[][], classCount = 2): TrainingSet {
  const width = rows[0]!.length - 1;
  return {
    columns: Array.from({ length: width }, (_, feature) => Float32Array.from(rows, (row) => row[feature]!)),
    rowCount: rows.length,
    labels: Int32Array.from(rows, (row) => row[width]!),
    classCount,
    weights: null,
  };
}

export function fitOptions(hyperparameters: Hyperparameters = {}, options: Partial<FitOptions> = {}): FitOptions {
  return { hyperparameters, seed: 7, threads: 1, ...options };
}

/** The rows of a set one after the other, as they are scored. */
export function matrixOf({ columns, rowCount }: TrainingSet): Float32Array {
  const width = columns.length;
  return Float32Array.from({ length: rowCount * width }, (_, i) => columns[i % width]![Math.floor(i / width)]!);
}

export function rawScores(ensemble: TreeEnsemble, set: TrainingSet): Float32Array {
  return new EnsembleScorer(ensemble).score(matrixOf(set), set.rowCount, set.columns.length);
}

/** Share of the rows whose class has the highest output. */
export function accuracy(ensemble: TreeEnsemble, set: TrainingSet): number {
  const scores = rawScores(ensemble, set);
  const { outputCount, link } = ensemble;
  const half = link === 'logistic' ? 0 : 0.5;
  let right = 0;
  for (let row = 0; row < set.rowCount; row++) {
    const outputs = scores.subarray(row * outputCount, (row + 1) * outputCount);
    const label = outputCount === 1 ? +(outputs[0]! > half) : outputs.indexOf(Math.max(...outputs));
    if (label === set.labels[row]) right++;
  }
  return right / set.rowCount;
}

/** The share of pairs of rows of the two classes that the scores put in the right order. */
export function rankingShare(scores: Float32Array, labels: Int32Array): number {
  let right = 0;
  let pairs = 0;
  for (let i = 0; i < labels.length; i++) {
    for (let j = 0; j < labels.length; j++) {
      if (labels[i] !== 1 || labels[j] !== 0) continue;
      pairs++;
      right += scores[i]! > scores[j]! ? 1 : scores[i] === scores[j] ? 0.5 : 0;
    }
  }
  return right / pairs;
}

/** Rows of the set that reach each leaf of one tree, by node. */
export function rowsByLeaf(
  { roots, feature, threshold, left }: TreeEnsemble,
  tree: number,
  set: TrainingSet,
): number[] {
  const counts = new Map<number, number>();
  for (let row = 0; row < set.rowCount; row++) {
    let node = roots[tree]!;
    while (feature[node]! >= 0) node = left[node]! + (set.columns[feature[node]!]![row]! <= threshold[node]! ? 0 : 1);
    counts.set(node, (counts.get(node) ?? 0) + 1);
  }
  return [...counts.values()];
}
