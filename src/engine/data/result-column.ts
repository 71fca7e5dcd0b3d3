import { textColumn } from './column-builder.ts';
import type { Column } from './table.ts';

const WHOLE = new Set(['BYTE', 'SHORT', 'INT', 'LONG']);
const NUMERIC = new Set([...WHOLE, 'FLOAT', 'DOUBLE', 'DECIMAL']);

/**
 * Collects the values of one column of a SQL result, which all come as texts, and gives them the type that the result declares:
 * whole numbers without gaps are `long`, other numbers `double`, BOOLEAN `boolean`, everything else `string`.
 */
export class ResultColumnBuilder {
  readonly #name: string;
  readonly #type: string;
  readonly #isText: boolean;
  #numbers = new Float64Array(1024);
  readonly #texts: (string | null)[] = [];
  #count = 0;
  #missing = 0;

  /** @param type Databricks' type_name: LONG, DECIMAL, STRING, ... */
  constructor(name: string, type: string) {
    this.#name = name;
    this.#type = type;
    this.#isText = !NUMERIC.has(type) && type !== 'BOOLEAN';
  }

  add(value: string | null): void {
    if (this.#isText) this.#texts.push(value);
    else
      this.#addNumber(
        value === null ? Number.NaN : this.#type === 'BOOLEAN' ? Number(value === 'true') : Number(value),
      );
    this.#count++;
  }

  #addNumber(value: number): void {
    if (this.#count === this.#numbers.length) {
      const wider = new Float64Array(this.#numbers.length * 2);
      wider.set(this.#numbers);
      this.#numbers = wider;
    }
    this.#numbers[this.#count] = value;
    if (Number.isNaN(value)) this.#missing++;
  }

  /** @param order numbers of the rows, in the order in which they are to stand */
  build(order: Int32Array): Column {
    const name = this.#name;
    if (this.#isText)
      return textColumn(
        name,
        Array.from(order, (row) => this.#texts[row] ?? null),
      );
    const values = Float64Array.from(order, (row) => this.#numbers[row]!);
    if (this.#type === 'BOOLEAN') return { name, type: 'boolean', values };
    const isWhole = WHOLE.has(this.#type) && this.#missing === 0 && this.#count > 0;
    return { name, type: isWhole ? 'long' : 'double', values };
  }
}
