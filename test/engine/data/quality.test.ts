import * as assert from 'node:assert/strict';
import { inspectQuality, type QualityReport } from '../../../src/engine/data/quality.ts';
import { findColumn } from '../../../src/engine/data/table.ts';
import { readTarget } from '../../../src/engine/data/target.ts';
import { csv } from './tables.ts';

/** The report on CSV text whose last column is called t and is the target. */
function inspect(text: string, changes: { missingTarget?: number; fallbackReason?: string } = {}): QualityReport {
  const table = csv(text);
  const features = table.columns.filter(({ name }) => name !== 't');
  const source = {
    table,
    description: '/data',
    sourceType: 'local' as const,
    digest: '',
    conflicts: table.conflicts.map((conflict) => ({ ...conflict, file: 'rows.csv' })),
    originOf: (row: number) => ({ file: 'rows.csv', line: row + 2 }),
    ...(changes.fallbackReason === undefined ? {} : { fallbackReason: changes.fallbackReason }),
  };
  const target = readTarget(findColumn(table, 't')!, null);
  return inspectQuality({ source, features, target, targetName: 't', missingTarget: changes.missingTarget ?? 0 });
}

/** `count` rows of one feature; different and fractional unless told. */
function rows(count: number, feature = (row: number): unknown => row + 0.5, label = (row: number): unknown => row % 2) {
  return `x,t\n${Array.from({ length: count }, (_, row) => `${feature(row)},${label(row)}`).join('\n')}`;
}

const checks = ({ findings }: QualityReport) => findings.map(({ severity, check }) => `${severity} ${check}`);

describe('The quality report', () => {
  it('has nothing to say about good data', () => {
    assert.deepEqual(inspect(rows(100)), {
      rows: 100,
      features: 1,
      missing_target: 0,
      duplicate_rows: 0,
      class_counts: { 0: 50, 1: 50 },
      missing_share: { x: 0 },
      findings: [],
    });
  });

  const found: [name: string, text: string, expected: string[], message: RegExp][] = [
    ['too few rows', rows(19), ['error too-few-rows'], /19 rows with a target; at least 20 are needed/],
    [
      'too few rows of a class',
      rows(30, undefined, (row) => (row < 4 ? 'a' : 'b')),
      ['error too-few-rows'],
      /class "a" has 4 rows/,
    ],
    [
      'a rare class',
      rows(100, undefined, (row) => (row < 9 ? 'a' : 'b')),
      ['warning class-balance'],
      /class "a" is rare \(9\.0 %\)/,
    ],
    [
      'missing values',
      rows(100, (row) => (row < 41 ? '' : row + 0.5)),
      ['warning duplicate-rows', 'warning missing-values'],
      /"x" has no value in 41 %/,
    ],
    ['a constant', rows(30, () => 7), ['warning duplicate-rows', 'warning constant'], /28 rows repeat an earlier row/],
    ['a constant text', rows(30, () => 'same'), ['warning duplicate-rows', 'warning constant'], /repeat/],
    [
      'repeated rows',
      rows(100, (row) => (row < 4 ? 0.5 : row + 0.5)),
      ['warning duplicate-rows'],
      /2 rows repeat an earlier row/,
    ],
    ['an identifier', rows(60, (row) => row), ['warning identifier-like'], /"x" looks like an identifier/],
    ['a text identifier', rows(60, (row) => `id-${row}`), ['warning identifier-like'], /"x" looks like an identifier/],
    [
      'whole numbers that float32 cannot hold',
      rows(30, (row) => 2 ** 24 + 1 + (row % 9) + (row % 3 ? '' : '.5')),
      ['warning duplicate-rows', 'warning large-integers'],
      /beyond 16777216/,
    ],
    [
      'a text among numbers',
      rows(30, (row) => (row === 5 ? 'oops' : row + 0.5)),
      ['error wrong-type'],
      /rows\.csv:7: column "x" holds numbers, but here "oops"/,
    ],
  ];
  for (const [name, text, expected, message] of found) {
    it(`finds ${name}`, () => {
      const report = inspect(text);
      assert.deepEqual(checks(report), expected);
      assert.match(report.findings.map((finding) => finding.message).join('\n'), message);
    });
  }

  it('takes numbers among texts for categories', () => {
    assert.deepEqual(checks(inspect(rows(60, (row) => ['a', 'b', '3'][row % 3]))), ['warning duplicate-rows']);
  });

  it('says how many rows had no target', () => {
    const report = inspect(rows(100), { missingTarget: 3 });
    assert.deepEqual([report.missing_target, checks(report)], [3, ['warning missing-target']]);
  });

  it('says loudly that it looks at fallback data', () => {
    const [finding] = inspect(rows(100), { fallbackReason: 'the bucket is gone.' }).findings;
    assert.equal(finding!.check, 'fallback-data');
    assert.match(
      finding!.message,
      /^The model is trained on stand-in data \(\/data\), .* \(the bucket is gone\)\. It can never go into production\.$/,
    );
  });

  it('counts the values of the rows that are used only', () => {
    const table = csv(
      `x,t\n${Array.from({ length: 40 }, (_, row) => `${row === 0 ? 'gone' : 'same'},${row % 2}`).join('\n')}`,
    );
    const column = table.columns[0]!;
    assert.ok(column.type === 'string');
    column.codes[0] = column.codes[1]!;
    const features = [column];
    const target = readTarget(findColumn(table, 't')!, null);
    const source = {
      table,
      description: '',
      sourceType: 'local' as const,
      digest: '',
      conflicts: [],
      originOf: () => ({ file: '', line: 1 }),
    };
    const report = inspectQuality({ source, features, target, targetName: 't', missingTarget: 0 });
    assert.ok(checks(report).includes('warning constant'));
  });
});
