import { readdirSync, statSync } from 'node:fs';
import path from 'node:path';
import { columnNames } from '../data/sources/first-rows.ts';
import { EngineError } from '../support/errors.ts';
import { nearestName } from '../support/nearest-name.ts';

export interface GivenData {
  dataPath?: string | undefined;
  targetColumn?: string | undefined;
}

/** Where the rows of a new project are and what is predicted, with the keys that somebody still has to fill in. */
export interface ProjectData {
  path: string;
  target: string;
  toSet: string[];
}

const DEFAULT = { path: 'data/train.csv', target: 'target' };

/**
 * What is known of the training data: as given, else the only CSV file below data/ or in the folder.
 * @throws EngineError `usage` when data or column that were given are not there
 */
export function projectData(folder: string, { dataPath, targetColumn }: GivenData): ProjectData {
  const found = dataPath ?? findData(folder);
  const columns = found === undefined ? null : columnsOf(found, folder, dataPath !== undefined);
  if (targetColumn !== undefined && columns !== null) requireColumn(targetColumn, columns, found!);
  const target = targetColumn ?? DEFAULT.target;
  const isTargetKnown = targetColumn !== undefined || (columns?.includes(target) ?? false);
  const toSet = [...(found === undefined ? ['data.path'] : []), ...(isTargetKnown ? [] : ['data.target_column'])];
  return { path: found ?? DEFAULT.path, target, toSet };
}

/** Null where a file that nobody named cannot be read: `validate` says why. */
function columnsOf(dataPath: string, folder: string, isGiven: boolean): string[] | null {
  try {
    return columnNames({ data: { path: dataPath, delimiter: null, encoding: null } }, folder);
  } catch (error) {
    if (!isGiven) return null;
    if (!EngineError.is(error, 'unreachable')) throw error;
    throw new EngineError('usage', `There is no training data at ${path.resolve(folder, dataPath)}.`, {
      fix: `Give --data relative to ${folder}, or leave it out and set data.path later.`,
    });
  }
}

function requireColumn(name: string, columns: string[], dataPath: string): void {
  if (columns.includes(name)) return;
  const near = nearestName(name, columns);
  const hint = near === undefined ? '' : ` Did you mean "${near}"?`;
  throw new EngineError('usage', `${dataPath} has no column "${name}".${hint}`, {
    fix: `Columns: ${columns.join(', ')}.`,
  });
}

/** The one CSV file that lies in data/ or in the folder itself; undefined when there are none or several. */
function findData(folder: string): string | undefined {
  for (const below of ['data', '.']) {
    const files = listNames(path.join(folder, below)).filter((name) => /\.csv(\.gz)?$/i.test(name));
    if (files.length === 1) return path.posix.join(below, files[0]!);
  }
  return undefined;
}

function listNames(folder: string): string[] {
  return statSync(folder, { throwIfNoEntry: false })?.isDirectory() ? readdirSync(folder) : [];
}
