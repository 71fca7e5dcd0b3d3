import type { Config } from '../config/config.ts';
import { configError } from '../config/config-error.ts';
import { permutation, uniform } from './random.ts';
import { hashRows } from './row-hash.ts';
import { type Column, findColumn, type Table } from './table.ts';

/** Row numbers of each side, ascending; every row is on exactly one. */
export interface Split {
  train: Int32Array;
  validation: Int32Array;
  test: Int32Array;
}

/** What a split needs to know of the rows. */
export interface SplitInput {
  table: Table;
  /** Columns whose content decides a row's side (`hash`): features and target. */
  contentColumns: Column[];
  /** Class index of each row. */
  labels: Int32Array;
  classCount: number;
}

const TWO_TO_32 = 4294967296;

/** Divides the rows into train, validation and test as `training.split` says. */
export function splitRows(input: SplitInput, training: Config['training']): Split {
  requireRowsToTrain(training);
  switch (training.split) {
    case 'hash':
      return splitByHash(input, training);
    case 'stratified':
      return splitStratified(input, training);
    case 'time':
      return splitByTime(input, training);
  }
}

/** @throws EngineError `invalid-config` when test and validation take every row */
export function requireRowsToTrain({ test_size, validation_size }: Config['training']): void {
  if (test_size + validation_size < 1) return;
  const found = `found ${validation_size}, which with test_size ${test_size} leaves no row to train on`;
  throw configError(['training', 'validation_size'], `${found}; expected less than ${1 - test_size}`);
}

/** A row stays on its side whatever rows come or go; equal rows are on the same side. */
function splitByHash({ contentColumns, table }: SplitInput, training: Config['training']): Split {
  const hashes = hashRows(contentColumns, table.rowCount, training.random_seed);
  return divide(table.rowCount, (row) => sideAt(hashes[row]! / TWO_TO_32, training));
}

/** Each class gives its share to each side; rows of a class in seeded random order. */
function splitStratified({ labels, classCount }: SplitInput, training: Config['training']): Split {
  const random = uniform(training.random_seed);
  const sides = new Uint8Array(labels.length);
  const byClass = Array.from({ length: classCount }, (_, label) => rowsOf(labels, label));
  const sizes = byClass.map((rows) => rows.length);
  const testCounts = apportion(sizes, Math.ceil(labels.length * training.test_size));
  const left = sizes.map((size, label) => size - testCounts[label]!);
  const validationCounts = apportion(left, Math.ceil(labels.length * training.validation_size));
  for (const [label, rows] of byClass.entries()) {
    const testCount = testCounts[label]!;
    const validationEnd = testCount + validationCounts[label]!;
    permutation(rows.length, random).forEach((index, rank) => {
      sides[rows[index]!] = rank < testCount ? TEST : rank < validationEnd ? VALIDATION : TRAIN;
    });
  }
  return divide(labels.length, (row) => sides[row]!);
}

/**
 * `total` rows taken from classes of these sizes in proportion, the left over ones from the classes with the greatest remainders:
 * the mode of the hypergeometric distribution, as scikit-learn's StratifiedShuffleSplit.
 */
function apportion(sizes: number[], total: number): number[] {
  const all = sizes.reduce((sum, size) => sum + size, 0);
  const exact = sizes.map((size) => (size * total) / all);
  const counts = exact.map(Math.floor);
  const remainders = exact.map((share, label) => ({ label, remainder: share - counts[label]! }));
  remainders.sort((a, b) => b.remainder - a.remainder || a.label - b.label);
  const missing = total - counts.reduce((sum, count) => sum + count, 0);
  for (const { label } of remainders.slice(0, missing)) counts[label]!++;
  return counts;
}

/** The latest rows are tested on, those before them validated on. */
function splitByTime({ table }: SplitInput, training: Config['training']): Split {
  const column = training.time_column === null ? undefined : findColumn(table, training.time_column);
  if (!column) {
    throw configError(['training', 'time_column'], `found ${training.time_column}; expected a column of the data`);
  }
  const key = sortKey(column);
  const order = Int32Array.from({ length: table.rowCount }, (_, row) => row).sort((a, b) => key(a) - key(b) || a - b);
  const rank = new Int32Array(table.rowCount);
  order.forEach((row, position) => {
    rank[row] = position;
  });
  return divide(table.rowCount, (row) => sideAt(1 - (rank[row]! + 1) / table.rowCount, training));
}

/** Rows without a time count as the earliest. Texts are dates when all of them are, else they are ordered as texts. */
function sortKey(column: Column): (row: number) => number {
  if (column.type !== 'string') {
    return (row) => (Number.isNaN(column.values[row]!) ? -Infinity : column.values[row]!);
  }
  const times = column.categories.map((text) => Date.parse(text));
  const keys = times.some(Number.isNaN) ? ranksOf(column.categories) : times;
  return (row) => keys[column.codes[row]!] ?? -Infinity;
}

function ranksOf(texts: string[]): number[] {
  const rank = new Map(texts.toSorted().map((text, i) => [text, i]));
  return texts.map((text) => rank.get(text)!);
}

const TRAIN = 0;
const VALIDATION = 1;
const TEST = 2;

function sideAt(position: number, { test_size, validation_size }: Config['training']): number {
  if (position < test_size) return TEST;
  return position < test_size + validation_size ? VALIDATION : TRAIN;
}

function divide(rowCount: number, sideOf: (row: number) => number): Split {
  const sides: number[][] = [[], [], []];
  for (let row = 0; row < rowCount; row++) sides[sideOf(row)]!.push(row);
  const [train, validation, test] = sides.map((rows) => Int32Array.from(rows)) as [Int32Array, Int32Array, Int32Array];
  return { train, validation, test };
}

function rowsOf(labels: Int32Array, label: number): number[] {
  const rows: number[] = [];
  for (let row = 0; row < labels.length; row++) if (labels[row] === label) rows.push(row);
  return rows;
}

/**
 * Stratified k folds of the given rows, as scikit-learn's StratifiedKFold: each class is dealt out evenly.
 * Returns, for each fold, the rows that are held out.
 */
export function stratifiedFolds(
  rows: Int32Array,
  labels: Int32Array,
  classCount: number,
  folds: number,
  seed: number,
): Int32Array[] {
  const random = uniform(seed);
  const dealt: number[][] = Array.from({ length: folds }, () => []);
  let next = 0;
  for (let label = 0; label < classCount; label++) {
    const members = rows.filter((row) => labels[row] === label);
    for (const index of permutation(members.length, random)) dealt[next++ % folds]!.push(members[index]!);
  }
  return dealt.map((fold) => Int32Array.from(fold).sort());
}
