import * as assert from 'node:assert/strict';
import fc from 'fast-check';
import { permutation, uniform } from '../../../src/engine/data/random.ts';
import { type Split, splitRows, stratifiedFolds } from '../../../src/engine/data/split.ts';
import { type Table, takeRows } from '../../../src/engine/data/table.ts';
import { EngineError } from '../../../src/engine/support/errors.ts';
import { inspectText } from '../config/config-text.ts';
import { csv, tableOf } from './tables.ts';

type Training = Parameters<typeof splitRows>[1];

function split(table: Table, settings: Partial<Training> = {}, labels = new Int32Array(table.rowCount)): Split {
  const training = { ...inspectText('').config.training, ...settings };
  return splitRows({ table, contentColumns: table.columns, labels, classCount: Math.max(...labels) + 1 }, training);
}

function taken(table: Table, rows: Int32Array): Table {
  return { columns: table.columns.map((column) => takeRows(column, rows)), rowCount: rows.length };
}

/** Side by row: "train", "validation" or "test". */
function sides({ train, validation, test }: Split): string[] {
  const side: string[] = [];
  for (const [name, rows] of Object.entries({ train, validation, test })) for (const row of rows) side[row] = name;
  return side;
}

/** Numbers, texts and gaps, with some rows twice. */
function mixed(rows: number, seed = 1): Table {
  const random = uniform(seed);
  const some = <T>(make: () => T) => Array.from({ length: rows }, () => (random() < 0.1 ? null : make()));
  return tableOf({
    x: some(() => Math.floor(random() * 100) / 8),
    y: some(() => Math.floor(random() * 20)),
    text: some(() => `t${Math.floor(random() * 10)}`),
  });
}

const all = (count: number) => Int32Array.from({ length: count }, (_, row) => row);

describe('Every split', () => {
  it('puts each row on exactly one side', () => {
    const table = { ...mixed(300) };
    for (const kind of ['hash', 'stratified', 'time'] as const) {
      const settings = { split: kind, validation_size: 0.2, time_column: 'y' };
      const labels = Int32Array.from({ length: 300 }, (_, row) => row % 3);
      const { train, validation, test } = split(table, settings, labels);
      const rows = [...train, ...validation, ...test].sort((a, b) => a - b);
      assert.deepEqual(rows, [...all(300)]);
      for (const side of [train, validation, test]) assert.deepEqual(side, side.toSorted());
    }
  });

  it('leaves rows to train on, or is refused', () => {
    assert.throws(
      () => split(mixed(30), { test_size: 0.5, validation_size: 0.5 }),
      (error) => EngineError.is(error, 'invalid-config') && /leaves no row to train on/.test(error.message),
    );
  });
});

describe('The hash split', () => {
  it('leaves each row on its side whatever the order of rows and columns', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 1000 }), (seed) => {
        const table = mixed(120, seed);
        const before = sides(split(table, { validation_size: 0.1 }));
        const order = permutation(120, uniform(seed));
        const shuffled = taken(table, order);
        const after = sides(split({ ...shuffled, columns: shuffled.columns.toReversed() }, { validation_size: 0.1 }));
        assert.deepEqual(
          after,
          Array.from(order, (row) => before[row]),
        );
      }),
      { numRuns: 20 },
    );
  });

  it('leaves each row on its side when the data grows, though types may widen', () => {
    const before = sides(split(csv('a,b,c\n1,x,true\n2,y,false\n3,x,true\n4,z,true')));
    const after = sides(split(csv('a,b,c\n9.5,new,\n1,x,true\n2,y,false\n3,x,true\n4,z,true\n,,false')));
    assert.deepEqual(after.slice(1, 5), before);
  });

  it('never lets equal rows straddle', () => {
    const table = mixed(200);
    const double = taken(
      table,
      Int32Array.from({ length: 400 }, (_, row) => row % 200),
    );
    const side = sides(split(double, { validation_size: 0.2 }));
    assert.deepEqual(side.slice(0, 200), side.slice(200));
  });

  it('gives each side about its share, and differs by seed', () => {
    const rows = tableOf({ id: Array.from({ length: 20_000 }, (_, row) => row) });
    const { train, validation, test } = split(rows, { test_size: 0.2, validation_size: 0.1 });
    assert.ok(Math.abs(test.length / 20_000 - 0.2) < 0.01);
    assert.ok(Math.abs(validation.length / 20_000 - 0.1) < 0.01);
    assert.ok(Math.abs(train.length / 20_000 - 0.7) < 0.01);
    const other = split(rows, { test_size: 0.2, validation_size: 0.1, random_seed: 43 });
    const both = new Set(test);
    const shared = other.test.filter((row) => both.has(row)).length / test.length;
    assert.ok(Math.abs(shared - 0.2) < 0.03, `${shared} of the test rows are the same with another seed`);
  });

  it('does not care what a column is called when only values differ, but does care for values', () => {
    const one = split(tableOf({ a: [1, 2, 3, 4, 5, 6, 7, 8], b: [8, 7, 6, 5, 4, 3, 2, 1] }));
    const same = split(tableOf({ b: [8, 7, 6, 5, 4, 3, 2, 1], a: [1, 2, 3, 4, 5, 6, 7, 8] }));
    assert.deepEqual(same, one);
  });
});

