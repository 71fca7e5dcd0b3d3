import { readFileSync } from 'node:fs';
import { detectDelimiter, readHeader } from '../data/csv.ts';
import { CsvScanner } from '../data/csv-scanner.ts';
import { EngineError } from '../support/errors.ts';
import type { Cell } from './feature-reader.ts';

export type RowFormat = 'csv' | 'json' | 'jsonl';

/** Rows to score, as they came: one object per row, and where each stands. */
export interface InputRows {
  /** Columns that were given; for messages about missing and extra ones. */
  columns: string[];
  rows: Record<string, Cell>[];
  /** "rows.csv:17" for row 15. */
  placeOf(row: number): string;
  format: RowFormat;
}

/** What `predict` accepts: a file, text, row objects, arrays in the order of the signature, or columns. */
export type PredictInput =
  | { file: string }
  | { text: string; format?: RowFormat }
  | { rows: readonly Record<string, Cell>[] }
  | { arrays: readonly (readonly Cell[])[] }
  | { columns: Readonly<Record<string, readonly Cell[]>> };

/**
 * Reads rows to score.
 * @param names the model's input columns in order, for `arrays`
 * @throws EngineError `invalid-data` with file:line, `not-found`, `unsupported` (Parquet)
 */
export function readInput(input: PredictInput, names: string[]): InputRows {
  if ('file' in input) return parseRows(readFile(input.file), formatOf(input.file), input.file);
  if ('text' in input) return parseRows(Buffer.from(input.text), input.format ?? sniff(input.text), 'standard input');
  if ('rows' in input) return objectRows(input.rows as Record<string, Cell>[], (row) => `row ${row + 1}`, 'json');
  if ('arrays' in input)
    return objectRows(
      input.arrays.map((cells) => zip(names, cells)),
      (row) => `row ${row + 1}`,
      'json',
    );
  return columnRows(input.columns);
}

function readFile(file: string): Buffer {
  try {
    return readFileSync(file);
  } catch (error) {
    const missing = (error as NodeJS.ErrnoException).code === 'ENOENT';
    throw new EngineError('not-found', `${file} ${missing ? 'does not exist' : 'cannot be read'}.`);
  }
}

function formatOf(file: string): RowFormat {
  if (/\.(jsonl|ndjson)$/i.test(file)) return 'jsonl';
  if (/\.json$/i.test(file)) return 'json';
  if (!/\.parquet$/i.test(file)) return 'csv';
  throw new EngineError('unsupported', `${file}: Parquet is not read yet; it arrives with the batch release.`, {
    fix: 'Convert the file to CSV.',
  });
}

function sniff(text: string): RowFormat {
  const start = text.trimStart();
  if (start.startsWith('[')) return 'json';
  if (!start.startsWith('{')) return 'csv';
  try {
    JSON.parse(text);
    return 'json';
  } catch {
    return 'jsonl';
  }
}

function parseRows(bytes: Buffer, format: RowFormat, name: string): InputRows {
  if (format === 'csv') return csvRows(bytes, name);
  const text = bytes.toString('utf8').replace(/^\uFEFF/, '');
  if (format === 'json') return objectRows(jsonRows(text, name), (row) => `${name}: row ${row + 1}`, 'json');
  const lines = text.split('\n').map((line, i) => ({ line, number: i + 1 }));
  const filled = lines.filter(({ line }) => line.trim() !== '');
  const rows = filled.map(({ line, number }) => asRow(parseJson(line, `${name}:${number}`), `${name}:${number}`));
  return objectRows(rows, (row) => `${name}:${filled[row]!.number}`, 'jsonl');
}

function csvRows(input: Buffer, name: string): InputRows {
  const bytes = input[0] === 0xef && input[1] === 0xbb && input[2] === 0xbf ? input.subarray(3) : input;
  const scanner = new CsvScanner(bytes, detectDelimiter(bytes));
  const columns = readHeader(scanner, name);
  const rows: Record<string, Cell>[] = [];
  const lines: number[] = [];
  for (let count = scanner.next(); count > 0; count = scanner.next()) {
    if (count !== columns.length) {
      throw new EngineError(
        'invalid-data',
        `${name}:${scanner.line}: found ${count} fields; the header has ${columns.length}.`,
      );
    }
    rows.push(Object.fromEntries(columns.map((column, field) => [column, scanner.text(field)])));
    lines.push(scanner.line);
  }
  return { columns, rows, placeOf: (row) => `${name}:${lines[row]}`, format: 'csv' };
}

/** A list of objects, one object, or pandas' "split" orientation. */
function jsonRows(text: string, name: string): Record<string, Cell>[] {
  const value = parseJson(text, name);
  if (Array.isArray(value)) return value.map((row, i) => asRow(row, `${name}: row ${i + 1}`));
  const { columns, data } = value as { columns?: unknown; data?: unknown };
  if (Array.isArray(columns) && Array.isArray(data))
    return data.map((cells: Cell[]) => zip(columns as string[], cells));
  return [asRow(value, name)];
}

function parseJson(text: string, place: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new EngineError('invalid-data', `${place}: not valid JSON: ${(error as Error).message}.`);
  }
}

function asRow(value: unknown, place: string): Record<string, Cell> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new EngineError('invalid-data', `${place}: expected an object with a value per column.`);
  }
  const nested = Object.entries(value).find(([, cell]) => typeof cell === 'object' && cell !== null);
  if (nested) throw new EngineError('invalid-data', `${place}: column "${nested[0]}": expected text or a number.`);
  return value as Record<string, Cell>;
}

function zip(names: string[], cells: readonly Cell[]): Record<string, Cell> {
  return Object.fromEntries(names.map((name, i) => [name, cells[i]]));
}

function objectRows(rows: Record<string, Cell>[], placeOf: (row: number) => string, format: RowFormat): InputRows {
  const columns = [...new Set(rows.flatMap((row) => Object.keys(row)))];
  return { columns, rows, placeOf, format };
}

function columnRows(columns: Readonly<Record<string, readonly Cell[]>>): InputRows {
  const names = Object.keys(columns);
  const lengths = new Set(names.map((name) => columns[name]!.length));
  if (lengths.size > 1) throw new EngineError('invalid-data', 'The columns are of unequal length.');
  const count = [...lengths][0] ?? 0;
  const rows = Array.from({ length: count }, (_, row) =>
    zip(
      names,
      names.map((name) => columns[name]![row]),
    ),
  );
  return { columns: names, rows, placeOf: (row) => `row ${row + 1}`, format: 'json' };
}
