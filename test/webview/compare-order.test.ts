import assert from 'node:assert/strict';
import { nextOrder, type Order, orderedRuns, orderInWords } from '../../webview-ui/compare/order.ts';
import { compareRows } from '../../webview-ui/compare/rows.ts';
import { comparedRun } from './compared-runs.ts';

describe('The order of compared runs', () => {
  const rows = compareRows([
    comparedRun('a', { metrics: { f1: 0.7, log_loss: 0.2, rows: 5 }, params: { depth: '100', name: 'x10' } }),
    comparedRun('b', { metrics: { f1: null, log_loss: 0.1, rows: 9 }, params: { name: 'x9' } }),
    comparedRun('c', { metrics: { f1: 0.9, log_loss: 0.1, rows: 7 }, params: { depth: '20', name: '' } }),
  ]);
  const order = (key: string, turned = false) => orderedRuns(3, rows, { key, turned });

  it('puts the best first, then the worst, and a run without the value last', () => {
    assert.deepEqual(order('metric f1'), [2, 0, 1]);
    assert.deepEqual(order('metric f1', true), [0, 2, 1]);
    assert.deepEqual(order('metric log_loss'), [1, 2, 0]);
    assert.deepEqual(order('metric log_loss', true), [0, 1, 2]);
  });

  it('rises where nothing is better, and takes numbers in params for numbers', () => {
    assert.deepEqual(order('metric rows'), [0, 2, 1]);
    assert.deepEqual(order('param depth'), [2, 0, 1]);
    assert.deepEqual(order('param name'), [2, 1, 0]);
  });

  it('is as the runs were chosen without a row, or when the row has gone', () => {
    assert.deepEqual(orderedRuns(3, rows, null), [0, 1, 2]);
    assert.deepEqual(order('metric gone'), [0, 1, 2]);
  });

  it('goes round with clicks on one row, and starts anew with another', () => {
    const clicks: (Order | null)[] = [null];
    for (const key of ['f1', 'f1', 'f1', 'f1', 'other']) clicks.push(nextOrder(clicks.at(-1) ?? null, key));
    assert.deepEqual(clicks.slice(1), [
      { key: 'f1', turned: false },
      { key: 'f1', turned: true },
      null,
      { key: 'f1', turned: false },
      { key: 'other', turned: false },
    ]);
  });

  it('has words', () => {
    const words = (better: 'more' | 'less' | null) =>
      [false, true].map((turned) => orderInWords({ better }, { key: '', turned }));
    assert.deepEqual(words('more'), ['best first', 'worst first']);
    assert.deepEqual(words('less'), ['best first', 'worst first']);
    assert.deepEqual(words(null), ['rising', 'falling']);
  });
});
