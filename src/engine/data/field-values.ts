/** Texts that pandas' read_csv takes for a missing value (its documentation, `na_values`). */
const MISSING_TEXTS = new Set([
  '',
  '#N/A',
  '#N/A N/A',
  '#NA',
  '-1.#IND',
  '-1.#QNAN',
  '-NaN',
  '-nan',
  '1.#IND',
  '1.#QNAN',
  '<NA>',
  'N/A',
  'NA',
  'NULL',
  'NaN',
  'None',
  'n/a',
  'nan',
  'null',
]);

const NUMBER = /^\s*[+-]?(?:(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?|inf(?:inity)?)\s*$/i;
const INTEGER = /^\s*[+-]?\d+\s*$/;
const TRUE_TEXTS = new Set(['True', 'TRUE', 'true']);
const FALSE_TEXTS = new Set(['False', 'FALSE', 'false']);

/** Whether pandas reads `text` as a missing value. */
export function isMissingText(text: string): boolean {
  return MISSING_TEXTS.has(text);
}

/** 1, 0, or undefined when `text` is not a boolean as pandas reads it. */
export function parseBoolean(text: string): 0 | 1 | undefined {
  if (TRUE_TEXTS.has(text)) return 1;
  return FALSE_TEXTS.has(text) ? 0 : undefined;
}

/** Whether `text` is written as a whole number. */
export function isIntegerText(text: string): boolean {
  return INTEGER.test(text);
}

/** The number in `text`, or undefined when it is none. `decimal` is the mark between whole and fraction. */
export function parseNumber(text: string, decimal: string): number | undefined {
  const plain = decimal === '.' ? text : text.replace(decimal, '.');
  if (!NUMBER.test(plain)) return undefined;
  const number = Number(plain);
  return Number.isNaN(number) ? (plain.includes('-') ? -Infinity : Infinity) : number;
}

const POWERS_OF_TEN = Float64Array.from({ length: 23 }, (_, exponent) => 10 ** exponent);
const DIGIT_ZERO = 48;
const MINUS = 45;
const POINT = 46;

/**
 * The number in `bytes[start, end)` when it is a plain decimal of at most 15 digits, else NaN.
 * Exact: a mantissa below 2^53 divided by a power of ten up to 10^22 is rounded once (W. D. Clinger, 1990).
 */
export function parsePlainDecimal(bytes: Uint8Array, start: number, end: number): number {
  const negative = bytes[start] === MINUS;
  const first = negative ? start + 1 : start;
  let mantissa = 0;
  let digits = 0;
  let point = -1;
  for (let at = first; at < end; at++) {
    const digit = bytes[at]! - DIGIT_ZERO;
    if (digit >= 0 && digit <= 9) {
      mantissa = mantissa * 10 + digit;
      digits++;
    } else if (bytes[at] === POINT && point < 0) point = at;
    else return Number.NaN;
  }
  if (digits === 0 || digits > 15) return Number.NaN;
  const value = point < 0 ? mantissa : mantissa / POWERS_OF_TEN[end - 1 - point]!;
  return negative ? -value : value;
}
