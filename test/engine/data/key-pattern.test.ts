import * as assert from 'node:assert/strict';
import { fixedBeginning, hasPattern, keyPattern } from '../../../src/engine/data/sources/key-pattern.ts';

describe('A glob over keys', () => {
  const cases: [glob: string, fits: string[], others: string[]][] = [
    ['data/*.csv', ['data/a.csv', 'data/.csv'], ['data/b/a.csv', 'data/a.csv.gz', 'x/data/a.csv']],
    ['data/**/*.csv', ['data/a.csv', 'data/x/y/a.csv'], ['data/a.txt']],
    ['data/**', ['data/a', 'data/a/b'], ['database']],
    ['day-?.csv', ['day-1.csv'], ['day-12.csv', 'day-/.csv']],
    ['part-[0-3].csv', ['part-2.csv'], ['part-7.csv']],
    ['part-[!0-3].csv', ['part-7.csv'], ['part-2.csv']],
    ['{train,test.v1}.csv', ['train.csv', 'test.v1.csv'], ['testxv1.csv']],
    ['a+b(1)$/*.csv', ['a+b(1)$/c.csv'], ['aab1/c.csv']],
    ['odd[.csv', ['odd[.csv'], ['odd.csv']],
  ];
  for (const [glob, fits, others] of cases) {
    it(`${glob} means what it means in a shell`, () => {
      const pattern = keyPattern(glob);
      for (const key of fits) assert.ok(pattern.test(key), key);
      for (const key of others) assert.ok(!pattern.test(key), key);
    });
  }

  it('begins with what stands for itself', () => {
    assert.equal(fixedBeginning('data/2026-*/x.csv'), 'data/2026-');
    assert.ok(hasPattern('a/*.csv') && !hasPattern('a/b.csv'));
  });
});
