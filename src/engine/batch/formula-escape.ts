import type { CsvScanner } from '../data/csv-scanner.ts';

/** What a spreadsheet takes for the beginning of a formula (OWASP, "CSV injection"). */
const STARTERS = new Set(['=', '+', '-', '@', '\t', '\r'].map((sign) => sign.charCodeAt(0)));
/** With either decimal mark: neither makes a formula of a number. */
const NUMBER = /^[+-]?(\d+[.,]?\d*|[.,]\d+)(e[+-]?\d+)?$/i;
const APOSTROPHE = Buffer.from("'");

/**
 * The current record with an apostrophe put before every field that a spreadsheet would compute; numbers are left alone. All
 * other bytes stay as they are.
 */
export function withEscapedFormulas(scanner: CsvScanner, fieldCount: number): Buffer {
  const { bytes, recordStart, recordEnd } = scanner;
  const parts: Uint8Array[] = [];
  let from = recordStart;
  for (let field = 0; field < fieldCount; field++) {
    const start = scanner.starts[field]!;
    if (!STARTERS.has(bytes[start]!) || start >= scanner.ends[field]! || NUMBER.test(scanner.text(field))) continue;
    parts.push(bytes.subarray(from, start), APOSTROPHE);
    from = start;
  }
  return parts.length === 0
    ? bytes.subarray(recordStart, recordEnd)
    : Buffer.concat([...parts, bytes.subarray(from, recordEnd)]);
}

/** A text that a spreadsheet would compute, with an apostrophe before it. */
export function escapedFormula(text: string): string {
  return STARTERS.has(text.charCodeAt(0)) && !NUMBER.test(text) ? `'${text}` : text;
}
