import path from 'node:path';
import type { LoadedModel } from '../model/loaded-model.ts';
import type { Project } from '../project.ts';
import type { ModelVersion } from '../tracking/store.ts';
import { type FileDistribution, mergeDistributions } from './distribution.ts';
import { type FeatureDrift, LEAST_DRIFT_ROWS, measureDrift } from './drift.ts';
import { PREDICTION_LOG_FOLDER, recentPredictions } from './prediction-log.ts';

/** What the recent batches of a version look like beside its training rows. */
export interface DriftReport {
  /** Files and rows that were looked at. */
  files: number;
  rows: number;
  /** When the newest of the files was scored, ISO 8601 UTC; null when there is none. */
  newest: string | null;
  /** Empty when there are too few rows, or drift is not to be measured. */
  features: FeatureDrift[];
  /** All of them together; null when there are none. */
  distribution: FileDistribution | null;
}

/** Of a version that nothing was scored with. */
export const NO_DRIFT: DriftReport = { files: 0, rows: 0, newest: null, features: [], distribution: null };

/** Measures the last `monitoring.window` scored files of a version against its training profile. */
export function recentDrift({ baseDir, config }: Project, version: ModelVersion, model: LoadedModel): DriftReport {
  const select = { modelName: version.name, version: version.version, most: config.monitoring.window };
  const entries = recentPredictions(path.join(baseDir, PREDICTION_LOG_FOLDER), select);
  const distributions = entries.map(({ distribution }) => distribution);
  const distribution = distributions.length === 0 ? null : distributions.reduce(mergeDistributions);
  const rows = distribution?.rows ?? 0;
  const profile = model.profile();
  const isMeasured = config.monitoring.drift_detection && profile !== null && rows >= LEAST_DRIFT_ROWS;
  const features = isMeasured ? measureDrift(profile.features, profile.rows, distribution!, config.monitoring) : [];
  return { files: entries.length, rows, newest: entries[0]?.time ?? null, features, distribution };
}
