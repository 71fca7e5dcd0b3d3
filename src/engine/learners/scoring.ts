import { EngineError } from '../support/errors.ts';
import { CompleteTree } from './complete-tree.ts';
import type { TreeEnsemble } from './learner.ts';
import { LinkedTree } from './linked-tree.ts';

/** Rows scored by one tree before the next tree is taken up: rows and tree stay in the fastest cache. */
const BLOCK_ROWS = 256;

/** Rows of a matrix, one behind the other. */
export interface Rows {
  matrix: Float32Array;
  features: number;
  count: number;
}

/** A tree laid out for scoring many rows. */
export interface TreeWalk {
  /** What leaves add, `leafWidth` values each, by the number that `descend` gives them. */
  readonly leafValues: Float32Array;
  /**
   * The leaf that each row ends in: left when `value <= threshold`, so NaN goes right, as ONNX BRANCH_LEQ sends it.
   * @param reached gets the number of a leaf per row
   */
  descend(rows: Rows, reached: Int32Array): void;
}

/**
 * A TreeEnsemble laid out for scoring many rows.
 *
 * Adds leaves up in float32 and in the order of the trees, then the base values, as onnxruntime does on one thread,
 * so that both print the same probabilities.
 */
export class EnsembleScorer {
  readonly outputCount: number;
  readonly #ensemble: TreeEnsemble;
  readonly #trees: TreeWalk[];
  readonly #featuresUsed: number;

  constructor(ensemble: TreeEnsemble) {
    this.outputCount = ensemble.outputCount;
    this.#ensemble = ensemble;
    this.#trees = treesOf(ensemble);
    this.#featuresUsed = ensemble.feature.reduce((most, feature) => Math.max(most, feature + 1), 0);
  }

  /**
   * Raw outputs of `rowCount` rows, before the ensemble's link: `rowCount * outputCount` values, row by row.
   * @param matrix `rowCount * featureCount` values, row by row; NaN goes right at every split.
   * @param out where to write; made when absent.
   * @throws EngineError `invalid-data` when the trees ask for features that the rows do not have.
   */
  score(matrix: Float32Array, rowCount: number, featureCount: number, out?: Float32Array): Float32Array {
    if (featureCount < this.#featuresUsed) {
      const message = `The rows have ${featureCount} features; the trees ask for ${this.#featuresUsed}.`;
      throw new EngineError('invalid-data', message);
    }
    const width = this.outputCount;
    const raw = (out ?? new Float32Array(rowCount * width)).subarray(0, rowCount * width).fill(0);
    const reached = new Int32Array(BLOCK_ROWS);
    for (let start = 0; start < rowCount; start += BLOCK_ROWS) {
      const count = Math.min(BLOCK_ROWS, rowCount - start);
      const rows = { matrix: matrix.subarray(start * featureCount), features: featureCount, count };
      this.#scoreBlock(rows, reached, raw.subarray(start * width));
    }
    addBaseValues(raw, this.#ensemble.baseValues, width);
    return raw;
  }

  #scoreBlock(rows: Rows, reached: Int32Array, raw: Float32Array): void {
    const { leafWidth, treeTarget } = this.#ensemble;
    for (const [index, tree] of this.#trees.entries()) {
      tree.descend(rows, reached);
      if (leafWidth === 1) addLeaves(tree.leafValues, reached, rows.count, raw, treeTarget[index]!, this.outputCount);
      else addWideLeaves(tree.leafValues, leafWidth, reached, rows.count, raw);
    }
  }
}

function treesOf(ensemble: TreeEnsemble): TreeWalk[] {
  const depths = treeDepths(ensemble);
  return Array.from(ensemble.roots, (root, index) => {
    const nodes = { root, end: ensemble.roots[index + 1] ?? ensemble.feature.length, depth: depths[index]! };
    return CompleteTree.fits(nodes) ? new CompleteTree(ensemble, nodes) : new LinkedTree(ensemble, nodes);
  });
}

/** The nodes of one tree of an ensemble. */
export interface TreeNodes {
  root: number;
  /** First node behind the tree. */
  end: number;
  /** Splits on the longest way down. */
  depth: number;
}

/** Children come after their parent. */
function treeDepths({ roots, feature, left }: TreeEnsemble): Int32Array {
  const depth = new Int32Array(feature.length);
  return roots.map((root, tree) => {
    const end = roots[tree + 1] ?? feature.length;
    let deepest = 0;
    for (let node = root; node < end; node++) {
      deepest = Math.max(deepest, depth[node]!);
      if (feature[node]! < 0) continue;
      depth[left[node]!] = depth[node]! + 1;
      depth[left[node]! + 1] = depth[node]! + 1;
    }
    return deepest;
  });
}

/** Adds the value of each row's leaf to one output; `raw` rounds to float32 at every store. */
function addLeaves(
  values: Float32Array,
  reached: Int32Array,
  rows: number,
  raw: Float32Array,
  target: number,
  width: number,
): void {
  let to = target;
  for (let row = 0; row < rows; row++, to += width) raw[to]! += values[reached[row]!]!;
}

/** Adds leaves of one value per output. */
function addWideLeaves(
  values: Float32Array,
  width: number,
  reached: Int32Array,
  rows: number,
  raw: Float32Array,
): void {
  let to = 0;
  for (let row = 0; row < rows; row++) {
    const from = reached[row]! * width;
    for (let output = 0; output < width; output++, to++) raw[to]! += values[from + output]!;
  }
}

function addBaseValues(raw: Float32Array, baseValues: Float32Array, width: number): void {
  if (baseValues.every((value) => value === 0)) return;
  for (let i = 0; i < raw.length; i++) raw[i]! += baseValues[i % width]!;
}
