import { accessSync, constants, existsSync, statSync } from 'node:fs';
import path from 'node:path';
import type { Config } from '../config/config.ts';
import { configSchema } from '../config/schema.ts';
import { EngineError } from '../support/errors.ts';

const WRITTEN_FOLDERS = ['.', '.gnu-mlops', 'logs', 'mlruns', 'mlartifacts'];

/** Why the project's own folders, or those of batches, cannot be used. Makes nothing. */
export function folderErrors(config: Config, baseDir: string): EngineError[] {
  const own = WRITTEN_FOLDERS.map((name) => path.join(baseDir, name)).filter((folder) => existsSync(folder));
  return [
    ...own
      .filter((folder) => !isAllowed(folder, constants.W_OK))
      .map((folder) => unusable(`${folder} cannot be written`)),
    ...batchFolderErrors(config, baseDir),
  ];
}

const PLACES = ['input_path', 'output_path', 'archive_path'] as const;

function batchFolderErrors({ batch_inference: batch, schedules }: Config, baseDir: string): EngineError[] {
  const defaults = configSchema.properties?.batch_inference?.properties;
  const isConfigured =
    schedules.some(({ operation }) => operation === 'batch') ||
    PLACES.some((key) => batch[key] !== defaults?.[key]?.default);
  return PLACES.filter((key) => key !== 'archive_path' || batch.archive_processed).flatMap((key) => {
    const place = path.resolve(baseDir, batch[key]);
    if (!existsSync(place)) return isConfigured ? missingErrors(key, place) : [];
    if (key === 'input_path') return inputErrors(place, batch.archive_processed);
    return existingErrors(key, place, constants.R_OK | constants.W_OK | constants.X_OK, 'written');
  });
}

/** The input may be one file; what is archived is taken out of its folder. */
function inputErrors(place: string, isMoved: boolean): EngineError[] {
  const isFile = !statSync(place).isDirectory();
  if (isFile && !isAllowed(place, constants.R_OK))
    return [unusable(`batch_inference.input_path: ${place} cannot be read`)];
  const folder = isFile ? path.dirname(place) : place;
  const rights = constants.R_OK | constants.X_OK;
  const unreadable = existingErrors('input_path', folder, rights, 'read');
  if (unreadable.length > 0 || !isMoved) return unreadable;
  return existingErrors('input_path', folder, rights | constants.W_OK, 'written, and inputs move to the archive');
}

function existingErrors(key: string, place: string, rights: number, what: string): EngineError[] {
  if (!statSync(place).isDirectory()) {
    return [
      unusable(`batch_inference.${key}: ${place} is a file; expected a folder`, `Correct batch_inference.${key}.`),
    ];
  }
  return isAllowed(place, rights) ? [] : [unusable(`batch_inference.${key}: ${place} cannot be ${what}`)];
}

/** A batch makes the folder, or somebody else does. */
function missingErrors(key: string, place: string): EngineError[] {
  let parent = path.dirname(place);
  while (!existsSync(parent)) parent = path.dirname(parent);
  const why = statSync(parent).isDirectory() ? 'cannot be written' : 'is a file';
  if (why === 'cannot be written' && isAllowed(parent, constants.W_OK | constants.X_OK)) return [];
  return [unusable(`batch_inference.${key}: ${place} cannot be made, because ${parent} ${why}`)];
}

function isAllowed(place: string, rights: number): boolean {
  try {
    accessSync(place, rights);
    return true;
  } catch {
    return false;
  }
}

function unusable(complaint: string, fix = 'Correct its permissions, or name another folder.'): EngineError {
  return new EngineError('permission', `${complaint}.`, { fix });
}
