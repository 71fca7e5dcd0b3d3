import type { TrainingSet } from './learner.ts';

/** First and second derivative of the loss by a row's score, one pair after the other. */
export type Derivatives = Float64Array;

/** The loss that boosting lowers: what scores start from, and which way is down. */
export interface BoostingLoss {
  /** Scores of a row, and trees of a round. */
  readonly outputCount: number;
  readonly link: 'logistic' | 'softmax';
  /** Score of every row before the first round. */
  readonly baseValues: Float32Array;
  /** To be called once a round, before `derive`, with the `rowCount * outputCount` scores so far. */
  startRound(scores: Float64Array): void;
  /** Writes every row's derivatives by its score for `output`. */
  derive(output: number, derivatives: Derivatives): void;
}

/** A class that no row has is given this probability, not 0, as scikit-learn does. */
const LEAST_SHARE = 1.1920929e-7;

/** Weighted share of each class, none below 1.2e-7. */
function classShares({ labels, classCount, weights }: TrainingSet): Float64Array {
  const shares = new Float64Array(classCount);
  let total = 0;
  for (let row = 0; row < labels.length; row++) {
    const weight = weights === null ? 1 : weights[row]!;
    shares[labels[row]!]! += weight;
    total += weight;
  }
  return shares.map((weight) => Math.min(1 - LEAST_SHARE, Math.max(LEAST_SHARE, weight / total)));
}

/** Log loss of two classes; the score is the logarithm of the odds of class 1. */
export class LogisticLoss implements BoostingLoss {
  readonly outputCount = 1;
  readonly link = 'logistic';
  readonly baseValues: Float32Array;
  readonly #set: TrainingSet;
  #scores: Float64Array = new Float64Array(0);

  constructor(set: TrainingSet) {
    const share = classShares(set)[1]!;
    this.baseValues = Float32Array.of(Math.log(share / (1 - share)));
    this.#set = set;
  }

  startRound(scores: Float64Array): void {
    this.#scores = scores;
  }

  derive(_output: number, derivatives: Derivatives): void {
    const { labels, weights } = this.#set;
    const scores = this.#scores;
    for (let row = 0; row < scores.length; row++) {
      const probability = 1 / (1 + Math.exp(-scores[row]!));
      const weight = weights === null ? 1 : weights[row]!;
      derivatives[2 * row] = weight * (probability - labels[row]!);
      derivatives[2 * row + 1] = weight * probability * (1 - probability);
    }
  }
}

/** Log loss of many classes; a score per class, one tree per class and round. */
export class SoftmaxLoss implements BoostingLoss {
  readonly outputCount: number;
  readonly link = 'softmax';
  readonly baseValues: Float32Array;
  readonly #set: TrainingSet;
  readonly #factor: number;
  readonly #probabilities: Float64Array;

  /** @param factor what the second derivative is multiplied by: the families of boosting differ in it. */
  constructor(set: TrainingSet, factor: number) {
    this.outputCount = set.classCount;
    this.baseValues = Float32Array.from(classShares(set), Math.log);
    this.#set = set;
    this.#factor = factor;
    this.#probabilities = new Float64Array(set.rowCount * set.classCount);
  }

  startRound(scores: Float64Array): void {
    for (let start = 0; start < scores.length; start += this.outputCount) this.#softmax(scores, start);
  }

  #softmax(scores: Float64Array, start: number): void {
    const end = start + this.outputCount;
    let most = Number.NEGATIVE_INFINITY;
    for (let i = start; i < end; i++) most = Math.max(most, scores[i]!);
    let total = 0;
    for (let i = start; i < end; i++) {
      const power = Math.exp(scores[i]! - most);
      this.#probabilities[i] = power;
      total += power;
    }
    for (let i = start; i < end; i++) this.#probabilities[i]! /= total;
  }

  derive(output: number, derivatives: Derivatives): void {
    const { labels, weights, rowCount } = this.#set;
    for (let row = 0; row < rowCount; row++) {
      const probability = this.#probabilities[row * this.outputCount + output]!;
      const weight = weights === null ? 1 : weights[row]!;
      derivatives[2 * row] = weight * (probability - +(labels[row] === output));
      derivatives[2 * row + 1] = weight * this.#factor * probability * (1 - probability);
    }
  }
}
