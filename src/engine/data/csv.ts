import { isUtf8 } from 'node:buffer';
import { TextDecoder } from 'node:util';
import { gunzipSync } from 'node:zlib';
import { configError } from '../config/config-error.ts';
import { EngineError } from '../support/errors.ts';
import { ColumnBuilder, type TypeConflict } from './column-builder.ts';
import { CsvScanner } from './csv-scanner.ts';
import type { Table } from './table.ts';

export interface CsvOptions {
  /** For messages. */
  fileName: string;
  /** null: found out from the first lines. */
  delimiter?: string | null;
  /** null: UTF-8 when the bytes are valid UTF-8, else windows-1252. */
  encoding?: string | null;
  /** null: a comma when the delimiter is not one and fields look like 1,5. */
  decimal?: '.' | ',' | null;
  /** The bytes are the beginning of a file in any encoding that holds ASCII; nothing is converted. */
  lenient?: boolean;
}

export interface CsvTable extends Table {
  /** Columns that are mostly numbers but hold text: usually a typing error. */
  conflicts: TypeConflict[];
  /** Line of the file on which each row starts, from 1. */
  lines: Int32Array;
}

/**
 * Reads a CSV file with a header into typed columns; types as pandas' read_csv infers them.
 * @throws EngineError `invalid-data` with file:line for an empty file, ragged rows, a doubled name or an open quote.
 */
export function readCsv(input: Buffer, options: CsvOptions): CsvTable {
  const { bytes, scanner, names, delimiter, decimal } = openCsv(input, options);
  const builders = names.map((name) => new ColumnBuilder(name, decimal));
  const lines: number[] = [];
  while (nextRow(scanner, names, options.fileName)) {
    for (let field = 0; field < names.length; field++) builders[field]!.add(scanner, field);
    lines.push(scanner.line);
  }
  restoreTexts(new CsvScanner(bytes, delimiter), builders);
  const conflicts = builders.flatMap((builder) => builder.conflict() ?? []);
  return {
    columns: builders.map((each) => each.build()),
    rowCount: lines.length,
    conflicts,
    lines: Int32Array.from(lines),
  };
}

/** A CSV file whose header has been read. */
export interface OpenCsv {
  /** UTF-8, decompressed, without a byte order mark. */
  bytes: Buffer;
  /** Stands before the first row. */
  scanner: CsvScanner;
  names: string[];
  delimiter: string;
  decimal: '.' | ',';
}

/** @throws EngineError `invalid-data` for a file without a header, `invalid-config` for an impossible delimiter or encoding */
export function openCsv(input: Buffer, options: CsvOptions): OpenCsv {
  const bytes = options.lenient ? input : decode(input, options);
  const delimiter = options.delimiter ?? detectDelimiter(bytes);
  requireDelimiter(delimiter);
  const scanner = new CsvScanner(bytes, delimiter);
  const names = readHeader(scanner, options.fileName);
  return { bytes, scanner, names, delimiter, decimal: options.decimal ?? detectDecimal(bytes, delimiter) };
}

/**
 * Moves on to the next row; false at the end.
 * @throws EngineError `invalid-data` for a ragged row or an open quote
 */
export function nextRow(scanner: CsvScanner, names: string[], fileName: string): boolean {
  const count = scanner.next();
  if (count === 0) return false;
  if (scanner.unterminated) throw openQuote(fileName, scanner.line);
  if (count !== names.length) throw raggedRow(fileName, scanner.line, count, names.length);
  return true;
}

/** Reads the start of the file again for columns that turned out to be text after some rows. */
function restoreTexts(scanner: CsvScanner, builders: ColumnBuilder[]): void {
  const rows = Math.max(...builders.map((builder) => builder.rowsWithoutText));
  scanner.next();
  for (let row = 0; row < rows; row++) {
    scanner.next();
    for (const [field, builder] of builders.entries()) {
      if (row < builder.rowsWithoutText) builder.restoreText(row, scanner.text(field));
    }
  }
}

