import assert from 'node:assert/strict';
import { parallelAxes } from '../../webview-ui/compare/parallel-axes.ts';
import { bestOf, compareRows } from '../../webview-ui/compare/rows.ts';
import { shownRuns } from '../../webview-ui/compare/shown-run.ts';
import { comparedRun } from './compared-runs.ts';

describe('The rows of the compare table', () => {
  it('are metrics in their usual order, cross-validation, params and tags', () => {
    const rows = compareRows([
      comparedRun('a', {
        metrics: { brier: 0.1, other: 1, accuracy: 0.9, cv_f1: 0.7, cv_f1_mean: 0.8, cv_f1_std: 0.1 },
        params: { b: '1', a: '2' },
        tags: { team: 'ops', 'mlflow.user': 'x', 'gnu_mlops.owner': 'y', 'gnu_mlops.operation': 'train' },
      }),
      comparedRun('b', {}),
    ]);
    assert.deepEqual(
      rows.map(({ kind, name }) => `${kind} ${name}`),
      [
        ...['metric accuracy', 'metric brier', 'metric other', 'fold cv_f1'],
        ...['param a', 'param b', 'tag gnu_mlops.operation', 'tag team'],
      ],
    );
  });

  it('show mean and deviation of the folds together', () => {
    const [row] = compareRows([
      comparedRun('a', { metrics: { cv_f1_mean: 0.8, cv_f1_std: 0.125 } }),
      comparedRun('b', { metrics: { cv_f1_mean: null, cv_f1_std: null } }),
    ]);
    assert.deepEqual(row?.texts, ['0.8000 ± 0.1250', '–']);
    assert.deepEqual(
      row?.sources.map(({ name }) => name),
      ['cv_f1_mean', 'cv_f1_std'],
    );
  });

  it('differ when any two of the runs do, an absent value being unlike any other', () => {
    const differs = (...values: (string | undefined)[]) =>
      compareRows(
        values.map((value, at) => comparedRun(String(at), { params: value === undefined ? {} : { p: value } })),
      )[0]?.differs;
    assert.equal(differs('1', '1', '1'), false);
    assert.equal(differs('1', '1', '2'), true);
    assert.equal(differs('1', undefined), true);
    assert.equal(differs('1', '1.0'), true, 'params are text');
  });

  it('differ in the deviation of the folds though the mean is the same', () => {
    const runs = [0.1, 0.2].map((std) => comparedRun(String(std), { metrics: { cv_f1_mean: 0.8, cv_f1_std: std } }));
    assert.equal(compareRows(runs)[0]?.differs, true);
  });

  it('do not differ in a number that is NaN in one run and not there in another', () => {
    const runs = [comparedRun('a', { metrics: { roc_auc: null } }), comparedRun('b', {})];
    assert.equal(compareRows(runs)[0]?.differs, false);
  });
});

describe('The best of a row', () => {
  const best = (name: string, ...values: (number | null)[]) => {
    const [row] = compareRows(values.map((value, at) => comparedRun(String(at), { metrics: { [name]: value } })));
    return [...bestOf(row!)];
  };

  it('is the greatest, or the least where less is better', () => {
    assert.deepEqual(best('accuracy', 0.7, 0.9, 0.8), [1]);
    assert.deepEqual(best('log_loss', 0.7, 0.9, 0.8), [0]);
    assert.deepEqual(best('brier', null, 0.9, 0.8), [2]);
    assert.deepEqual(best('val_loss', 3, 2), [1]);
  });

  it('is several when they are equally good, and none when all are equal or only one has a value', () => {
    assert.deepEqual(best('f1', 0.9, 0.9, 0.8), [0, 1]);
    assert.deepEqual(best('f1', 0.9, 0.9), []);
    assert.deepEqual(best('f1', 0.9, null), []);
  });

  it('is none where the name does not say what is better', () => {
    assert.deepEqual(best('training_rows', 10, 20), []);
  });
});

describe('The axes of the parallel coordinates', () => {
  const runs = [
    comparedRun('a', {
      params: { depth: '3', scaler: 'standard', same: '1' },
      metrics: { accuracy: 0.9, log_loss: 0.3 },
    }),
    comparedRun('b', {
      params: { depth: '20', scaler: 'none', same: '1' },
      metrics: { accuracy: 0.8, log_loss: null },
    }),
  ];

  it('are the params and metrics in which the runs differ', () => {
    const axes = parallelAxes(compareRows(runs));
    assert.deepEqual(axes, [
      { name: 'depth', values: [3, 20], whole: true, categories: null, inverted: false },
      { name: 'scaler', values: ['standard', 'none'], whole: false, categories: ['none', 'standard'], inverted: false },
      { name: 'accuracy', values: [0.9, 0.8], whole: false, categories: null, inverted: false },
      { name: 'log_loss', values: [0.3, null], whole: false, categories: null, inverted: true },
    ]);
  });

  it('are twelve at most, and long texts are cut', () => {
    const many = (value: string) => Object.fromEntries(Array.from({ length: 40 }, (_, at) => [`p${at}`, value]));
    const axes = parallelAxes(compareRows([comparedRun('a', { params: many('x'.repeat(500)) }), comparedRun('b', {})]));
    assert.equal(axes.length, 6);
    assert.equal(String(axes[0]?.values[0]).length, 25);
  });
});

describe('The runs that are shown', () => {
  const runs = ['a', 'b', 'c'].map((name) => comparedRun(name, {}));

  it('leave out the hidden ones and keep their looks', () => {
    const shown = shownRuns(runs, ['id-of-b', 'id-of-gone']);
    assert.deepEqual(
      shown.map(({ run, series }) => [run.name, series]),
      [
        ['a', 0],
        ['c', 2],
      ],
    );
  });

  it('are all when fewer than two would be left', () => {
    assert.equal(shownRuns(runs, ['id-of-a', 'id-of-b']).length, 3);
  });
});
