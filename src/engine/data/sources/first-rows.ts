import { closeSync, openSync, readFileSync, readSync, statSync } from 'node:fs';
import path from 'node:path';
import { gunzipSync, constants as zlib } from 'node:zlib';
import type { Config } from '../../config/config.ts';
import { concatenateTables } from '../concatenation.ts';
import { openCsv, readCsv } from '../csv.ts';
import { parquetColumnNames } from '../parquet.ts';
import type { Table } from '../table.ts';
import { isParquet } from './files.ts';
import { listFiles } from './local.ts';

/** The part of a configuration that says where rows are and how they are written. */
interface WhereRowsAre {
  data: Pick<Config['data'], 'path' | 'delimiter' | 'encoding'>;
}

/**
 * Column names of local training data, from the beginning of its first file.
 * @throws EngineError `unreachable`, `invalid-data`, as reading all of it would
 */
export function columnNames({ data }: WhereRowsAre, baseDir: string): string[] {
  const { path: pattern, delimiter, encoding } = data;
  const file = listFiles(pattern, baseDir)[0]!;
  if (isParquet(file)) return parquetColumnNames(file);
  return openCsv(beginning(file), { fileName: path.basename(file), delimiter, encoding }).names;
}

/** Larger data is not read through while somebody types. */
const SHORT_LOOK_BYTES = 2 * 1024 * 1024;

/** All rows of local training data; null when they are too many for a short look, or no CSV. */
export function shortLook({ data }: WhereRowsAre, baseDir: string): Table | null {
  const { path: pattern, delimiter, encoding } = data;
  const files = listFiles(pattern, baseDir);
  const size = files.reduce((sum, file) => sum + statSync(file).size, 0);
  if (size > SHORT_LOOK_BYTES || files.some(isParquet)) return null;
  const parts = files.map((file) => {
    const name = path.basename(file);
    return { name, table: readCsv(readFileSync(file), { fileName: name, delimiter, encoding }) };
  });
  return concatenateTables(parts);
}

const HEADER_BYTES = 256 * 1024;

/** The lines at the beginning, whole ones where there are some: training data may be large, and its header is there. */
function beginning(file: string): Buffer {
  const buffer = Buffer.alloc(HEADER_BYTES);
  const descriptor = openSync(file, 'r');
  try {
    const length = readSync(descriptor, buffer, 0, HEADER_BYTES, 0);
    const read = buffer.subarray(0, length);
    const plain = file.endsWith('.gz') ? gunzipSync(read, { finishFlush: zlib.Z_SYNC_FLUSH }) : read;
    const end = length < HEADER_BYTES ? plain.length : plain.lastIndexOf('\n') + 1;
    return end === 0 ? plain : plain.subarray(0, end);
  } finally {
    closeSync(descriptor);
  }
}
