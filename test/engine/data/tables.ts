import { textColumn } from '../../../src/engine/data/column-builder.ts';
import { type CsvOptions, type CsvTable, readCsv } from '../../../src/engine/data/csv.ts';
import { type Column, type Table, valueAt } from '../../../src/engine/data/table.ts';

/** Reads CSV text or bytes as a file called rows.csv. */
export function csv(content: string | Uint8Array, options: Partial<CsvOptions> = {}): CsvTable {
  return readCsv(Buffer.from(content as string), { fileName: 'rows.csv', ...options });
}

/** The table's values by column name, missing ones null. */
export function valuesOf({ columns, rowCount }: Table): Record<string, unknown[]> {
  const rows = Array.from({ length: rowCount }, (_, row) => row);
  return Object.fromEntries(columns.map((column) => [column.name, rows.map((row) => valueAt(column, row))]));
}

/** The table's types by column name. */
export function typesOf({ columns }: Table): Record<string, string> {
  return Object.fromEntries(columns.map(({ name, type }) => [name, type]));
}

/** A column of numbers (null is missing) or texts. */
export function columnOf(name: string, values: readonly (number | string | null)[]): Column {
  if (values.some((value) => typeof value === 'string')) return textColumn(name, values as (string | null)[]);
  const numbers = Float64Array.from(values, (value) => (value === null ? Number.NaN : Number(value)));
  return { name, type: numbers.every(Number.isInteger) ? 'long' : 'double', values: numbers };
}

/** A table of such columns. */
export function tableOf(columns: Record<string, readonly (number | string | null)[]>): Table {
  const entries = Object.entries(columns);
  return { columns: entries.map(([name, values]) => columnOf(name, values)), rowCount: entries[0]?.[1].length ?? 0 };
}