/** The bytes as UTF-8 without a byte order mark, decompressed when they are gzip. */
function decode(input: Buffer, options: CsvOptions): Buffer {
  const bytes = input[0] === 0x1f && input[1] === 0x8b ? decompress(input, options.fileName) : input;
  const encoding = options.encoding?.toLowerCase() ?? detectEncoding(bytes);
  if (encoding === 'utf-8' || encoding === 'utf8') {
    if (!isUtf8(bytes)) {
      throw new EngineError('invalid-data', `${options.fileName}: not valid UTF-8.`, {
        fix: 'Set data.encoding, for example windows-1252.',
      });
    }
    return bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? bytes.subarray(3) : bytes;
  }
  return Buffer.from(decoderFor(encoding).decode(bytes));
}

function decompress(input: Buffer, fileName: string): Buffer {
  try {
    return gunzipSync(input);
  } catch (error) {
    throw new EngineError('invalid-data', `${fileName}: not valid gzip, or cut off (${(error as Error).message}).`);
  }
}

/** Bytes are compared one by one, and some have a meaning of their own. */
function requireDelimiter(delimiter: string): void {
  if (/^[^"\r\n\u0080-\uffff]$/.test(delimiter)) return;
  throw configError(['data', 'delimiter'], `found ${JSON.stringify(delimiter)}; expected one ASCII sign`, {
    fix: 'Use a comma, a semicolon, a tab or a bar, or null to have it found out.',
  });
}

function detectEncoding(bytes: Buffer): string {
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return 'utf-16le';
  if (bytes[0] === 0xfe && bytes[1] === 0xff) return 'utf-16be';
  return isUtf8(bytes) ? 'utf-8' : 'windows-1252';
}

function decoderFor(encoding: string): TextDecoder {
  try {
    return new TextDecoder(encoding);
  } catch {
    throw configError(['data', 'encoding'], `found "${encoding}"; expected the name of an encoding`, {
      fix: 'Use a name such as utf-8 or windows-1252, or null to have it found out.',
    });
  }
}

const DELIMITERS = [',', ';', '\t', '|'];

/** The delimiter that splits the header into the most fields. */
function detectDelimiter(bytes: Buffer): string {
  const counts = DELIMITERS.map((delimiter) => new CsvScanner(bytes, delimiter).next());
  return DELIMITERS[counts.indexOf(Math.max(...counts))]!;
}

/** A comma when, in the first rows, some field is written 1,5 and none 1.5. */
function detectDecimal(bytes: Buffer, delimiter: string): '.' | ',' {
  if (delimiter === ',') return '.';
  const scanner = new CsvScanner(bytes, delimiter);
  scanner.next();
  let commas = 0;
  for (let row = 0; row < 200; row++) {
    const count = scanner.next();
    if (count === 0) break;
    for (let field = 0; field < count; field++) {
      const text = scanner.text(field);
      if (/^[+-]?\d+\.\d+$/.test(text)) return '.';
      if (/^[+-]?\d+,\d+$/.test(text)) commas++;
    }
  }
  return commas > 0 ? ',' : '.';
}

/** Column names; an empty one is called "Unnamed: 3", as pandas does. */
function readHeader(scanner: CsvScanner, fileName: string): string[] {
  const count = scanner.next();
  if (count === 0) {
    throw new EngineError('invalid-data', `${fileName}: the file is empty; expected a header line.`, {
      fix: 'Put the names of the columns into the first line and rows below it, or name another file.',
    });
  }
  const names = Array.from({ length: count }, (_, field) => scanner.text(field) || `Unnamed: ${field}`);
  if (scanner.unterminated) throw openQuote(fileName, scanner.line);
  const doubled = names.find((name, field) => names.indexOf(name) !== field);
  if (doubled === undefined) return names;
  throw new EngineError('invalid-data', `${fileName}:${scanner.line}: two columns are called "${doubled}".`, {
    position: { file: fileName, line: scanner.line, column: 1 },
    fix: 'Rename one of them.',
  });
}

function raggedRow(file: string, line: number, found: number, expected: number): EngineError {
  return new EngineError('invalid-data', `${file}:${line}: found ${found} fields; the header has ${expected}.`, {
    position: { file, line, column: 1 },
    fix: 'Correct the row, or quote fields that hold the delimiter.',
  });
}

function openQuote(file: string, line: number): EngineError {
  return new EngineError('invalid-data', `${file}:${line}: a quote is opened and never closed.`, {
    position: { file, line, column: 1 },
    fix: 'Close the quote, or double it inside the field.',
  });
}
