import * as assert from 'node:assert/strict';
import { encodeColumn, transformColumn } from '../../../src/engine/preprocessing/feature-transform.ts';
import { fitPreprocessing } from '../../../src/engine/preprocessing/fit.ts';
import { columnOf, csv } from '../data/tables.ts';

const all = (count: number) => Int32Array.from({ length: count }, (_, row) => row);
type Values = readonly (number | string | null)[];

/** What preprocessing learned from `rows` of a column. */
function fitted(values: Values, rows = all(values.length), scaler: 'standard' | 'none' = 'none') {
  return fitPreprocessing([columnOf('c', values)], rows, scaler)[0]!;
}

function applied(values: Values, scaler: 'standard' | 'none' = 'none', to = values): number[] {
  return [...transformColumn(fitted(values, all(values.length), scaler), columnOf('c', to), all(to.length))];
}

describe('Preprocessing', () => {
  it('puts the median where a number is missing', () => {
    assert.deepEqual(applied([1, null, 10, 3]), [1, 3, 10, 3]);
    assert.deepEqual(applied([1, null, 2, null]), [1, 1.5, 2, 1.5]);
    assert.deepEqual(applied([null, null]), [0, 0]);
  });

  it('leaves infinities out of the median', () => {
    assert.equal(fitted([Infinity, -Infinity, 5, Infinity]).imputed, 5);
  });

  it('puts the most frequent category where text is missing, the first of equals', () => {
    assert.deepEqual(applied(['b', 'a', null, 'b']), [1, 0, 1, 1]);
    assert.deepEqual(applied(['b', 'a', null]), [1, 0, 0]);
  });

  it('encodes categories by their place in sort order, others as -1', () => {
    assert.deepEqual(applied(['b', 'c', 'a'], 'none', ['a', 'b', 'c', 'd']), [0, 1, 2, -1]);
  });

  it('fills booleans with gaps', () => {
    const [column] = csv('c,d\ntrue,1\n,1\nFalse,1\ntrue,1').columns;
    const [transform] = fitPreprocessing([column!], all(4), 'none');
    assert.deepEqual([...transformColumn(transform!, column!, all(4))], [1, 1, 0, 1]);
  });

  it('scales to mean 0 and standard deviation 1, of the population', () => {
    const scaled = applied([1, 2, 3, 4], 'standard');
    const deviation = Math.fround(1 / Math.sqrt(1.25));
    assert.deepEqual(
      scaled,
      [-1.5, -0.5, 0.5, 1.5].map((value) => Math.fround(value * deviation)),
    );
    assert.deepEqual(applied([7, 7], 'standard'), [0, 0]);
  });

  it('learns from the rows it is given and no others', () => {
    const transform = fitted([1, 2, 3, 1000, null], all(3), 'standard');
    assert.deepEqual([transform.offset, transform.imputed], [2, 2]);
    const text = fitted(['a', 'b', 'z'], all(2));
    assert.deepEqual(text.type === 'string' && text.categories, ['a', 'b']);
    const values = encodeColumn(text, columnOf('c', ['a', 'b', 'z']), all(3));
    assert.deepEqual([...values], [0, 1, -1]);
  });

  it('computes in float32, as the graph does', () => {
    const value = 16777217.3;
    const [scaled] = applied([value, 16777219.9], 'standard', [value]);
    assert.equal(scaled, Math.fround(scaled!));
    assert.equal(applied([value])[0], Math.fround(value));
  });
});
