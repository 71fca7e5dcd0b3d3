import * as assert from 'node:assert/strict';
import fc from 'fast-check';
import {
  averagePrecision,
  precisionRecallCurve,
  rocAuc,
  rocCurve,
  thinCurve,
} from '../../../src/engine/evaluation/curves.ts';
import { evaluate } from '../../../src/engine/evaluation/evaluation.ts';
import { computeMetrics, METRIC_NAMES, predictedClasses } from '../../../src/engine/evaluation/metrics.ts';

/** Two classes from the probability of the positive one. */
function binary(actual: number[], positive: number[]) {
  const scores = Float32Array.from(positive);
  return { actual: Int32Array.from(actual), probabilities: [scores.map((p) => 1 - p), scores] };
}

describe('Metrics of two classes', () => {
  it('are those of the positive class', () => {
    const metrics = computeMetrics(binary([1, 1, 1, 0, 0], [0.75, 0.75, 0.25, 0.75, 0.25]));
    assert.equal(metrics.accuracy, 3 / 5);
    assert.equal(metrics.precision, 2 / 3);
    assert.equal(metrics.recall, 2 / 3);
    assert.equal(metrics.precision_macro, (2 / 3 + 1 / 2) / 2);
    assert.equal(metrics.brier, (2 * 0.0625 + 2 * 0.5625 + 0.0625) / 5);
    assert.ok(Math.abs(metrics.log_loss + (3 * Math.log(0.75) + 2 * Math.log(0.25)) / 5) < 1e-15);
  });

  it('are 1 and 0 for a perfect model, however sure it is', () => {
    const metrics = computeMetrics(binary([1, 1, 0, 0], [1, 1, 0, 0]));
    for (const name of METRIC_NAMES) {
      if (name === 'log_loss') assert.ok(metrics.log_loss > 0 && metrics.log_loss < 1e-6);
      else assert.equal(metrics[name], name === 'brier' ? 0 : 1, name);
    }
  });

  it('stay finite for a model that is sure and wrong', () => {
    const metrics = computeMetrics(binary([1, 0], [0, 1]));
    assert.ok(Math.abs(metrics.log_loss - Math.log(2 ** 23)) < 1e-6);
    assert.deepEqual([metrics.accuracy, metrics.precision, metrics.f1, metrics.roc_auc], [0, 0, 0, 0]);
  });

  it('that need both classes are NaN when one is missing', () => {
    const positives = computeMetrics(binary([1, 1], [0.25, 0.75]));
    assert.ok(Number.isNaN(positives.roc_auc));
    assert.equal(positives.recall, 0.5);
    const negatives = computeMetrics(binary([0, 0], [0.25, 0.75]));
    assert.ok(Number.isNaN(negatives.roc_auc) && Number.isNaN(negatives.average_precision));
    assert.equal(negatives.accuracy, 0.5);
  });

  it('that need probabilities are NaN when one is NaN', () => {
    const metrics = computeMetrics(binary([1, 0, 1, 0], [0.25, Number.NaN, 0.75, Number.NaN]));
    for (const name of ['roc_auc', 'average_precision', 'log_loss', 'brier'] as const) {
      assert.ok(Number.isNaN(metrics[name]), name);
    }
  });

  it('are NaN without rows', () => {
    const metrics = computeMetrics(binary([], []));
    for (const name of ['accuracy', 'roc_auc', 'log_loss', 'brier'] as const)
      assert.ok(Number.isNaN(metrics[name]), name);
  });
});

describe('Metrics of three classes', () => {
  it('are NaN where a class has no row', () => {
    const probabilities = [0.5, 0.25, 0.25].map((p) => Float32Array.from([p, p]));
    const metrics = computeMetrics({ actual: Int32Array.from([0, 1]), probabilities });
    assert.ok(Number.isNaN(metrics.roc_auc));
    assert.equal(metrics.accuracy, 0.5);
  });

  it('predict the first of equal classes', () => {
    const same = Float32Array.from([0.25, 0.25]);
    assert.deepEqual(
      [...predictedClasses([same, Float32Array.from([0.5, 0.5]), Float32Array.from([0.25, 0.5])])],
      [1, 1],
    );
  });
});

