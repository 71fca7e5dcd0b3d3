import { isMissingText, parseBoolean, parseNumber } from '../data/field-values.ts';
import type { SignatureColumn } from '../model/signature.ts';
import type { Cell } from './feature-reader.ts';
import type { InputRows } from './input.ts';

/** Where a leading zero means something, the text is no number: postal codes, account numbers. */
const LEADING_ZERO = /^\s*[+-]?0\d/;

/**
 * The rows of a CSV or Parquet file with values as JSON writes them: a column of numbers as numbers, of booleans as booleans, what is missing as
 * null. The model's own columns have the type that it reads them by.
 */
export function typedRows({ columns, rows, decimal, format }: InputRows, inputs: SignatureColumn[]): InputRows['rows'] {
  if (format === 'json' || format === 'jsonl') return rows;
  const types = new Map(inputs.map(({ name, type }) => [name, type]));
  const readers = columns.map((name) => {
    const type = types.get(name);
    return { name, read: type === 'string' ? readText : readerOf(texts(rows, name), decimal, type !== undefined) };
  });
  return rows.map((row) => Object.fromEntries(readers.map(({ name, read }) => [name, read(String(row[name] ?? ''))])));
}

function texts(rows: InputRows['rows'], name: string): string[] {
  return rows.map((row) => String(row[name] ?? '')).filter((text) => !isMissingText(text));
}

function readerOf(values: string[], decimal: string, isFeature: boolean): (text: string) => Cell {
  const isNumeric = values.every((text) => isExact(text, decimal) && (isFeature || !LEADING_ZERO.test(text)));
  if (isNumeric) return (text) => (isMissingText(text) ? null : parseNumber(text, decimal));
  if (values.every((text) => parseBoolean(text) !== undefined))
    return (text) => (isMissingText(text) ? null : parseBoolean(text) === 1);
  return readText;
}

/** JSON has no infinities, and readers of it no integers beyond 2^53. */
function isExact(text: string, decimal: string): boolean {
  const number = parseNumber(text, decimal);
  return number !== undefined && Math.abs(number) <= Number.MAX_SAFE_INTEGER;
}

function readText(text: string): Cell {
  return text === '' ? null : text;
}
