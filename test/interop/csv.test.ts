import * as assert from 'node:assert/strict';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import fc from 'fast-check';
import { csv, typesOf, valuesOf } from '../engine/data/tables.ts';
import { temporaryFolder } from '../engine/tracking/temporary-store.ts';
import { runPython } from '../harness/python.ts';

type ColumnsInPython = Record<string, { type: string; values: (string | number | boolean | null)[] }>;

/** Fields by what they look like; a column holds one to three kinds. */
const KINDS = [
  fc.integer({ min: -1_000_000, max: 1_000_000 }).map(String),
  fc.maxSafeInteger().map(String),
  fc.double({ noNaN: true, noDefaultInfinity: true }).map(String),
  fc.tuple(fc.integer({ min: -999, max: 999 }), fc.nat(9999)).map(([whole, rest]) => `${whole}.${rest}`),
  fc.constantFrom('', 'NA', 'nan', 'NULL', 'None', 'n/a', '#N/A', '<NA>', '"NA"', '""'),
  fc.constantFrom('True', 'False', 'true', 'false', 'TRUE', 'FALSE'),
  fc.constantFrom('+3', '007', '1.', '.5', '1e5', '1E-3', ' 4', '5 ', '-0', 'inf', '-Infinity', '"12"', '"1.5"'),
  fc.constantFrom(
    '0x10',
    '1_000',
    '1e',
    '-',
    '+',
    '.',
    'na',
    'none',
    '1 2',
    'e5',
    '1,5'.replace(',', "'"),
    'yes',
    'T',
    '1/2',
  ),
  fc.constantFrom('"a,b"', '"say ""hi"""', '"two\nlines"', '"two\r\nlines"', ' padded ', 'ünï', '東京', "it's", 'a"b'),
];

/** Columns of equally many fields. */
const file = fc.integer({ min: 1, max: 12 }).chain((rows) => {
  const column = fc
    .subarray(KINDS, { minLength: 1, maxLength: 3 })
    .chain((kinds) => fc.array(fc.oneof(...kinds), { minLength: rows, maxLength: rows }));
  return fc.tuple(fc.array(column, { minLength: 1, maxLength: 6 }), fc.constantFrom('\n', '\r\n'), fc.boolean());
});

function toText([columns, lineEnd, ends]: [string[][], string, boolean]): string {
  const names = ['id', ...columns.map((_, i) => `c${i}`)];
  const lines = columns[0]!.map((_, row) => [String(row), ...columns.map((column) => column[row])].join(','));
  return [names.join(','), ...lines].join(lineEnd) + (ends ? lineEnd : '');
}

describe('A generated CSV file', function () {
  this.timeout(120_000);
  const { folder, remove } = temporaryFolder();
  let answers: ColumnsInPython[];

  before(async () => {
    mkdirSync(path.join(folder, 'files'));
    for (const [i, made] of fc.sample(file, { numRuns: 400, seed: 20261125 }).entries()) {
      writeFileSync(path.join(folder, 'files', `${String(i).padStart(3, '0')}.csv`), toText(made));
    }
    const client = path.join(import.meta.dirname, 'csv-client.py');
    const { stdout, stderr, code } = await runPython('mlflow3', client, [path.join(folder, 'files')]);
    assert.equal(code, 0, stderr);
    answers = JSON.parse(stdout);
  });
  after(remove);

  it('has the types and values that pandas and MLflow see', () => {
    const seen = new Set<string>();
    for (const [i, name] of readdirSync(path.join(folder, 'files')).sort().entries()) {
      const text = readFileSync(path.join(folder, 'files', name), 'utf8');
      const table = csv(text);
      const types = typesOf(table);
      for (const [column, theirs] of Object.entries(answers[i]!)) {
        assert.equal(types[column], theirs.type, `${column} of ${JSON.stringify(text)}`);
        requireSameValues(valuesOf(table)[column]!, theirs.values, `${column} of ${JSON.stringify(text)}`);
        seen.add(theirs.type);
      }
    }
    assert.deepEqual([...seen].sort(), ['boolean', 'double', 'long', 'string']);
  });
});

/** Numbers to a relative 1e-14, because pandas rounds long decimals in its own way. */
function requireSameValues(ours: unknown[], theirs: unknown[], where: string): void {
  assert.equal(ours.length, theirs.length, where);
  for (const [row, value] of ours.entries()) {
    const other = theirs[row];
    if (typeof value === 'number' && typeof other === 'number') {
      assert.ok(Math.abs(value - other) <= 1e-14 * Math.abs(other), `row ${row}: ${value}, not ${other}; ${where}`);
    } else if (typeof value === 'number') {
      assert.equal(`${value}`.replace('Infinity', 'inf'), other, `row ${row}; ${where}`);
    } else assert.equal(value, other, `row ${row}; ${where}`);
  }
}
