import type { CsvScanner } from './csv-scanner.ts';
import { isIntegerText, isMissingText, parseBoolean, parseNumber, parsePlainDecimal } from './field-values.ts';
import type { Column } from './table.ts';

const DOT = 46;

/** A place where a column that is otherwise numeric holds something else. */
export interface TypeConflict {
  column: string;
  line: number;
  value: string;
  /** Share of the column's values that are numbers. */
  numericShare: number;
}

/**
 * Collects one column's fields and decides its type as pandas' read_csv does: whole numbers without gaps are `long`,
 * numbers with gaps or fractions `double`, true/false `boolean`, all else `string`.
 */
export class ColumnBuilder {
  readonly name: string;
  private readonly decimal: string;
  private numbers = new Float64Array(1024);
  private rows = 0;
  private missing = 0;
  private booleans = 0;
  private numeric = 0;
  private integers = 0;
  /** Texts by row, kept from the first value on that is not a number. */
  private texts: (string | null)[] | null = null;
  /** Rows before that one: their texts must be read again, because 1.50 is not the text of 1.5. */
  rowsWithoutText = 0;
  private firstOther: { line: number; value: string } | undefined;
  private readonly interned = new Map<string, string>();

  constructor(name: string, decimal: string) {
    this.name = name;
    this.decimal = decimal;
  }

  /** Adds the field of the scanner's current record. */
  add(scanner: CsvScanner, field: number): void {
    if (this.rows === this.numbers.length) this.grow();
    const start = scanner.starts[field]!;
    const end = scanner.ends[field]!;
    const value = this.decimal === '.' ? parsePlainDecimal(scanner.bytes, start, end) : Number.NaN;
    if (Number.isNaN(value)) this.addText(scanner.text(field), scanner.line);
    else this.addNumber(value, scanner.bytes.subarray(start, end).indexOf(DOT) < 0, () => scanner.text(field));
    this.rows++;
  }

  private addNumber(value: number, integer: boolean, text: () => string): void {
    this.numbers[this.rows] = value;
    this.numeric++;
    if (integer) this.integers++;
    if (this.texts) this.texts[this.rows] = this.intern(text());
  }

  private addText(text: string, line: number): void {
    if (isMissingText(text)) {
      this.numbers[this.rows] = Number.NaN;
      this.missing++;
      if (this.texts) this.texts[this.rows] = null;
      return;
    }
    const number = parseNumber(text, this.decimal);
    if (number !== undefined) {
      this.addNumber(number, isIntegerText(text), () => text);
      return;
    }
    if (!this.texts) {
      this.rowsWithoutText = this.rows;
      this.texts = new Array(this.rows).fill(null);
    }
    this.texts[this.rows] = this.intern(text);
    const truth = parseBoolean(text);
    if (truth !== undefined) this.booleans++;
    this.numbers[this.rows] = truth ?? Number.NaN;
    this.firstOther ??= { line, value: text };
  }

  /** Gives the text of an early row, read again. */
  restoreText(row: number, text: string): void {
    if (this.texts && !isMissingText(text)) this.texts[row] = this.intern(text);
  }

  private intern(text: string): string {
    const known = this.interned.get(text);
    if (known !== undefined) return known;
    const copy = Buffer.from(text).toString();
    this.interned.set(copy, copy);
    return copy;
  }

  private grow(): void {
    const wider = new Float64Array(this.numbers.length * 2);
    wider.set(this.numbers);
    this.numbers = wider;
  }

  /** Where a column that is mostly numbers holds text, if it does. */
  conflict(): TypeConflict | undefined {
    const present = this.rows - this.missing;
    if (!this.firstOther || this.numeric < present * 0.5) return undefined;
    return { column: this.name, ...this.firstOther, numericShare: this.numeric / present };
  }

  build(): Column {
    const { name } = this;
    const values = this.numbers.slice(0, this.rows);
    const present = this.rows - this.missing;
    if (!this.texts) {
      const whole = this.missing === 0 && this.integers === present && present > 0;
      return { name, type: whole && values.every(isInt64) ? 'long' : 'double', values };
    }
    if (this.booleans === present) return { name, type: 'boolean', values };
    return textColumn(name, this.texts);
  }
}

/** Whether a whole number fits into 64 bits; MLflow has no type for longer ones. */
function isInt64(value: number): boolean {
  return value >= -(2 ** 63) && value < 2 ** 63;
}

/** A text column of `texts`, null where missing. */
export function textColumn(name: string, texts: readonly (string | null)[]): Column {
  const index = new Map<string, number>();
  const codes = Int32Array.from(texts, (text) => {
    if (text === null) return -1;
    const code = index.get(text) ?? index.size;
    index.set(text, code);
    return code;
  });
  return { name, type: 'string', codes, categories: [...index.keys()] };
}
