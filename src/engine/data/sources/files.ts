import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { Config } from '../../config/config.ts';
import { EngineError } from '../../support/errors.ts';
import { concatenateTables } from '../concatenation.ts';
import { type CsvTable, readCsv } from '../csv.ts';
import { parquetAsCsv } from '../parquet.ts';
import type { SourceData } from './source.ts';

/** A file on this disk, and what it is called in messages. */
export interface DataFile {
  file: string;
  name: string;
}

/** What is taken for data among the files of a folder. */
export function isDataFile(name: string): boolean {
  return /\.(csv|tsv|txt)(\.gz)?$/i.test(name) || isParquet(name);
}

export function isParquet(name: string): boolean {
  return /\.parquet$/i.test(name);
}

type Rows = Pick<SourceData, 'table' | 'digest' | 'conflicts' | 'originOf'>;

/**
 * Reads files as one table, in the order they are given.
 * @param unreadable makes the error about a file that cannot be opened
 * @throws EngineError `invalid-data`, `data-quality` when there are no rows
 */
export async function readFiles(
  files: DataFile[],
  config: Config,
  unreadable: (file: string, error: unknown) => EngineError,
): Promise<Rows> {
  const hash = createHash('sha256');
  const parts: Part[] = [];
  for (const each of files) {
    const bytes = readBytes(each.file, unreadable);
    hash.update(bytes);
    parts.push({ name: each.name, table: await readTable(each, bytes, config) });
  }
  requireRows(parts);
  return {
    table: concatenateTables(parts),
    digest: hash.digest('hex').slice(0, 32),
    conflicts: parts.flatMap(({ name, table }) => table.conflicts.map((conflict) => ({ ...conflict, file: name }))),
    originOf: (row) => originIn(parts, row),
  };
}

interface Part {
  name: string;
  table: CsvTable;
}

function readBytes(file: string, unreadable: (file: string, error: unknown) => EngineError): Buffer {
  try {
    return readFileSync(file);
  } catch (error) {
    throw unreadable(file, error);
  }
}

async function readTable({ file, name }: DataFile, bytes: Buffer, config: Config): Promise<CsvTable> {
  const { delimiter, encoding, decimal } = config.data;
  if (!isParquet(name)) return readCsv(bytes, { fileName: name, delimiter, encoding, decimal });
  const table = readCsv(await parquetText(file, name, config), { fileName: name, delimiter: ',', decimal: '.' });
  // Parquet has rows, but no line with the names above them.
  return { ...table, lines: table.lines.map((line) => line - 1) };
}

async function parquetText(file: string, name: string, { batch_inference }: Config): Promise<Buffer> {
  const chunks: Buffer[] = [];
  try {
    for await (const chunk of parquetAsCsv(file, batch_inference.limits)) chunks.push(chunk);
  } catch (error) {
    if (!EngineError.is(error)) throw error;
    throw new EngineError(error.reason, `${name}: ${error.message}`, error.details, { cause: error });
  }
  return Buffer.concat(chunks);
}

function requireRows(parts: Part[]): void {
  if (parts.some(({ table }) => table.rowCount > 0)) return;
  const names = parts.map(({ name }) => name).join(', ');
  throw new EngineError('data-quality', `${names}: the file has no rows, only a header.`, {
    fix: 'Put rows below the header, or correct data.path.',
  });
}

function originIn(parts: Part[], row: number) {
  let left = row;
  for (const { name, table } of parts) {
    if (left < table.rowCount) return { file: name, line: table.lines[left]! };
    left -= table.rowCount;
  }
  throw new RangeError(`row ${row} is beyond the data`);
}
