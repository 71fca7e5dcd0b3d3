import { readdirSync } from 'node:fs';
import path from 'node:path';
import { type Config, type ConfigPath, formatPath } from '../../../engine/config/config.ts';
import { columnNames } from '../../../engine/data/sources/first-rows.ts';
import type { ProjectRef } from '../../../protocol/engine-api.ts';
import type { ProjectPool } from './project-pool.ts';

/** Names that exist, for keys whose value is one of them. */
export interface KnownNames {
  /** Where they come from: "column of data/train.csv". */
  source: string;
  names: string[];
}

const COLUMN_KEYS = new Set([
  'data.target_column',
  'data.feature_columns[0]',
  'training.time_column',
  'training.weights_column',
]);

/** What exists for the value at a path; null where any value will do. */
export async function knownNames(
  at: ConfigPath,
  config: Config,
  ref: ProjectRef,
  pool: ProjectPool,
): Promise<KnownNames | null> {
  const key = formatPath(at);
  const baseDir = path.dirname(ref.configFile);
  if (COLUMN_KEYS.has(key)) return { source: `column of ${config.data.path}`, names: dataColumns(config, baseDir) };
  if (key === 'data.path') return { source: 'data file', names: dataFiles(baseDir) };
  if (key === 'schedules[0].timezone') return { source: 'time zone', names: Intl.supportedValuesOf('timeZone') };
  const none = () => [] as string[];
  if (key === 'mlflow.experiment_name') {
    const names = await pool.read(ref, none, async ({ store }) => {
      const experiments = await store.listExperiments();
      return experiments
        .map(({ name }) => name)
        .filter((name) => name !== 'Default' && !/_(events|batch|retraining)$/.test(name));
    });
    return { source: 'experiment in the store', names };
  }
  if (key !== 'mlflow.model_name') return null;
  const names = await pool.read(ref, none, async ({ store }) => (await store.listModels()).map(({ name }) => name));
  return { source: 'registered model', names };
}

/** Column names of the training data; none when it cannot be read. */
function dataColumns(config: Config, baseDir: string): string[] {
  try {
    return config.data.source === 'local' ? columnNames(config, baseDir) : [];
  } catch {
    return [];
  }
}

function dataFiles(baseDir: string): string[] {
  return ['.', 'data'].flatMap((folder) => {
    try {
      const names = readdirSync(path.join(baseDir, folder)).filter((name) => /\.(csv|tsv)(\.gz)?$/i.test(name));
      return names.map((name) => path.posix.join(folder, name));
    } catch {
      return [];
    }
  });
}
