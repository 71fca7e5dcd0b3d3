import * as assert from 'node:assert/strict';
import fc from 'fast-check';
import { csv, typesOf, valuesOf } from './tables.ts';

/** What a column of these fields is read as. Each is what pandas' read_csv and MLflow's infer_signature make of it. */
const COLUMNS: [name: string, fields: string[], type: string, values: unknown[]][] = [
  ['whole numbers', ['1', '-2', '+3', ' 4 ', '007'], 'long', [1, -2, 3, 4, 7]],
  ['whole numbers with a gap', ['1', '', '3'], 'double', [1, null, 3]],
  ['fractions', ['1.5', '.5', '2.', '-1e3', '1E+2'], 'double', [1.5, 0.5, 2, -1000, 100]],
  ['whole numbers written with a point', ['1.0', '2.0'], 'double', [1, 2]],
  ['infinities', ['inf', '-inf', 'Infinity', '+INF'], 'double', [Infinity, -Infinity, Infinity, Infinity]],
  ['true and false', ['True', 'FALSE', 'true'], 'boolean', [true, false, true]],
  ['true and false with a gap', ['true', 'NA', 'False'], 'boolean', [true, null, false]],
  ['true and a number', ['True', '1'], 'string', ['True', '1']],
  ['texts', ['b', 'a', 'b'], 'string', ['b', 'a', 'b']],
  ['texts with gaps', ['b', '', 'NULL'], 'string', ['b', null, null]],
  ['numbers before a text keep their spelling', ['1.50', '', '007', 'x'], 'string', ['1.50', null, '007', 'x']],
  ['numbers in quotes', ['"1"', '"2"'], 'long', [1, 2]],
  ['missing values in quotes', ['"NA"', '"x"', '""'], 'string', [null, 'x', null]],
  ['nothing', ['NA', ''], 'double', [null, null]],
  ['what only looks like numbers', ['0x10', '1_000', '1e'], 'string', ['0x10', '1_000', '1e']],
  ['a sign', ['-', '1'], 'string', ['-', '1']],
  ['a comma as decimal mark', ['"1,5"', '2'], 'string', ['1,5', '2']],
  ['whole numbers of 16 digits', ['9007199254740991', '1'], 'long', [9007199254740991, 1]],
  ['whole numbers beyond 64 bits', ['18446744073709551616', '1'], 'double', [2 ** 64, 1]],
  ['spaces around texts', [' x', 'x '], 'string', [' x', 'x ']],
];

/** pandas' documentation of read_csv, `na_values`. */
const MISSING =
  '#N/A|#N/A N/A|#NA|-1.#IND|-1.#QNAN|-NaN|-nan|1.#IND|1.#QNAN|<NA>|N/A|NA|NULL|NaN|None|n/a|nan|null'.split('|');

describe('A column of', () => {
  for (const [name, fields, type, values] of COLUMNS) {
    it(`${name} is ${type}`, () => {
      const table = csv(`id,c\n${fields.map((field, row) => `${row},${field}`).join('\n')}`);
      assert.deepEqual([typesOf(table).c, valuesOf(table).c], [type, values]);
    });
  }

  it('spellings of a missing value is missing', () => {
    const table = csv(`c,d\n${MISSING.map((text) => `${text},1`).join('\n')}`);
    assert.deepEqual(
      valuesOf(table).c,
      MISSING.map(() => null),
    );
  });

  it('spellings that only resemble one is text', () => {
    const texts = ['na', 'Nan', 'none', 'Null', '?', '-'];
    assert.deepEqual(valuesOf(csv(`c,d\n${texts.map((text) => `${text},1`).join('\n')}`)).c, texts);
  });

  it('any numbers holds the very numbers', () => {
    fc.assert(
      fc.property(fc.array(fc.double({ noNaN: true, noDefaultInfinity: true }), { minLength: 1 }), (numbers) => {
        const read = valuesOf(csv(`c,d\n${numbers.map((number) => `${number},1`).join('\n')}`)).c!;
        assert.deepEqual(
          read,
          numbers.map((number) => (Object.is(number, -0) ? 0 : number)),
        );
      }),
    );
  });

  it('any short decimals holds the nearest numbers', () => {
    const decimal = fc.tuple(fc.integer({ min: -1e15 + 1, max: 1e15 - 1 }), fc.integer({ min: 0, max: 15 }));
    fc.assert(
      fc.property(fc.array(decimal, { minLength: 1 }), (decimals) => {
        const texts = decimals.map(([mantissa, places]) => {
          const digits = String(Math.abs(mantissa)).padStart(places + 1, '0');
          const at = digits.length - places;
          return `${mantissa < 0 ? '-' : ''}${digits.slice(0, at)}.${digits.slice(at)}`;
        });
        const { columns } = csv(`c,d\n${texts.map((text) => `${text},1`).join('\n')}`);
        assert.ok(columns[0]!.type === 'double');
        assert.deepEqual([...columns[0]!.values], texts.map(Number));
      }),
    );
  });

  it('numbers with one text says where', () => {
    const { conflicts } = csv('a,b\n1,x\n2,y\n\noops,z\n4,w\n');
    assert.deepEqual(conflicts, [{ column: 'a', line: 5, value: 'oops', numericShare: 0.75 }]);
  });
});
