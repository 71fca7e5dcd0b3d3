import { EngineError } from '../support/errors.ts';
import { textColumn } from './column-builder.ts';
import { type Column, findColumn, type NumericColumn, type Table, valueAt } from './table.ts';

/** A table and what to call it in messages. */
export interface NamedTable {
  name: string;
  table: Table;
}

/**
 * The rows of all tables, one after the other, columns matched by name; types widen (long to double, any to string). A column
 * without values tells nothing of its type.
 * @throws EngineError `invalid-data` when a table lacks a column of the first or has one more.
 */
export function concatenateTables(parts: NamedTable[]): Table {
  const [first] = parts;
  if (!first) return { columns: [], rowCount: 0 };
  if (parts.length === 1) return first.table;
  const names = first.table.columns.map((column) => column.name);
  for (const part of parts) requireSameColumns(first, part);
  const columns = names.map((name) => concatenate(parts.map(({ table }) => findColumn(table, name)!)));
  return { columns, rowCount: parts.reduce((sum, { table }) => sum + table.rowCount, 0) };
}

function requireSameColumns(first: NamedTable, other: NamedTable): void {
  const expected = new Set(first.table.columns.map((column) => column.name));
  const found = new Set(other.table.columns.map((column) => column.name));
  const missing = [...expected].filter((name) => !found.has(name));
  const extra = [...found].filter((name) => !expected.has(name));
  if (missing.length + extra.length === 0) return;
  const what = [
    ...missing.map((name) => `lacks the column "${name}"`),
    ...extra.map((name) => `has a column "${name}" of its own`),
  ];
  throw new EngineError(
    'invalid-data',
    `${other.name}: ${what.join(', ')}; the columns of ${first.name} are expected.`,
  );
}

function concatenate(columns: Column[]): Column {
  const name = columns[0]!.name;
  const numeric = columns.flatMap((column) => (column.type === 'string' ? [] : [column]));
  const types = new Set(columns.filter(hasValue).map((column) => column.type));
  const mixesBooleans = types.has('boolean') && types.size > 1;
  if (types.has('string') || mixesBooleans) {
    return textColumn(name, columns.flatMap(texts));
  }
  const values = new Float64Array(numeric.reduce((sum, column) => sum + column.values.length, 0));
  let at = 0;
  for (const column of numeric) {
    values.set(column.values, at);
    at += column.values.length;
  }
  const [type = 'double'] = types;
  const whole = type !== 'long' || !values.some(Number.isNaN);
  return { name, type: types.size === 1 && whole ? (type as NumericColumn['type']) : 'double', values };
}

function hasValue(column: Column): boolean {
  return column.type === 'string' ? column.categories.length > 0 : column.values.some((value) => !Number.isNaN(value));
}

/** Booleans are written True and False, as pandas prints them. */
function texts(column: Column): (string | null)[] {
  const rows = column.type === 'string' ? column.codes.length : column.values.length;
  return Array.from({ length: rows }, (_, row) => {
    const value = valueAt(column, row);
    if (typeof value === 'boolean') return value ? 'True' : 'False';
    return value === null ? null : String(value);
  });
}