describe('The stratified split', () => {
  it('gives each class its share on each side, to one row', () => {
    const sizes = fc.array(fc.integer({ min: 2, max: 60 }), { minLength: 2, maxLength: 6 });
    fc.assert(
      fc.property(sizes, fc.double({ min: 0.1, max: 0.5, noNaN: true }), (counts, test_size) => {
        const labels = Int32Array.from(counts.flatMap((count, label) => Array(count).fill(label)));
        const table = tableOf({ id: [...all(labels.length)] });
        const { test } = split(table, { split: 'stratified', test_size }, labels);
        assert.equal(test.length, Math.ceil(labels.length * test_size));
        for (const [label, count] of counts.entries()) {
          const got = test.filter((row) => labels[row] === label).length;
          assert.ok(Math.abs(got - (count * test.length) / labels.length) < 1, `${got} of ${count}`);
        }
      }),
    );
  });

  it('is the same for the same seed, and another for another', () => {
    const labels = Int32Array.from({ length: 100 }, (_, row) => row % 2);
    const table = tableOf({ id: [...all(100)] });
    const once = split(table, { split: 'stratified' }, labels);
    assert.deepEqual(split(table, { split: 'stratified' }, labels), once);
    assert.notDeepEqual(split(table, { split: 'stratified', random_seed: 1 }, labels), once);
  });
});

describe('The time split', () => {
  const settings = { split: 'time', test_size: 0.25, validation_size: 0.25 } as const;
  const sorted: [string, (number | string | null)[]][] = [
    ['numbers', [30, 10, 40, 20]],
    ['numbers with gaps, which count as earliest', [30, null, 40, 20]],
    ['dates', ['2024-03-01', '2023-12-31', '2024-10-01', '2024-02-01']],
    ['dates of different spelling', ['2024-03-01', 'Dec 31, 2023', '2024-10-01T10:00:00Z', '2024-02-01']],
    ['dates with gaps', ['2024-03-01', null, '2024-10-01', '2024-02-01']],
    ['texts that are no dates', ['w3', 'w1', 'w4', 'w2']],
    ['dates and texts that are none, as texts', ['2024-03', '2023 (first)', 'later', '2024-02']],
  ];
  for (const [name, times] of sorted) {
    it(`tests on the latest rows, ordered by ${name}`, () => {
      const { train, validation, test } = split(tableOf({ t: times }), { ...settings, time_column: 't' });
      assert.deepEqual([[...train], [...validation], [...test]], [[1, 3], [0], [2]]);
    });
  }

  it('keeps the order of the file among equal times', () => {
    const { train, test } = split(tableOf({ t: [1, 1, 1, 1] }), { split: 'time', test_size: 0.25, time_column: 't' });
    assert.deepEqual([[...train], [...test]], [[0, 1, 2], [3]]);
  });

  it('is refused without a column, or with one that is not there', () => {
    for (const time_column of [null, 'when']) {
      assert.throws(
        () => split(tableOf({ t: [1, 2] }), { split: 'time', time_column }),
        (error) => EngineError.is(error, 'invalid-config') && /training\.time_column/.test(error.message),
      );
    }
  });
});

describe('Stratified folds', () => {
  it('hold each row out once, with the classes dealt out evenly', () => {
    const labels = Int32Array.from({ length: 103 }, (_, row) => (row % 10 === 0 ? 1 : 0));
    const rows = all(103).filter((row) => row % 2 === 0);
    const folds = stratifiedFolds(rows, labels, 2, 5, 7);
    assert.deepEqual(
      folds.flatMap((fold) => [...fold]).sort((a, b) => a - b),
      [...rows],
    );
    const rare = folds.map((fold) => fold.filter((row) => labels[row] === 1).length);
    assert.ok(Math.max(...rare) - Math.min(...rare) <= 1);
    const sizes = folds.map((fold) => fold.length);
    assert.ok(Math.max(...sizes) - Math.min(...sizes) <= 1);
    assert.deepEqual(stratifiedFolds(rows, labels, 2, 5, 7), folds);
    assert.notDeepEqual(stratifiedFolds(rows, labels, 2, 5, 8), folds);
  });
});
