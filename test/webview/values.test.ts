import assert from 'node:assert/strict';
import { LESS_IS_BETTER, METRIC_NAMES } from '../../src/engine/evaluation/metrics.ts';
import { curvePoints, curveRows } from '../../webview-ui/components/charts/curve-points.ts';
import { seriesStyle } from '../../webview-ui/components/charts/series.ts';
import { heatClass, matrixCells } from '../../webview-ui/run/confusion-cells.ts';
import { steppedMetrics } from '../../webview-ui/run/stepped-metrics.ts';
import { formatDuration, isoInstant } from '../../webview-ui/values/instants.ts';
import {
  betterDirection,
  compareMetricNames,
  crossValidatedMetrics,
  holdoutMetrics,
} from '../../webview-ui/values/metrics.ts';
import { formatMeanAndDeviation, formatNumber, formatShare } from '../../webview-ui/values/numbers.ts';

describe('Values as the pages show them', () => {
  it('are numbers with four decimals, or whole, or with an exponent, or a dash', () => {
    const shown = [0.95612, 1, 0, -0.5, 42, 1e-7, 1234567.5, 2e20, null, undefined, Number.NaN].map(formatNumber);
    const expected = [
      '0.9561',
      '1.0000',
      '0.0000',
      '-0.5000',
      '42',
      '1.000e-7',
      '1.235e+6',
      '2.000e+20',
      '–',
      '–',
      '–',
    ];
    assert.deepEqual(shown, expected);
  });

  it('are shares, and means with a deviation', () => {
    assert.deepEqual([formatShare(0.9715), formatShare(null)], ['97.2 %', '–']);
    assert.deepEqual([formatMeanAndDeviation(0.5, null), formatMeanAndDeviation(null, 1)], ['0.5000 ± –', '–']);
  });

  it('are durations in the unit that fits', () => {
    const shown = [0, 850, 12_340, 59_999, 200_000, 7_500_000, -1, null].map(formatDuration);
    assert.deepEqual(shown, ['0 ms', '850 ms', '12.3 s', '60.0 s', '3 min 20 s', '2 h 5 min', '–', '–']);
  });

  it('have no instant where a clock cannot have been', () => {
    assert.deepEqual(
      [isoInstant(0), isoInstant(1e300), isoInstant(null)],
      ['1970-01-01T00:00:00.000Z', undefined, undefined],
    );
  });
});

describe('What the pages know of metrics', () => {
  it('agrees with the engine on where less is better', () => {
    for (const name of METRIC_NAMES) {
      const expected = LESS_IS_BETTER.has(name) ? 'less' : 'more';
      assert.equal(betterDirection(name), expected, name);
      assert.equal(betterDirection(`cv_${name}_mean`), expected, name);
      assert.equal(betterDirection(`cv_${name}_std`), null, name);
    }
  });

  it("is nothing for names that do not say it, and the usual for other tools' names", () => {
    assert.deepEqual(['duration', 'lossless', 'epoch'].map(betterDirection), [null, null, null]);
    assert.deepEqual(['val_loss', 'test_rmse', 'mean_squared_error'].map(betterDirection), ['less', 'less', 'less']);
    assert.deepEqual(['test_accuracy_score', 'train_f1_macro'].map(betterDirection), ['more', 'more']);
  });

  it('includes the order of the names', () => {
    assert.equal([...METRIC_NAMES, 'aaa'].sort(compareMetricNames).at(-1), 'aaa', 'those of the product come first');
    assert.deepEqual(['zeta', 'alpha', 'brier', 'accuracy'].sort(compareMetricNames), [
      'accuracy',
      'brier',
      'alpha',
      'zeta',
    ]);
  });

  it('tells cross-validation from what stands by itself', () => {
    const keys = ['cv_f1', 'cv_f1_mean', 'cv_f1_std', 'f1', 'cv_lonely', 'cv_other_std'];
    assert.deepEqual(crossValidatedMetrics(keys), ['f1']);
    assert.deepEqual(holdoutMetrics(keys), ['f1', 'cv_lonely', 'cv_other_std']);
  });
});

describe('What the charts draw', () => {
  const metric = (key: string, step: number, value: number | null) => ({
    key,
    step,
    value: value as number,
    timestamp: 0,
  });

  it('is the metrics with more than one step, steps rising, without the numbers that were NaN', () => {
    const history = [metric('cv_f1_mean', 0, 0.5), metric('loss', 1, 3), metric('loss', 0, 5), metric('loss', 2, null)];
    assert.deepEqual(steppedMetrics([...history, metric('cv_f1', 0, 0.25), metric('cv_f1', 1, 0.75)]), [
      {
        key: 'cv_f1',
        points: [
          [0, 0.25],
          [1, 0.75],
        ],
        mean: 0.5,
        least: 0.25,
        most: 0.75,
        isFolds: true,
      },
      {
        key: 'loss',
        points: [
          [0, 5],
          [1, 3],
        ],
        mean: 4,
        least: 3,
        most: 5,
        isFolds: false,
      },
    ]);
  });

  it('leaves out points of a curve that have no number', () => {
    const curve = { x: [0, null, 1], y: [0, 0.5, 1], thresholds: [null, 0.5, 0.1] } as unknown as Parameters<
      typeof curvePoints
    >[0];
    assert.deepEqual(curvePoints(curve), [
      [0, 0],
      [1, 1],
    ]);
  });

  it('is told in a table by evenly spread points, the ends among them', () => {
    const x = Array.from({ length: 500 }, (_, at) => at / 499);
    const rows = curveRows({ x, y: x, thresholds: x });
    assert.equal(rows.length, 21);
    assert.deepEqual(
      [rows[0], rows.at(-1)],
      [
        [0, 0, 0],
        [1, 1, 1],
      ],
    );
    assert.deepEqual(curveRows({ x: [], y: [], thresholds: [] }), []);
  });

  it('gives 24 lines 24 looks', () => {
    const looks = Array.from({ length: 24 }, (_, at) => JSON.stringify(seriesStyle(at)));
    assert.equal(new Set(looks).size, 24);
    assert.deepEqual(seriesStyle(24), seriesStyle(0));
  });
});

describe('The heat of a confusion matrix', () => {
  it('is the share of the row, and one wrong row among thousands is seen', () => {
    const [first, second] = matrixCells([
      [9999, 1],
      [0, 0],
    ]);
    assert.deepEqual(first?.map(heatClass), ['heat-right-10', 'heat-wrong-1']);
    assert.deepEqual(
      second?.map(({ share }) => share),
      [null, null],
    );
    assert.deepEqual(second?.map(heatClass), ['heat-wrong-0', 'heat-right-0']);
  });
});
