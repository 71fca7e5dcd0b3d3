import path from 'node:path';
import type { Config } from '../config/config.ts';
import type { Finding } from '../config/finding.ts';
import type { LoadedConfig } from '../config/load.ts';
import { toFinding } from '../config/place-error.ts';
import { batchPlaceErrors } from '../data/batch-places.ts';
import { columnNames, shortLook } from '../data/sources/first-rows.ts';
import { s3Place } from '../data/sources/s3.ts';
import { requireRowsToTrain } from '../data/split.ts';
import { findColumn } from '../data/table.ts';
import { readTarget } from '../data/target.ts';
import { scheduleFindings } from '../scheduling/schedule-findings.ts';
import { EngineError, type ErrorReason } from '../support/errors.ts';
import { requireStoreUris } from '../tracking/open-store.ts';
import { algorithmErrors } from '../training/algorithm.ts';
import { columnErrors } from '../training/configured-columns.ts';

/** Something that the schema cannot see, at its place. */
export interface ConfigProblem {
  finding: Finding;
  reason: ErrorReason;
  fix: string | null;
}

/**
 * What is wrong with a configuration that the schema accepts, as far as a short look tells: hyper-parameters, addresses of
 * stores, schedules, the data's place and columns, the places of batches. Fast enough while somebody types; `validate` looks further.
 */
export function configProblems(loaded: LoadedConfig): ConfigProblem[] {
  const { config, file } = loaded;
  const errors = [
    ...algorithmErrors(config),
    ...errorsOf(() => requireStoreUris(config.mlflow, path.dirname(file))),
    ...errorsOf(() => requireRowsToTrain(config.training)),
    ...dataErrors(config, path.dirname(file)),
    ...batchPlaceErrors(config, path.dirname(file)),
  ];
  const schedules = scheduleFindings(loaded).map((finding): ConfigProblem => {
    return { finding, reason: 'invalid-config', fix: null };
  });
  return [...placed(errors, loaded), ...schedules];
}

/** Of the hyper-parameters alone, which need nothing but a `model` that the schema accepts. */
export function modelProblems(loaded: LoadedConfig): ConfigProblem[] {
  return placed(algorithmErrors(loaded.config), loaded);
}

function placed(errors: EngineError[], loaded: LoadedConfig): ConfigProblem[] {
  return errors.flatMap((error): ConfigProblem[] => {
    const finding = toFinding(error, loaded);
    return finding === null ? [] : [{ finding, reason: error.reason, fix: error.details.fix ?? null }];
  });
}

/** A data source that another one stands in for may be missing. */
function dataErrors(config: Config, baseDir: string): EngineError[] {
  if (config.data.source === 's3') return errorsOf(() => s3Place(config));
  if (config.data.source !== 'local') return [];
  let names: string[];
  try {
    names = columnNames(config, baseDir);
  } catch (error) {
    const isBridged = EngineError.is(error, 'unreachable') && config.data.fallback !== 'none';
    return EngineError.is(error) && !isBridged ? [error] : [];
  }
  const wrong = columnErrors(config, names);
  return wrong.length > 0 ? wrong : classErrors(config, baseDir);
}

function classErrors(config: Config, baseDir: string): EngineError[] {
  const { positive_class, target_column } = config.data;
  if (positive_class === null) return [];
  return errorsOf(() => {
    const table = shortLook(config, baseDir);
    const column = table && findColumn(table, target_column);
    if (column) readTarget(column, positive_class);
  });
}

function errorsOf(work: () => void): EngineError[] {
  try {
    work();
    return [];
  } catch (error) {
    if (EngineError.is(error)) return [error];
    throw error;
  }
}
