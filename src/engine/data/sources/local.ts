import { createHash } from 'node:crypto';
import { type Dirent, globSync, readdirSync, readFileSync, type Stats, statSync } from 'node:fs';
import path from 'node:path';
import type { Config } from '../../config/config.ts';
import { configError } from '../../config/config-error.ts';
import { EngineError } from '../../support/errors.ts';
import { concatenateTables } from '../concatenation.ts';
import { type CsvTable, readCsv } from '../csv.ts';
import type { SourceData } from './source.ts';

const CSV_FILE = /\.(csv|tsv|txt)(\.gz)?$/i;

/** Reads the file, or every CSV file of the folder or glob, in name order, as one table. */
export function readLocal(config: Config, baseDir: string): SourceData {
  const { path: pattern, delimiter, encoding, decimal } = config.data;
  const files = listFiles(pattern, baseDir);
  const hash = createHash('sha256');
  const parts = files.map((file) => {
    const bytes = readBytes(file);
    hash.update(bytes);
    return { file, table: readCsv(bytes, { fileName: shortName(file, baseDir), delimiter, encoding, decimal }) };
  });
  requireRows(parts.map(({ file, table }) => ({ name: shortName(file, baseDir), rows: table.rowCount })));
  return {
    table: concatenateTables(parts.map(({ file, table }) => ({ name: shortName(file, baseDir), table }))),
    description: path.resolve(baseDir, pattern),
    sourceType: 'local',
    digest: hash.digest('hex').slice(0, 32),
    conflicts: parts.flatMap(({ file, table }) =>
      table.conflicts.map((conflict) => ({ ...conflict, file: shortName(file, baseDir) })),
    ),
    originOf: (row) => originIn(parts, row, baseDir),
  };
}

function requireRows(files: { name: string; rows: number }[]): void {
  if (files.some(({ rows }) => rows > 0)) return;
  const names = files.map(({ name }) => name).join(', ');
  throw new EngineError('data-quality', `${names}: the file has no rows, only a header.`, {
    fix: 'Put rows below the header, or correct data.path.',
  });
}

/** Absolute paths of the CSV files that `pattern` (file, folder or glob, relative to `baseDir`) names. */
export function listFiles(pattern: string, baseDir: string): string[] {
  const absolute = path.resolve(baseDir, pattern);
  const stats = statsOf(absolute);
  if (/\.parquet$/i.test(pattern)) {
    throw configError(['data', 'path'], `found ${pattern}; training does not read Parquet yet`, {
      reason: 'unsupported',
      fix: 'Convert the file to CSV.',
    });
  }
  if (stats?.isFile()) return [absolute];
  const found = stats?.isDirectory() ? csvFilesIn(absolute) : matches(pattern, baseDir);
  if (found.length > 0) return found.sort();
  const what = stats?.isDirectory() ? 'holds no CSV file' : 'does not exist';
  throw configError(['data', 'path'], `${absolute} ${what}`, {
    reason: 'unreachable',
    fix: 'Put the training data there, or correct data.path.',
  });
}

function statsOf(file: string): Stats | undefined {
  try {
    return statSync(file, { throwIfNoEntry: false });
  } catch (error) {
    throw unreadable(file, error);
  }
}

function csvFilesIn(folder: string): string[] {
  const isCsv = (entry: Dirent) => entry.isFile() && CSV_FILE.test(entry.name);
  try {
    const entries = readdirSync(folder, { withFileTypes: true });
    return entries.filter(isCsv).map((entry) => path.join(folder, entry.name));
  } catch (error) {
    throw unreadable(folder, error);
  }
}

function matches(pattern: string, baseDir: string): string[] {
  if (!/[*?[{]/.test(pattern)) return [];
  return globSync(pattern, { cwd: baseDir })
    .filter((file) => CSV_FILE.test(file))
    .map((file) => path.resolve(baseDir, file));
}

function readBytes(file: string): Buffer {
  try {
    return readFileSync(file);
  } catch (error) {
    throw unreadable(file, error);
  }
}

const READING_FAILURES: Record<string, string> = {
  EACCES: ': this user may not read it',
  EPERM: ': this user may not read it',
  ENAMETOOLONG: ': its name is too long',
};

function unreadable(file: string, error: unknown): EngineError {
  const why = READING_FAILURES[(error as NodeJS.ErrnoException).code ?? ''] ?? '';
  return configError(['data', 'path'], `${file} cannot be read${why}`, {
    reason: 'unreachable',
    fix: 'Check its permissions.',
  });
}

function shortName(file: string, baseDir: string): string {
  const relative = path.relative(baseDir, file);
  return relative.startsWith('..') ? file : relative;
}

function originIn(parts: { file: string; table: CsvTable }[], row: number, baseDir: string) {
  let left = row;
  for (const { file, table } of parts) {
    if (left < table.rowCount) return { file: shortName(file, baseDir), line: table.lines[left]! };
    left -= table.rowCount;
  }
  throw new RangeError(`row ${row} is beyond the data`);
}
