import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import path from 'node:path';
import {
  type AsyncBuffer,
  asyncBufferFromFile,
  type Compressors,
  type FileMetaData,
  parquetMetadata,
  parquetMetadataAsync,
  parquetReadObjects,
  parquetSchema,
} from 'hyparquet';
import { compressors } from 'hyparquet-compressors';
import { EngineError, toEngineError } from '../support/errors.ts';
import { csvText } from './csv-text.ts';
import { mayUnpackTo, tooLarge } from './expansion-limit.ts';

/** What tells of all columns and row groups is at the end, and seldom longer. */
const FOOTER_BYTES = 4 << 20;
/** Rows that are turned into text at a time. */
const SLICE_ROWS = 5_000;
/** One page of a column holds about a megabyte; what claims to be so much more is no page. */
const MOST_PAGE_BYTES = 256 << 20;

/**
 * The rows of a Parquet file as CSV bytes, header first: dates as ISO 8601, numbers in their shortest form, nothing for null,
 * lists and structures as JSON.
 * @throws EngineError `invalid-data` when it is not Parquet, is cut off, or would grow beyond the limits
 */
export async function* parquetAsCsv(file: string, limits: { max_expansion: number }): AsyncGenerator<Buffer> {
  try {
    const { size } = await stat(file);
    const buffer = await asyncBufferFromFile(file);
    const metadata = await parquetMetadataAsync(buffer);
    requireModest(metadata, size, limits.max_expansion);
    yield* rows(buffer, metadata);
  } catch (error) {
    const { reason, message } = toEngineError(error);
    if (reason !== 'internal') throw error;
    throw new EngineError('invalid-data', `Not a Parquet file that can be read: ${message}`, {}, { cause: error });
  }
}

/**
 * The column names of a Parquet file, from its end.
 * @throws EngineError `invalid-data`
 */
export function parquetColumnNames(file: string): string[] {
  const descriptor = openSync(file, 'r');
  try {
    const { size } = fstatSync(descriptor);
    const length = Math.min(size, FOOTER_BYTES);
    const end = Buffer.from(new ArrayBuffer(length));
    readSync(descriptor, end, 0, length, size - length);
    const metadata = parquetMetadata(end.buffer);
    return parquetSchema(metadata).children.map(({ element }) => element.name);
  } catch (error) {
    throw new EngineError(
      'invalid-data',
      `${path.basename(file)} is not a Parquet file that can be read.`,
      {},
      {
        cause: error,
      },
    );
  } finally {
    closeSync(descriptor);
  }
}

async function* rows(file: AsyncBuffer, metadata: FileMetaData): AsyncGenerator<Buffer> {
  const columns = parquetSchema(metadata).children.map(({ element }) => ({
    name: element.name,
    isFloat32: element.type === 'FLOAT',
  }));
  yield Buffer.from(csvText([columns.map(({ name }) => name)]));
  let start = 0;
  for (const group of metadata.row_groups) {
    const end = start + Number(group.num_rows);
    for (let rowStart = start; rowStart < end; rowStart += SLICE_ROWS) {
      const rowEnd = Math.min(end, rowStart + SLICE_ROWS);
      const options = { file, metadata, rowStart, rowEnd, compressors: LIMITED, useOffsetIndex: true };
      const objects = await parquetReadObjects(options);
      const lines = objects.map((row) => columns.map((column) => printed(row[column.name], column.isFloat32)));
      yield Buffer.from(csvText(lines));
    }
    start = end;
  }
}

/** By what the file says of itself, and, because that may be a lie, by what its rows would come to. */
function requireModest(metadata: FileMetaData, size: number, maxExpansion: number): void {
  const unpacked = metadata.row_groups.reduce((sum, group) => sum + Number(group.total_byte_size), 0);
  const cells = Number(metadata.num_rows) * Math.max(1, parquetSchema(metadata).children.length);
  if (!mayUnpackTo(Math.max(unpacked, cells * 2), size, maxExpansion)) throw tooLarge(maxExpansion);
}

/** Every codec, refusing a page that claims an absurd size before memory is taken for it. */
const LIMITED: Compressors = Object.fromEntries(
  Object.entries(compressors).map(([codec, decompress]) => [
    codec,
    (input: Uint8Array, outputLength: number) => {
      if (outputLength > MOST_PAGE_BYTES) {
        throw new EngineError('invalid-data', `A page claims to hold ${outputLength} bytes.`);
      }
      return decompress(input, outputLength);
    },
  ]),
);

function printed(value: unknown, isFloat32: boolean): unknown {
  if (value instanceof Date) return isoDate(value);
  if (typeof value === 'number') return isFloat32 ? shortestFloat32(value) : value;
  if (value instanceof Uint8Array) return Buffer.from(value).toString('utf8');
  if (typeof value !== 'object' || value === null) return value;
  return JSON.stringify(value, (_key, inner) => (typeof inner === 'bigint' ? String(inner) : inner));
}

/** A day alone when there is no time in it. */
function isoDate(date: Date): string {
  const text = date.toISOString();
  return text.endsWith('T00:00:00.000Z') ? text.slice(0, 10) : text;
}

/** The shortest decimal that is the same float32 (between 6 and 9 digits always do). */
function shortestFloat32(value: number): number {
  for (let digits = 6; digits < 9; digits++) {
    const shorter = Number(value.toPrecision(digits));
    if (Math.fround(shorter) === value) return shorter;
  }
  return value;
}
