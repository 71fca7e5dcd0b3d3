import { existsSync, realpathSync } from 'node:fs';
import path from 'node:path';
import type { Config } from '../config/config.ts';
import { configError } from '../config/config-error.ts';
import type { LoadedConfig } from '../config/load.ts';
import { placeError } from '../config/place-error.ts';
import { EngineError } from '../support/errors.ts';
import { listFiles } from './sources/local.ts';

/** What is wrong with the folders of batches: results that lie among the inputs would be scored as inputs the next time. */
export function batchPlaceErrors({ batch_inference }: Config, baseDir: string): EngineError[] {
  const { input_path, archive_processed } = batch_inference;
  const input = realPlace(path.resolve(baseDir, input_path));
  const keys = archive_processed ? (['output_path', 'archive_path'] as const) : (['output_path'] as const);
  return keys
    .filter((key) => isWithin(realPlace(path.resolve(baseDir, batch_inference[key])), input))
    .map((key) =>
      configError(
        ['batch_inference', key],
        `found "${batch_inference[key]}", which is or lies in input_path ("${input_path}"); expected a folder outside of it`,
        { fix: `Set batch_inference.${key} to a folder beside input_path, such as data/batch_${key.split('_')[0]}.` },
      ),
    );
}

/**
 * Refuses a batch that would take its own results, or the training data, for inputs.
 * @param place file or folder to score, relative to config.yaml's folder; `batch_inference.input_path` unless given
 * @throws EngineError `invalid-config` with the place in config.yaml, `usage` for training data
 */
export function requireBatchPlaces(loaded: LoadedConfig, place?: string): void {
  const baseDir = path.dirname(loaded.file);
  const [wrong] = batchPlaceErrors(loaded.config, baseDir);
  if (wrong) throw placeError(wrong, loaded);
  if (place === undefined || !isTrainingData(place, loaded.config, baseDir)) return;
  throw new EngineError('usage', `${place} is or holds the training data (data.path), which a batch would archive.`, {
    fix: 'Name a file or a folder of inputs; copy rows of the training data there when you want them scored.',
  });
}

/** A batch takes the files that lie in a folder, not those of folders in it. */
function isTrainingData(place: string, { data }: Config, baseDir: string): boolean {
  if (data.source !== 'local') return false;
  const real = realPlace(path.resolve(baseDir, place));
  if (real === realPlace(path.resolve(baseDir, data.path))) return true;
  return trainingFiles(data.path, baseDir)
    .map(realPlace)
    .some((file) => file === real || path.dirname(file) === real);
}

function trainingFiles(pattern: string, baseDir: string): string[] {
  try {
    return listFiles(pattern, baseDir);
  } catch {
    // Data that is not there cannot be taken for an input.
    return [];
  }
}

/** Without links, as far as it exists. */
function realPlace(place: string): string {
  if (existsSync(place)) return realpathSync(place);
  const parent = path.dirname(place);
  return parent === place ? place : path.join(realPlace(parent), path.basename(place));
}

function isWithin(place: string, folder: string): boolean {
  const relative = path.relative(folder, place);
  return relative !== '..' && !relative.startsWith(`..${path.sep}`) && !path.isAbsolute(relative);
}
