/** MLflow's column types, as `mlflow.models.infer_signature` gives them for the frame pandas reads. */
export type ColumnType = 'long' | 'double' | 'boolean' | 'string';

/** Numbers, booleans as 0 and 1; NaN is a missing value, which `long` columns never hold. */
export interface NumericColumn {
  name: string;
  type: 'long' | 'double' | 'boolean';
  values: Float64Array;
}

/** Text, each distinct value stored once; code -1 is a missing value. */
export interface TextColumn {
  name: string;
  type: 'string';
  codes: Int32Array;
  /** Distinct values in order of first appearance. */
  categories: string[];
}

export type Column = NumericColumn | TextColumn;

/** Rows as typed columns of equal length. */
export interface Table {
  columns: Column[];
  rowCount: number;
}

/** The column called `name`, or undefined. */
export function findColumn(table: Table, name: string): Column | undefined {
  return table.columns.find((column) => column.name === name);
}

/** Whether the value in `row` is missing. */
export function isMissing(column: Column, row: number): boolean {
  return column.type === 'string' ? column.codes[row] === -1 : Number.isNaN(column.values[row]);
}

/** The value as people and JSON see it: number, boolean, text, or null when missing. */
export function valueAt(column: Column, row: number): string | number | boolean | null {
  if (isMissing(column, row)) return null;
  if (column.type === 'string') return column.categories[column.codes[row]!]!;
  const value = column.values[row]!;
  return column.type === 'boolean' ? value === 1 : value;
}

/** The rows at `indices`, in that order. */
export function takeRows(column: Column, indices: Int32Array): Column {
  if (column.type !== 'string') return { ...column, values: Float64Array.from(indices, (row) => column.values[row]!) };
  return { ...column, codes: Int32Array.from(indices, (row) => column.codes[row]!) };
}
