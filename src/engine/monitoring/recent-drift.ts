import path from 'node:path';
import type { LoadedModel } from '../model/loaded-model.ts';
import type { Project } from '../project.ts';
import type { ModelVersion } from '../tracking/store.ts';
import { emptyDistribution, type FileDistribution, mergeDistributions } from './distribution.ts';
import { type FeatureDrift, LEAST_DRIFT_ROWS, measureDrift } from './drift.ts';
import { PREDICTION_LOG_FOLDER, type PredictionLogEntry, recentPredictions } from './prediction-log.ts';

/** What the recent batches of a version look like beside its training rows. */
export interface DriftReport {
  /** Files that were looked at. */
  files: number;
  /** When the newest of the files was scored, ISO 8601 UTC; null when there is none. */
  newest: string | null;
  /** Empty when there are too few rows, or drift is not to be measured. */
  features: FeatureDrift[];
  /** The newest files that together have rows enough to judge the version by; null when there are not so many. */
  latest: FileDistribution | null;
}

/** Of a version that nothing was scored with. */
export const NO_DRIFT: DriftReport = { files: 0, newest: null, features: [], latest: null };

/** So many small files are put together until they have rows enough. */
const MOST_SMALL_FILES = 200;

/**
 * Measures the last `monitoring.window` scored files of a version against its training profile.
 * @param since ms since 1970: what was scored before says nothing about how the version is doing now
 */
export function recentDrift(
  { baseDir, config }: Project,
  version: ModelVersion,
  model: LoadedModel,
  since: number,
): DriftReport {
  const { window, drift_detection } = config.monitoring;
  const select = { modelName: version.name, version: version.version, most: Math.max(window, MOST_SMALL_FILES) };
  const entries = recentPredictions(path.join(baseDir, PREDICTION_LOG_FOLDER), select);
  const recent = entries.slice(0, window);
  const profile = model.profile();
  const distribution = recent
    .map((entry) => entry.distribution)
    .reduce(mergeDistributions, emptyDistribution(profile?.features ?? []));
  const isMeasured = drift_detection && profile !== null && distribution.rows >= LEAST_DRIFT_ROWS;
  const features = isMeasured ? measureDrift(profile.features, profile.rows, distribution, config.monitoring) : [];
  const latest = latestRows(entries.filter(({ time }) => Date.parse(time) >= since));
  return { files: recent.length, newest: recent[0]?.time ?? null, features, latest };
}

/** Newest first, no further than there are rows enough: older good nights do not hide a bad one. */
function latestRows(entries: PredictionLogEntry[]): FileDistribution | null {
  let latest: FileDistribution | null = null;
  for (const { distribution } of entries) {
    latest = latest === null ? distribution : mergeDistributions(latest, distribution);
    if (latest.rows >= LEAST_DRIFT_ROWS) return latest;
  }
  return null;
}
