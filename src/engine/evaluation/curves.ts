/** A curve as the points of its line; x and y of equal length. */
export interface Curve {
  x: number[];
  y: number[];
  /** Score from which a row counts as positive at each point. */
  thresholds: number[];
}

/** Rows by falling score: cumulated true and false positives at each distinct score. A score that is NaN comes last. */
interface Cumulated {
  scores: number[];
  truePositives: number[];
  falsePositives: number[];
}

function cumulate(positive: Uint8Array, scores: Float32Array): Cumulated {
  const order = Int32Array.from(scores, (_, row) => row).sort((a, b) => rankOf(scores[b]!) - rankOf(scores[a]!));
  const result: Cumulated = { scores: [], truePositives: [], falsePositives: [] };
  let hits = 0;
  let rank = 0;
  while (rank < order.length) {
    const score = scores[order[rank]!]!;
    for (; rank < order.length && Object.is(scores[order[rank]!], score); rank++) hits += positive[order[rank]!]!;
    result.scores.push(score);
    result.truePositives.push(hits);
    result.falsePositives.push(rank - hits);
  }
  return result;
}

function rankOf(score: number): number {
  return Number.isNaN(score) ? Number.NEGATIVE_INFINITY : score;
}

/** Receiver operating characteristic: false positive rate (x), true positive rate (y); as scikit-learn's roc_curve. */
export function rocCurve(positive: Uint8Array, scores: Float32Array): Curve {
  const { scores: thresholds, truePositives, falsePositives } = cumulate(positive, scores);
  const positives = truePositives.at(-1) ?? 0;
  const negatives = falsePositives.at(-1) ?? 0;
  return {
    x: [0, ...falsePositives.map((count) => count / negatives)],
    y: [0, ...truePositives.map((count) => count / positives)],
    thresholds: [Number.POSITIVE_INFINITY, ...thresholds],
  };
}

/** Recall (x), precision (y), by falling threshold; as scikit-learn's precision_recall_curve, reversed. */
export function precisionRecallCurve(positive: Uint8Array, scores: Float32Array): Curve {
  const { scores: thresholds, truePositives, falsePositives } = cumulate(positive, scores);
  const positives = truePositives.at(-1) ?? 0;
  return {
    x: [0, ...truePositives.map((count) => count / positives)],
    y: [1, ...truePositives.map((count, i) => count / (count + falsePositives[i]!))],
    thresholds: [Number.POSITIVE_INFINITY, ...thresholds],
  };
}

/** Area under the ROC curve (trapezoids); NaN when only one class is there or a score is NaN. */
export function rocAuc(positive: Uint8Array, scores: Float32Array): number {
  if (scores.length === 0 || scores.some(Number.isNaN)) return Number.NaN;
  const { x, y } = rocCurve(positive, scores);
  let area = 0;
  for (let i = 1; i < x.length; i++) area += ((x[i]! - x[i - 1]!) * (y[i]! + y[i - 1]!)) / 2;
  return area;
}

/**
 * Sum of precision times step in recall; as scikit-learn's average_precision_score. NaN without a positive row, or when a score
 * is NaN.
 */
export function averagePrecision(positive: Uint8Array, scores: Float32Array): number {
  if (scores.length === 0 || scores.some(Number.isNaN)) return Number.NaN;
  const { x, y } = precisionRecallCurve(positive, scores);
  let area = 0;
  for (let i = 1; i < x.length; i++) area += (x[i]! - x[i - 1]!) * y[i]!;
  return area;
}

/**
 * At most `limit` points that keep the curve's shape: every corner for small data, evenly spread ones for large.
 * For display and storage; areas are always computed on all points.
 */
export function thinCurve(curve: Curve, limit = 500): Curve {
  const count = curve.x.length;
  if (count <= limit) return curve;
  const kept = Array.from({ length: limit }, (_, i) => Math.round((i * (count - 1)) / (limit - 1)));
  const pick = (values: number[]) => kept.map((i) => values[i]!);
  return { x: pick(curve.x), y: pick(curve.y), thresholds: pick(curve.thresholds) };
}
