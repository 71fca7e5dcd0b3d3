import { permutation, uniform } from '../data/random.ts';
import { type BoostingLoss, LogisticLoss, SoftmaxLoss } from './boosting-loss.ts';
import { type BoostingAlgorithm, type BoostingParameters, boostingParameters } from './boosting-parameters.ts';
import { type BoostedTree, BoostingTreeGrower } from './boosting-tree.ts';
import { type GrownTree, joinTrees } from './grown-tree.ts';
import { totalImportances } from './importances.ts';
import type { FittedEnsemble, Hyperparameters, TrainingSet } from './learner.ts';
import type { Pace } from './pace.ts';
import { binSet } from './random-forest.ts';
import { partSeed } from './tree-seed.ts';

/**
 * Gradient boosting of trees on binned features: log loss, one tree a round for two classes, one per class for more.
 * `gradient_boosting` and `xgboost` grow depth-wise, `lightgbm` leaf-wise, each with its own names and defaults.
 */
export async function fitBoosting(
  algorithm: BoostingAlgorithm,
  set: TrainingSet,
  values: Hyperparameters,
  seed: number,
  pace: Pace,
): Promise<FittedEnsemble> {
  const parameters = boostingParameters(algorithm, values);
  const { features } = await binSet(set, pace);
  const boosting = new Boosting(set, parameters, new BoostingTreeGrower(features, set.weights, parameters), seed);
  for (let round = 0; round < parameters.rounds; round++) {
    for (const output of boosting.startRound(round)) {
      boosting.growTree(output);
      await pace.breathe();
    }
    pace.count(1);
  }
  return boosting.fitted();
}

class Boosting {
  readonly #set: TrainingSet;
  readonly #parameters: BoostingParameters;
  readonly #grower: BoostingTreeGrower;
  readonly #seed: number;
  readonly #loss: BoostingLoss;
  readonly #scores: Float64Array;
  readonly #derivatives: Float64Array;
  /** Rows that weigh something. */
  readonly #allRows: Uint32Array;
  readonly #trees: GrownTree[] = [];
  #random: () => number = () => 0;
  #roundRows: Uint32Array;

  constructor(set: TrainingSet, parameters: BoostingParameters, grower: BoostingTreeGrower, seed: number) {
    const { rowCount, classCount, weights } = set;
    this.#set = set;
    this.#parameters = parameters;
    this.#grower = grower;
    this.#seed = seed;
    this.#loss =
      classCount === 2
        ? new LogisticLoss(set)
        : new SoftmaxLoss(set, parameters.softmaxFactor(Math.max(2, classCount)));
    this.#scores = startingScores(rowCount, this.#loss.baseValues);
    this.#derivatives = new Float64Array(rowCount * 2);
    this.#allRows = Uint32Array.from({ length: rowCount }, (_, row) => row).filter(
      (row) => weights === null || weights[row]! > 0,
    );
    this.#roundRows = this.#allRows;
  }

  /** Draws the round's rows and returns the outputs that get a tree. */
  startRound(round: number): number[] {
    this.#random = uniform(partSeed(this.#seed, round));
    this.#loss.startRound(this.#scores);
    const { rowShare } = this.#parameters;
    if (rowShare < 1) this.#roundRows = drawRows(this.#allRows, rowShare, this.#random);
    return Array.from({ length: this.#loss.outputCount }, (_, output) => output);
  }

  growTree(output: number): void {
    this.#loss.derive(output, this.#derivatives);
    const rows = this.#roundRows.slice();
    const grown = this.#grower.grow(rows, this.#derivatives, this.#drawFeatures());
    if (rows.length === this.#allRows.length) this.#addLeaves(grown, rows, output);
    else this.#addPredictions(grown.tree, output);
    this.#trees.push(grown.tree);
  }

  #drawFeatures(): Int32Array {
    const count = this.#set.columns.length;
    const { featureShare } = this.#parameters;
    if (featureShare >= 1) return Int32Array.from({ length: count }, (_, feature) => feature);
    const wanted = Math.max(1, Math.round(featureShare * count));
    return permutation(count, this.#random).slice(0, wanted).sort();
  }

  #addLeaves({ leaves }: BoostedTree, rows: Uint32Array, output: number): void {
    const { outputCount } = this.#loss;
    for (const { from, to, value } of leaves) {
      for (let i = from; i < to; i++) this.#scores[rows[i]! * outputCount + output]! += value;
    }
  }

  /** Rows that the tree was not grown from must be sent through it. */
  #addPredictions({ feature, threshold, left, leafValues }: GrownTree, output: number): void {
    const { columns } = this.#set;
    for (const row of this.#allRows) {
      let node = 0;
      while (feature[node]! >= 0) node = left[node]! + +!(columns[feature[node]!]![row]! <= threshold[node]!);
      this.#scores[row * this.#loss.outputCount + output]! += leafValues[node]!;
    }
  }

  fitted(): FittedEnsemble {
    const { outputCount, baseValues, link } = this.#loss;
    const treeTarget = Int32Array.from(this.#trees, (_, tree) => tree % outputCount);
    return {
      ensemble: joinTrees(this.#trees, { leafWidth: 1, outputCount, baseValues, link, treeTarget }),
      importances: totalImportances(this.#trees),
    };
  }
}

function startingScores(rowCount: number, baseValues: Float32Array): Float64Array {
  const scores = new Float64Array(rowCount * baseValues.length);
  for (let i = 0; i < scores.length; i++) scores[i] = baseValues[i % baseValues.length]!;
  return scores;
}

/** A share of `rows` without replacement, in order (selection sampling: D. Knuth, TAOCP 2, 3.4.2, algorithm S). */
function drawRows(rows: Uint32Array, share: number, random: () => number): Uint32Array {
  const drawn = new Uint32Array(Math.max(1, Math.floor(share * rows.length)));
  let count = 0;
  for (let i = 0; count < drawn.length; i++) {
    if (random() * (rows.length - i) < drawn.length - count) drawn[count++] = rows[i]!;
  }
  return drawn;
}
