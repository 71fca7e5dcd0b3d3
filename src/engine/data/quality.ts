import { hashRows } from './row-hash.ts';
import type { SourceData } from './sources/source.ts';
import { type Column, isMissing } from './table.ts';
import type { Target } from './target.ts';

export type QualityCheck =
  | 'too-few-rows'
  | 'missing-target'
  | 'missing-values'
  | 'constant'
  | 'duplicate-rows'
  | 'wrong-type'
  | 'identifier-like'
  | 'class-balance'
  | 'large-integers'
  | 'fallback-data';

/** One thing found in the data; errors stop training, warnings are recorded with the run. */
export interface QualityFinding {
  severity: 'error' | 'warning';
  check: QualityCheck;
  column?: string;
  message: string;
}

/** What is stored with the run as quality_report.json. */
export interface QualityReport {
  rows: number;
  features: number;
  missing_target: number;
  duplicate_rows: number;
  class_counts: Record<string, number>;
  missing_share: Record<string, number>;
  findings: QualityFinding[];
}

/** Thresholds, all in one place. */
const LIMITS = {
  leastRows: 20,
  leastRowsPerClass: 5,
  /** Share of missing values from which a column is doubtful. */
  missingShare: 0.4,
  /** Share of the rarest class under which accuracy misleads. */
  rareClass: 0.1,
  duplicateShare: 0.01,
  /** Share of numbers from which text in a column is a typing error, not a category. */
  numericShare: 0.9,
  /** Share of distinct values from which a text or integer column names its rows. */
  distinctShare: 0.95,
  exactInteger: 2 ** 24,
};

export interface QualityInput {
  source: SourceData;
  features: Column[];
  target: Target;
  targetName: string;
  /** Rows that were left out because they have no target. */
  missingTarget: number;
}

/** Looks the data over before anything is learned from it. */
export function inspectQuality(input: QualityInput): QualityReport {
  const { source, features, target } = input;
  const rows = source.table.rowCount;
  const counts = countClasses(target);
  const duplicates = countDuplicates(features, target, rows);
  const missing = features.map((column) => countMissing(column, rows) / rows);
  return {
    rows,
    features: features.length,
    missing_target: input.missingTarget,
    duplicate_rows: duplicates,
    class_counts: Object.fromEntries(target.classes.map((label, i) => [String(label), counts[i]!])),
    missing_share: Object.fromEntries(features.map((column, i) => [column.name, missing[i]!])),
    findings: [
      ...fallbackFinding(source),
      ...rowFindings(input, counts, duplicates),
      ...typeFindings(source, features),
      ...features.flatMap((column, i) => columnFindings(column, missing[i]!, rows)),
    ],
  };
}

function fallbackFinding({ fallbackReason, description }: SourceData): QualityFinding[] {
  if (fallbackReason === undefined) return [];
  const why = fallbackReason.replace(/\.$/, '');
  const message = `The model is trained on stand-in data (${description}), because the real data cannot be read (${why}). It can never go into production.`;
  return [{ severity: 'warning', check: 'fallback-data', message }];
}

function rowFindings(
  { target, targetName, missingTarget }: QualityInput,
  counts: Int32Array,
  duplicates: number,
): QualityFinding[] {
  const findings: QualityFinding[] = [];
  const usable = target.labels.length;
  const add = (severity: QualityFinding['severity'], check: QualityCheck, message: string) =>
    findings.push({ severity, check, message });
  if (usable < LIMITS.leastRows) {
    add('error', 'too-few-rows', `${usable} rows with a target; at least ${LIMITS.leastRows} are needed.`);
  }
  if (missingTarget > 0) {
    add('warning', 'missing-target', `${missingTarget} rows have no value in "${targetName}" and are left out.`);
  }
  const rare = counts.indexOf(Math.min(...counts));
  if (counts[rare]! < LIMITS.leastRowsPerClass) {
    add(
      'error',
      'too-few-rows',
      `class "${target.classes[rare]}" has ${counts[rare]} rows; at least ${LIMITS.leastRowsPerClass} are needed.`,
    );
  } else if (counts[rare]! / usable < LIMITS.rareClass) {
    const share = ((100 * counts[rare]!) / usable).toFixed(1);
    add(
      'warning',
      'class-balance',
      `class "${target.classes[rare]}" is rare (${share} %): look at recall and f1, not at accuracy.`,
    );
  }
  if (duplicates / usable > LIMITS.duplicateShare) {
    add('warning', 'duplicate-rows', `${duplicates} rows repeat an earlier row.`);
  }
  return findings;
}

function typeFindings(source: SourceData, features: Column[]): QualityFinding[] {
  const used = new Set(features.map((column) => column.name));
  return source.conflicts
    .filter(({ column, numericShare }) => used.has(column) && numericShare >= LIMITS.numericShare)
    .map(({ column, file, line, value }) => ({
      severity: 'error',
      check: 'wrong-type',
      column,
      message: `${file}:${line}: column "${column}" holds numbers, but here "${value}". Correct it, or leave the field empty.`,
    }));
}

function columnFindings(column: Column, missingShare: number, rows: number): QualityFinding[] {
  const findings: QualityFinding[] = [];
  const warn = (check: QualityCheck, text: string) =>
    findings.push({ severity: 'warning', check, column: column.name, message: `column "${column.name}" ${text}` });
  if (missingShare > LIMITS.missingShare)
    warn('missing-values', `has no value in ${Math.round(100 * missingShare)} % of the rows.`);
  const distinct = countDistinct(column);
  if (distinct <= 1) warn('constant', 'has one value only and tells nothing.');
  if (namesRows(column, distinct, rows))
    warn('identifier-like', 'looks like an identifier: nearly every value is different.');
  if (
    column.type !== 'string' &&
    column.values.some((value) => Number.isInteger(value) && Math.abs(value) > LIMITS.exactInteger)
  ) {
    warn('large-integers', 'holds whole numbers beyond 16777216, which lose their last digits in the model (float32).');
  }
  return findings;
}

function namesRows(column: Column, distinct: number, rows: number): boolean {
  const discrete = column.type === 'string' || column.type === 'long';
  return discrete && rows >= 2 * LIMITS.leastRows && distinct > LIMITS.distinctShare * rows;
}

function countDistinct(column: Column): number {
  if (column.type === 'string') return new Set(column.codes.filter((code) => code >= 0)).size;
  return new Set(column.values.filter((value) => !Number.isNaN(value))).size;
}

function countMissing(column: Column, rows: number): number {
  let missing = 0;
  for (let row = 0; row < rows; row++) if (isMissing(column, row)) missing++;
  return missing;
}

function countClasses(target: Target): Int32Array {
  const counts = new Int32Array(target.classes.length);
  for (const label of target.labels) counts[label]!++;
  return counts;
}

function countDuplicates(features: Column[], target: Target, rows: number): number {
  const label: Column = { name: '(target)', type: 'long', values: Float64Array.from(target.labels) };
  const first = hashRows([...features, label], rows, 1);
  const second = hashRows([...features, label], rows, 2);
  const seen = new Set<number>();
  for (let row = 0; row < rows; row++) seen.add(first[row]! * 1048576 + (second[row]! & 0xfffff));
  return rows - seen.size;
}
