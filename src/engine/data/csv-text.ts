import { type Table, valueAt } from './table.ts';

/** A field as RFC 4180 writes it: quoted when it holds the delimiter, a quote or a line end. */
export function csvField(value: unknown, delimiter = ','): string {
  const text = value === null || value === undefined ? '' : String(value);
  return /["\r\n]/.test(text) || text.includes(delimiter) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** Lines of fields as CSV text. */
export function csvText(lines: readonly (readonly unknown[])[]): string {
  return lines.map((cells) => `${cells.map((cell) => csvField(cell)).join(',')}\n`).join('');
}

/** A table with its header as CSV text; missing values are empty. */
export function tableAsCsv({ columns, rowCount }: Table): string {
  const rows = Array.from({ length: rowCount }, (_, row) => columns.map((column) => valueAt(column, row)));
  return csvText([columns.map(({ name }) => name), ...rows]);
}
