import { readFileSync } from 'node:fs';
import { type CsvOptions, nextRow, openCsv } from '../data/csv.ts';
import { EngineError } from '../support/errors.ts';
import type { Cell } from './feature-reader.ts';

export type TextFormat = 'csv' | 'json' | 'jsonl';
export type RowFormat = TextFormat | 'parquet';

/** Rows to score, as they came: one object per row, and where each stands. */
export interface InputRows {
  /** Columns that were given; for messages about missing and extra ones. */
  columns: string[];
  rows: Record<string, Cell>[];
  /** "rows.csv:17" for row 15. */
  placeOf(row: number): string;
  format: RowFormat;
  /** Mark between whole and fraction in numbers that are text. */
  decimal: '.' | ',';
}

/** How CSV files are written, as `data:` in config.yaml says. */
export type CsvFormat = Omit<CsvOptions, 'fileName'>;

/** What `predict` accepts: a file, text, row objects, arrays in the order of the signature, or columns. */
export type PredictInput =
  | { file: string }
  | { text: string; format?: TextFormat }
  | { rows: readonly Record<string, Cell>[] }
  | { arrays: readonly (readonly Cell[])[] }
  | { columns: Readonly<Record<string, readonly Cell[]>> };

/**
 * Reads rows to score; Parquet files by `readRows`.
 * @param names the model's input columns in order, for `arrays`
 * @param csv found out from the file where left out
 * @throws EngineError `invalid-data` with file:line, `not-found`
 */
export function readInput(input: PredictInput, names: string[], csv: CsvFormat = {}): InputRows {
  if ('file' in input) {
    return parseRows(readFile(input.file), formatOf(input.file), input.file, csv);
  }
  if ('text' in input) {
    return parseRows(Buffer.from(input.text), input.format ?? sniff(input.text), 'standard input', csv);
  }
  if ('rows' in input) return objectRows(input.rows as Record<string, Cell>[], (row) => `row ${row + 1}`, 'json');
  if ('arrays' in input) {
    const rows = input.arrays.map((cells, row) => zip(names, cells, `row ${row + 1}`));
    return objectRows(rows, (row) => `row ${row + 1}`, 'json');
  }
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

function formatOf(file: string): TextFormat {
  if (/\.(jsonl|ndjson)$/i.test(file)) return 'jsonl';
  if (/\.json$/i.test(file)) return 'json';
  return 'csv';
}

function sniff(text: string): TextFormat {
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

function parseRows(bytes: Buffer, format: TextFormat, name: string, csv: CsvFormat): InputRows {
  if (format === 'csv') return csvRows(bytes, name, csv);
  const text = bytes.toString('utf8').replace(/^\uFEFF/, '');
  if (format === 'json') return objectRows(jsonRows(text, name), (row) => `${name}: row ${row + 1}`, 'json');
  const lines = text.split('\n').map((line, i) => ({ line, number: i + 1 }));
  const filled = lines.filter(({ line }) => line.trim() !== '');
  const rows = filled.map(({ line, number }) => asRow(parseJson(line, `${name}:${number}`), `${name}:${number}`));
  return objectRows(rows, (row) => `${name}:${filled[row]!.number}`, 'jsonl');
}

export function csvRows(input: Buffer, name: string, csv: CsvFormat): InputRows {
  const { scanner, names: columns, decimal } = openCsv(input, { ...csv, fileName: name });
  const rows: Record<string, Cell>[] = [];
  const lines: number[] = [];
  while (nextRow(scanner, columns, name)) {
    rows.push(Object.fromEntries(columns.map((column, field) => [column, scanner.text(field)])));
    lines.push(scanner.line);
  }
  return { columns, rows, placeOf: (row) => `${name}:${lines[row]}`, format: 'csv', decimal };
}

/** A list of objects, one object, or pandas' "split" orientation. */
function jsonRows(text: string, name: string): Record<string, Cell>[] {
  const value = parseJson(text, name);
  if (Array.isArray(value)) return value.map((row, i) => asRow(row, `${name}: row ${i + 1}`));
  const { columns, data } = (value ?? {}) as { columns?: unknown; data?: unknown };
  if (!Array.isArray(columns) || !Array.isArray(data)) return [asRow(value, name)];
  return data.map((cells: unknown, i) => {
    const place = `${name}: row ${i + 1}`;
    if (!Array.isArray(cells)) throw new EngineError('invalid-data', `${place}: expected a list of values.`);
    return asRow(zip(columns.map(String), cells as Cell[], place), place);
  });
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

function zip(names: string[], cells: readonly Cell[], place: string): Record<string, Cell> {
  if (cells.length !== names.length) {
    throw new EngineError('invalid-data', `${place}: found ${cells.length} values; expected ${names.length}.`, {
      fix: `Columns, in this order: ${names.join(', ')}.`,
    });
  }
  return Object.fromEntries(names.map((name, i) => [name, cells[i]]));
}

function objectRows(rows: Record<string, Cell>[], placeOf: (row: number) => string, format: RowFormat): InputRows {
  const columns = [...new Set(rows.flatMap((row) => Object.keys(row)))];
  return { columns, rows, placeOf, format, decimal: '.' };
}

function columnRows(columns: Readonly<Record<string, readonly Cell[]>>): InputRows {
  const names = Object.keys(columns);
  const lengths = new Set(names.map((name) => columns[name]!.length));
  if (lengths.size > 1) throw new EngineError('invalid-data', 'The columns are of unequal length.');
  const count = [...lengths][0] ?? 0;
  const rows = Array.from({ length: count }, (_, row) =>
    Object.fromEntries(names.map((name) => [name, columns[name]![row]])),
  );
  return { columns: names, rows, placeOf: (row) => `row ${row + 1}`, format: 'json', decimal: '.' };
}
