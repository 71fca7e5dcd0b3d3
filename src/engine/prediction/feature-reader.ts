import type { CsvScanner } from '../data/csv-scanner.ts';
import { isIntegerText, isMissingText, parseBoolean, parseNumber, parsePlainDecimal } from '../data/field-values.ts';
import type { SignatureColumn } from '../model/signature.ts';
import { floatTensor, type Tensor } from '../model/tensor.ts';

/** A value as text, number, boolean, or absent: what CSV fields and JSON values come down to. */
export type Cell = string | number | boolean | null | undefined;

const FIRST_CAPACITY = 16;

const EXPECTED = {
  long: 'a whole number',
  double: 'a number',
  boolean: 'true or false',
  string: 'text',
  float: 'a number',
};

/** Collects one input column of the model, cell by cell, by the type its signature declares. */
export class FeatureReader {
  readonly column: SignatureColumn;
  /** Texts the model was not trained on, with how often they came. */
  readonly unknown = new Map<string, number>();
  private readonly known: ReadonlySet<string> | undefined;
  private readonly decimal: string;
  private numbers = new Float64Array(FIRST_CAPACITY);
  private count = 0;
  private readonly texts: string[] = [];

  /**
   * @param known texts the model was trained on; of text columns only
   * @param decimal mark between whole and fraction in numbers that are text
   */
  constructor(column: SignatureColumn, known?: ReadonlySet<string>, decimal = '.') {
    this.column = column;
    this.known = known;
    this.decimal = decimal;
  }

  /** Adds a cell; returns what is wrong with it, or null. A refused cell is not added. */
  add(cell: Cell): string | null {
    if (this.column.type === 'string') return this.addText(cell);
    const number = this.toNumber(cell);
    if (number === undefined) {
      const found = isMissing(cell) ? 'no value' : JSON.stringify(cell);
      return `column "${this.column.name}": found ${found}; expected ${EXPECTED[this.column.type]}`;
    }
    this.push(number);
    return null;
  }

  private push(number: number): void {
    if (this.count === this.numbers.length) {
      const larger = new Float64Array(this.count * 2);
      larger.set(this.numbers);
      this.numbers = larger;
    }
    this.numbers[this.count++] = number;
  }

  /**
   * Adds a field of the scanner's current record, as {@link add} would add its text; -1 stands for a column that is absent.
   * Plain decimals, which is what most fields are, are read without making a text of them.
   */
  addField(scanner: CsvScanner, field: number, encoding: 'utf8' | 'latin1'): string | null {
    if (field < 0) return this.add(undefined);
    const { type } = this.column;
    if (type !== 'string' && type !== 'boolean' && this.decimal === '.') {
      const [start, end] = [scanner.starts[field]!, scanner.ends[field]!];
      const number = parsePlainDecimal(scanner.bytes, start, end);
      if (!Number.isNaN(number) && (type !== 'long' || !hasPoint(scanner.bytes, start, end))) {
        this.push(number);
        return null;
      }
    }
    return this.add(scanner.text(field, encoding));
  }

  /** Takes back what came behind the first `rows` cells: the row was refused for another column. */
  truncate(rows: number): void {
    this.count = Math.min(this.count, rows);
    if (this.texts.length > rows) this.texts.length = rows;
  }

  private addText(cell: Cell): null {
    const text = isMissing(cell) ? '' : String(cell);
    if (this.known && !this.known.has(text)) this.unknown.set(text, (this.unknown.get(text) ?? 0) + 1);
    this.texts.push(text);
    return null;
  }

  /** NaN for a missing value where the model can fill it in, undefined when the cell does not fit. */
  private toNumber(cell: Cell): number | undefined {
    const { type } = this.column;
    if (isMissing(cell)) return type === 'long' ? undefined : Number.NaN;
    if (type === 'boolean') return typeof cell === 'boolean' ? Number(cell) : parseBoolean(String(cell));
    if (typeof cell === 'boolean') return undefined;
    if (typeof cell === 'string' && type === 'long' && !isIntegerText(cell)) return undefined;
    const number = typeof cell === 'string' ? parseNumber(cell, this.decimal) : (cell as number);
    return type === 'long' && !Number.isInteger(number) ? undefined : number;
  }

  /** What was collected, as the graph takes it. */
  tensor(): Tensor {
    const { type } = this.column;
    if (type === 'string') return { type, dims: [this.texts.length], data: this.texts };
    const dims = [this.count];
    const numbers = this.numbers.subarray(0, this.count);
    return type === 'long'
      ? { type: 'int64', dims, data: numbers.slice() }
      : floatTensor(dims, new Float32Array(numbers));
  }
}

function isMissing(cell: Cell): boolean {
  return cell === null || cell === undefined || (typeof cell === 'string' && isMissingText(cell)) || Number.isNaN(cell);
}

const POINT = 46;

function hasPoint(bytes: Uint8Array, start: number, end: number): boolean {
  for (let at = start; at < end; at++) if (bytes[at] === POINT) return true;
  return false;
}
