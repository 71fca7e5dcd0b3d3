import * as assert from 'node:assert/strict';
import { readTarget, rowsWithTarget } from '../../../src/engine/data/target.ts';
import { EngineError } from '../../../src/engine/support/errors.ts';
import { columnOf, csv } from './tables.ts';

describe('The target', () => {
  it('has its classes in sort order: numbers by size, texts by code unit', () => {
    assert.deepEqual(readTarget(columnOf('t', [10, 9, -1, 9]), null).classes, [-1, 9, 10]);
    assert.deepEqual(readTarget(columnOf('t', ['b', 'a', 'B', '10', '9']), null).classes, ['10', '9', 'B', 'a', 'b']);
    assert.deepEqual(readTarget(csv('t,x\nTrue,1\nFalse,2').columns[0]!, null).classes, [false, true]);
  });

  it('has the greater class as positive one unless told', () => {
    const target = readTarget(columnOf('t', ['yes', 'no', 'yes', null]), null);
    assert.deepEqual(
      [target.classes, [...target.labels]],
      [
        ['no', 'yes'],
        [1, 0, 1, -1],
      ],
    );
    const turned = readTarget(columnOf('t', ['yes', 'no', 'yes', null]), 'no');
    assert.deepEqual(
      [turned.classes, [...turned.labels]],
      [
        ['yes', 'no'],
        [0, 1, 0, -1],
      ],
    );
  });

  it('takes the positive class as text, number or boolean', () => {
    for (const positive of ['0', 0]) assert.deepEqual(readTarget(columnOf('t', [0, 1]), positive).classes, [1, 0]);
    for (const positive of ['false', false]) {
      assert.deepEqual(readTarget(csv('t,x\nTrue,1\nFalse,2').columns[0]!, positive).classes, [true, false]);
    }
  });

  it('keeps the order of more than two classes, whatever is positive', () => {
    assert.deepEqual(readTarget(columnOf('t', ['a', 'b', 'c']), 'a').classes, ['a', 'b', 'c']);
  });

  it('is refused with a positive class that the data does not have', () => {
    assert.throws(
      () => readTarget(columnOf('t', ['yes', 'no']), 'maybe'),
      (error) =>
        EngineError.is(error, 'invalid-config') && /found "maybe"; expected one of no, yes/.test(error.message),
    );
  });

  const bad: [string, (number | string | null)[], RegExp][] = [
    ['one class only', ['a', 'a', null], /target column "t" has one class only \(a\); a classifier needs at least two/],
    ['no value at all', [null, null], /has 0 classes/],
    ['101 classes', Array.from({ length: 101 }, (_, i) => i), /has 101 classes; at most 100 are supported/],
  ];
  for (const [name, values, message] of bad) {
    it(`with ${name} is refused`, () => {
      assert.throws(
        () => readTarget(columnOf('t', values), null),
        (error) => EngineError.is(error, 'data-quality') && message.test(error.message),
      );
    });
  }

  it('with 100 classes is taken', () => {
    const values = Array.from({ length: 100 }, (_, i) => i);
    assert.equal(readTarget(columnOf('t', values), null).classes.length, 100);
  });

  it('tells the rows that have one', () => {
    assert.deepEqual([...rowsWithTarget(columnOf('t', ['a', null, 'b']))], [0, 2]);
    assert.deepEqual([...rowsWithTarget(columnOf('t', [null, 1.5, null]))], [1]);
  });
});
