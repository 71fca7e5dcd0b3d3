import { type Dirent, globSync, readdirSync, type Stats, statSync } from 'node:fs';
import path from 'node:path';
import { isS3Uri } from '../../artifacts/s3/address.ts';
import type { Config } from '../../config/config.ts';
import { configError } from '../../config/config-error.ts';
import type { EngineError } from '../../support/errors.ts';
import { isDataFile, readFiles } from './files.ts';
import type { SourceData } from './source.ts';

/** Reads the file, or every data file of the folder or glob, in name order, as one table. */
export async function readLocal(config: Config, baseDir: string): Promise<SourceData> {
  const { path: pattern } = config.data;
  const files = listFiles(pattern, baseDir).map((file) => ({ file, name: shortName(file, baseDir) }));
  return {
    ...(await readFiles(files, config, unreadable)),
    description: path.resolve(baseDir, pattern),
    sourceType: 'local',
  };
}

/** Absolute paths of the data files that `pattern` (file, folder or glob, relative to `baseDir`) names. */
export function listFiles(pattern: string, baseDir: string): string[] {
  const absolute = path.resolve(baseDir, pattern);
  const stats = statsOf(absolute);
  if (isS3Uri(pattern)) {
    throw configError(['data', 'path'], `found ${pattern}, which is no file of this machine`, {
      fix: 'Set data.source: s3.',
    });
  }
  if (stats?.isFile()) return [absolute];
  const found = stats?.isDirectory() ? dataFilesIn(absolute) : matches(pattern, baseDir);
  if (found.length > 0) return found.sort();
  const what = stats?.isDirectory() ? 'holds no CSV or Parquet file' : 'does not exist';
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

function dataFilesIn(folder: string): string[] {
  const isData = (entry: Dirent) => entry.isFile() && isDataFile(entry.name);
  try {
    const entries = readdirSync(folder, { withFileTypes: true });
    return entries.filter(isData).map((entry) => path.join(folder, entry.name));
  } catch (error) {
    throw unreadable(folder, error);
  }
}

function matches(pattern: string, baseDir: string): string[] {
  if (!/[*?[{]/.test(pattern)) return [];
  return globSync(pattern, { cwd: baseDir })
    .filter(isDataFile)
    .map((file) => path.resolve(baseDir, file));
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
