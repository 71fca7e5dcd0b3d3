import type { Config } from '../../config/config.ts';
import { EngineError, type ErrorReason } from '../../support/errors.ts';
import type { OperationControl } from '../../support/progress.ts';
import { networkRefused } from '../../support/trust.ts';
import type { TypeConflict } from '../column-builder.ts';
import type { Table } from '../table.ts';
import { readDatabricks } from './databricks.ts';
import { readLocal } from './local.ts';
import { readS3 } from './s3.ts';
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
  sourceType: 'local' | 's3' | 'databricks' | 'synthetic';
  /** SHA-256 over all bytes read, first 32 hexadecimal digits (MLflow keeps 36). */
  digest: string;
  conflicts: (TypeConflict & { file: string })[];
  originOf(row: number): RowOrigin;
  /** Set when this is not the configured source but its fallback; says why the first could not be read. */
  fallbackReason?: string;
}

/** What a source needs to know beside the configuration. */
export interface DataPlace {
  /** Folder of config.yaml: relative paths start here, and copies of remote data are kept below it. */
  baseDir: string;
  /** With the values of env_file: credentials come from here. */
  env: Record<string, string | undefined>;
  /** Nothing is asked of servers. */
  isOffline?: boolean | undefined;
}

type SourceName = Config['data']['source'];

const REMOTE: SourceName[] = ['s3', 'databricks'];

/** Reasons why the configured source is not to be had; everything else is wrong with what was found there. */
const NOT_TO_BE_HAD: ErrorReason[] = ['unreachable', 'unauthorized'];

/**
 * Reads the configured data source. When it cannot be reached and `data.fallback` names another, that one is read and
 * the result says so.
 * @throws EngineError `unreachable` or `unauthorized` when the source cannot be read, `invalid-data` when it is not what it should be.
 */
export async function readSource(
  config: Config,
  place: DataPlace,
  control: OperationControl = {},
): Promise<SourceData> {
  try {
    return await readNamed(config.data.source, config, place, control);
  } catch (error) {
    const { fallback } = config.data;
    if (fallback === 'none' || fallback === config.data.source) throw error;
    if (!EngineError.is(error) || !NOT_TO_BE_HAD.includes(error.reason)) throw error;
    return { ...(await readNamed(fallback, config, place, control)), fallbackReason: error.message };
  }
}

async function readNamed(
  name: SourceName,
  config: Config,
  place: DataPlace,
  control: OperationControl,
): Promise<SourceData> {
  if (place.isOffline && REMOTE.includes(name)) throw networkRefused(`the data source ${name}`);
  if (name === 's3') return readS3(config, place, control);
  if (name === 'synthetic') return readSynthetic(config);
  if (name === 'databricks') return readDatabricks(config, place, control);
  return readLocal(config, place.baseDir);
}
