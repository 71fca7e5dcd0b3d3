import * as assert from 'node:assert/strict';
import { readInput } from '../../../src/engine/prediction/input.ts';
import { typedRows } from '../../../src/engine/prediction/typed-rows.ts';

const INPUTS = [
  { name: 'age', type: 'long' as const, required: true },
  { name: 'code', type: 'string' as const, required: true },
];

/** What becomes of the rows of a CSV text when they are written as JSON. */
function written(text: string) {
  return typedRows(readInput({ text, format: 'csv' }, []), INPUTS);
}

describe('Rows of a CSV file that are written as JSON', () => {
  it('keep the types that their columns have', () => {
    assert.deepEqual(written('age,city,paid,score\n30,Oslo,true,1.5\n40,NA,False,\n'), [
      { age: 30, city: 'Oslo', paid: true, score: 1.5 },
      { age: 40, city: 'NA', paid: false, score: null },
    ]);
  });

  it('keep text that only looks like numbers: what the model reads as text, leading zeros, numbers too long to be exact', () => {
    assert.deepEqual(written('code,postal,account\n7,01234,12345678901234567890\n8,99999,1\n'), [
      { code: '7', postal: '01234', account: '12345678901234567890' },
      { code: '8', postal: '99999', account: '1' },
    ]);
  });

  it('have numbers with a decimal comma as numbers', () => {
    assert.deepEqual(written('age;score\n30;1,5\n'), [{ age: 30, score: 1.5 }]);
  });
});
