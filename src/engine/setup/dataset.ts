import { existsSync } from 'node:fs';
import path from 'node:path';
import { tableAsCsv } from '../data/csv-text.ts';
import { generateTable, SYNTHETIC_DEFAULTS, type SyntheticOptions } from '../data/sources/synthetic.ts';
import { writeFileWhole } from '../support/atomic-file.ts';
import { EngineError } from '../support/errors.ts';

type Shape = { [K in keyof Omit<SyntheticOptions, 'sample'>]?: SyntheticOptions[K] | undefined };

export interface DatasetOptions extends Shape {
  /** Folder for train.csv and test.csv. */
  folder: string;
  /** A quarter of `rows` unless given. */
  testRows?: number | undefined;
  /** Replace files that are there. */
  overwrite?: boolean | undefined;
}

/** What `dataset --json` prints. */
export interface DatasetResult {
  schema: 1;
  files: { file: string; rows: number }[];
  target_column: string;
}

const BOUNDS: Record<string, [number, number]> = {
  rows: [10, 10_000_000],
  testRows: [1, 10_000_000],
  features: [1, 10_000],
  classes: [2, 100],
  noise: [0, 1],
  drift: [-100, 100],
};

/**
 * Writes synthetic training and test rows of one population; `drift` moves the features of the test rows only.
 * Same options, same bytes.
 * @throws EngineError `usage` for a number out of bounds, or a file that exists and may not be replaced
 */
export function createDataset(options: DatasetOptions): DatasetResult {
  const { folder, testRows, overwrite, ...given } = options;
  const chosen = { ...SYNTHETIC_DEFAULTS, targetColumn: 'target', ...withoutUndefined(given) };
  const sizes = { train: chosen.rows, test: testRows ?? Math.max(1, Math.round(chosen.rows / 4)) };
  requireBounds({ ...chosen, testRows: sizes.test });
  const files = { train: path.join(folder, 'train.csv'), test: path.join(folder, 'test.csv') };
  for (const file of Object.values(files)) if (!overwrite) requireAbsent(file);
  writeFileWhole(files.train, tableAsCsv(generateTable({ ...chosen, drift: 0 })));
  writeFileWhole(files.test, tableAsCsv(generateTable({ ...chosen, rows: sizes.test, sample: 1 })));
  return {
    schema: 1,
    files: [
      { file: files.train, rows: sizes.train },
      { file: files.test, rows: sizes.test },
    ],
    target_column: chosen.targetColumn,
  };
}

function requireBounds(values: Record<string, unknown>): void {
  for (const [name, [least, most]] of Object.entries(BOUNDS)) {
    const value = values[name];
    const isWhole = name === 'noise' || name === 'drift' || Number.isInteger(value);
    if (typeof value === 'number' && isWhole && value >= least && value <= most) continue;
    throw new EngineError('usage', `${name}: found ${value}; expected a number from ${least} to ${most}.`);
  }
}

function requireAbsent(file: string): void {
  if (!existsSync(file)) return;
  throw new EngineError('usage', `${file} exists already.`, {
    fix: 'Choose another folder with --output, or --force.',
  });
}

function withoutUndefined<T extends object>(values: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  const entries = Object.entries(values).filter(([, value]) => value !== undefined);
  return Object.fromEntries(entries) as { [K in keyof T]: Exclude<T[K], undefined> };
}
