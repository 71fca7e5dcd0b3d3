import type { Config } from '../../config/config.ts';
import { configError } from '../../config/config-error.ts';
import { EngineError } from '../../support/errors.ts';
import type { TypeConflict } from '../column-builder.ts';
import type { Table } from '../table.ts';
import { readLocal } from './local.ts';
import { readSynthetic } from './synthetic.ts';

/** Where a row stands in its file. */
export interface RowOrigin {
  file: string;
  line: number;
}

/** Rows as they came from a source. */
export interface SourceData {
  table: Table;
  /** What was read, for people and for MLflow's dataset record: a path or a description. */
  description: string;
  /** MLflow's `dataset_source_type`. */
  sourceType: 'local' | 'synthetic';
  /** SHA-256 over all bytes read, first 32 hexadecimal digits (MLflow keeps 36). */
  digest: string;
  conflicts: (TypeConflict & { file: string })[];
  originOf(row: number): RowOrigin;
  /** Set when this is not the configured source but its fallback; says why the first could not be read. */
  fallbackReason?: string;
}

type SourceName = Config['data']['source'];

/** Sources of a later release, and what to do until then. */
const ARRIVES_LATER: Partial<Record<SourceName, string>> = {
  s3: 'copy the files',
  databricks: 'export the table to CSV',
};

/**
 * Reads the configured data source. When it cannot be reached and `data.fallback` names another, that one is read and
 * the result says so.
 * @throws EngineError `unreachable` when the source cannot be read, `invalid-data` when it is not what it should be.
 */
export async function readSource(config: Config, baseDir: string): Promise<SourceData> {
  try {
    return await readNamed(config.data.source, config, baseDir);
  } catch (error) {
    const { fallback } = config.data;
    if (fallback === 'none' || fallback === config.data.source || !EngineError.is(error, 'unreachable')) throw error;
    return { ...(await readNamed(fallback, config, baseDir)), fallbackReason: error.message };
  }
}

async function readNamed(name: SourceName, config: Config, baseDir: string): Promise<SourceData> {
  const later = ARRIVES_LATER[name];
  if (later) {
    throw configError(['data', 'source'], `${name} arrives with the back-ends release`, {
      reason: 'unreachable',
      fix: `Until then ${later} and set data.source: local.`,
    });
  }
  return name === 'synthetic' ? readSynthetic(config) : readLocal(config, baseDir);
}
