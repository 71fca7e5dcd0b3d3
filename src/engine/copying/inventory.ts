import { EngineError } from '../support/errors.ts';
import type { ModelVersion, Run, TrackingStore } from '../tracking/store.ts';
import type { CopiedRuns } from './copy-runs.ts';
import { planTags } from './copy-tags.ts';
import { leftBehind, numbersOf, type VersionsByOrigin } from './numbers.ts';
import { runOrigin, versionOrigin } from './origin.ts';
import type { CopiedExperiment, CopiedTags, CopiedVersion } from './results.ts';
import { isThere } from './run-files.ts';
import type { SelectedExperiment } from './selection.ts';
import type { TargetModel } from './sides.ts';

/** Looks up which runs and tags are there already. */
export async function countRuns(
  source: TrackingStore,
  target: TrackingStore | null,
  { name, runs, tags }: SelectedExperiment,
  copies: CopiedRuns,
): Promise<CopiedExperiment> {
  const counts: CopiedExperiment = { name, copied: 0, present: 0, running: 0, tags: NO_TAGS };
  for (const run of runs) {
    if (isRunning(run)) counts.running++;
    else if (await isThere(source, run, await copies.find(name, runOrigin(run)))) counts.present++;
    else counts.copied++;
  }
  const there = (await target?.findExperiment(name)) ?? null;
  const isMade = there !== null || counts.copied > 0;
  return isMade ? { ...counts, tags: planTags(tags, there?.tags ?? {}) } : counts;
}

export const NO_TAGS: CopiedTags = { set: [], kept: [] };

export function isRunning({ status }: Pick<Run, 'status'>): boolean {
  return status === 'RUNNING' || status === 'SCHEDULED';
}

export function statusOf(version: ModelVersion, byOrigin: VersionsByOrigin, location: string): CopiedVersion {
  const there = byOrigin.get(versionOrigin(version, location));
  if (there !== undefined) return { from: version.version, to: there.version, status: 'present' };
  return { from: version.version, to: null, status: version.status === 'READY' ? 'copied' : 'skipped' };
}

/** @throws what is no fault of the version alone */
export function failedVersion(version: ModelVersion, error: unknown): CopiedVersion {
  if (!EngineError.is(error, 'invalid-model') && !EngineError.is(error, 'not-found')) throw error;
  const { fix = '' } = error.details;
  const reason = [error.message, fix]
    .map((text) => text.replace(/\.$/, ''))
    .filter(Boolean)
    .join('. ');
  return { from: version.version, to: null, status: 'failed', error: reason };
}

/** What the target has of a model. */
export async function lookAt(
  target: TrackingStore | null,
  modelName: string,
  byOrigin: VersionsByOrigin,
  versions: CopiedVersion[],
  location: string,
): Promise<TargetModel> {
  return {
    aliases: (await target?.findModel(modelName))?.aliases ?? {},
    byOrigin,
    location,
    numbers: numbersOf(versions),
    left: leftBehind(versions),
    hasStages: (await target?.describe())?.kind !== 'databricks',
  };
}

/** A version that is there and follows the source is `updated`. */
export function withUpdates(versions: CopiedVersion[], updated: ReadonlySet<string>): CopiedVersion[] {
  return versions.map((each) =>
    each.status === 'present' && updated.has(each.from) ? { ...each, status: 'updated' as const } : each,
  );
}