describe('Curves', () => {
  const scored = fc.array(fc.tuple(fc.boolean(), fc.constantFrom(0, 0.125, 0.25, 0.5, 0.75, 1)), { minLength: 1 });

  it('rise from corner to corner and do not depend on the order of rows', () => {
    fc.assert(
      fc.property(scored, (rows) => {
        const both: [boolean, number][] = [...rows, [true, 0.5], [false, 0.5]];
        const curves = [both, both.toReversed()].map((order) => {
          const positive = Uint8Array.from(order, ([is]) => Number(is));
          const scores = Float32Array.from(order, ([, score]) => score);
          return { roc: rocCurve(positive, scores), pr: precisionRecallCurve(positive, scores) };
        });
        const { roc, pr } = curves[0]!;
        assert.deepEqual(curves[1], curves[0]);
        assert.deepEqual([roc.x[0], roc.y[0], roc.x.at(-1), roc.y.at(-1)], [0, 0, 1, 1]);
        assert.deepEqual([pr.x[0], pr.y[0], pr.x.at(-1)], [0, 1, 1]);
        for (const line of [roc.x, roc.y, pr.x])
          assert.deepEqual(
            line,
            line.toSorted((a, b) => a - b),
          );
      }),
    );
  });

  it('have the area that counting pairs gives', () => {
    fc.assert(
      fc.property(scored, (rows) => {
        const count = rows.filter(([is]) => is).length;
        fc.pre(count > 0 && count < rows.length);
        const won = wonPairs(rows) / count / (rows.length - count);
        const area = rocAuc(
          Uint8Array.from(rows, ([is]) => Number(is)),
          Float32Array.from(rows, ([, score]) => score),
        );
        assert.ok(Math.abs(area - won) < 1e-12);
      }),
    );
  });

  it('end even when scores are NaN', () => {
    const [positive, scores] = [Uint8Array.from([1, 0, 1]), Float32Array.from([Number.NaN, 0.5, Number.NaN])];
    assert.deepEqual(rocCurve(positive, scores).thresholds, [Infinity, 0.5, Number.NaN]);
    assert.ok(Number.isNaN(averagePrecision(positive, scores)));
  });

  it('are thinned for display, both ends kept', () => {
    const x = Array.from({ length: 3000 }, (_, i) => i);
    const thin = thinCurve({ x, y: x, thresholds: x });
    assert.deepEqual([thin.x.length, thin.x[0], thin.x.at(-1)], [500, 0, 2999]);
    const short = { x: [0, 1], y: [0, 1], thresholds: [1, 0] };
    assert.equal(thinCurve(short), short);
  });
});

describe('An evaluation', () => {
  it('names classes, ranks importances and shows the positive curve only', () => {
    const importances = [
      { feature: 'a', importance: 0.25 },
      { feature: 'b', importance: 0.75 },
    ];
    const evaluation = evaluate(binary([1, 0, 1], [0.75, 0.25, 0.25]), ['no', 'yes'], importances);
    assert.deepEqual(evaluation.confusion_matrix, [
      [1, 0],
      [1, 1],
    ]);
    assert.deepEqual(
      evaluation.curves.map(({ label }) => label),
      ['yes'],
    );
    assert.deepEqual(
      evaluation.importances.map(({ feature }) => feature),
      ['b', 'a'],
    );
    assert.deepEqual(
      evaluation.by_class.map(({ support }) => support),
      [1, 2],
    );
    assert.equal(evaluation.rows, 3);
  });

  it('shows a curve for each of three classes', () => {
    const probabilities = [0.5, 0.25, 0.25].map((p) => Float32Array.from([p, p, p]));
    const { curves } = evaluate({ actual: Int32Array.from([0, 1, 2]), probabilities }, ['a', 'b', 'c'], []);
    assert.deepEqual(
      curves.map(({ label }) => label),
      ['a', 'b', 'c'],
    );
  });
});

/** Pairs of a positive and a negative row in which the positive one scores higher; ties count half. */
function wonPairs(rows: [boolean, number][]): number {
  const scoresOf = (wanted: boolean) => rows.flatMap(([is, score]) => (is === wanted ? [score] : []));
  const pairs = scoresOf(true).flatMap((high) => scoresOf(false).map((low) => (1 + Math.sign(high - low)) / 2));
  return pairs.reduce((sum, pair) => sum + pair, 0);
}
