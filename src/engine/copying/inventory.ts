import type { ModelVersion, Run, TrackingStore } from '../tracking/store.ts';
import type { CopiedRuns } from './copy-runs.ts';
import { planTags } from './copy-tags.ts';
import type { TargetModel } from './following.ts';
import { numbersOf, type VersionsByOrigin } from './numbers.ts';
import { runOrigin, versionOrigin } from './origin.ts';
import type { CopiedExperiment, CopiedTags, CopiedVersion } from './results.ts';
import type { SelectedExperiment } from './selection.ts';

/** Looks up which runs and tags are there already. */
export async function countRuns(
  target: TrackingStore | null,
  { name, runs, tags }: SelectedExperiment,
  copies: CopiedRuns,
): Promise<CopiedExperiment> {
  const counts: CopiedExperiment = { name, copied: 0, present: 0, running: 0, tags: NO_TAGS };
  for (const run of runs) {
    if (isRunning(run)) counts.running++;
    else if (isThere(await copies.find(name, runOrigin(run)))) counts.present++;
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

/** A copy that is RUNNING was interrupted. */
export function isThere(copy: Pick<Run, 'status'> | undefined): boolean {
  return copy !== undefined && copy.status !== 'RUNNING';
}

export function statusOf(version: ModelVersion, byOrigin: VersionsByOrigin, location: string): CopiedVersion {
  const there = byOrigin.get(versionOrigin(version, location));
  if (there !== undefined) return { from: version.version, to: there.version, status: 'present' };
  return { from: version.version, to: null, status: version.status === 'READY' ? 'copied' : 'skipped' };
}

/** What the target has of a model. */
export async function lookAt(
  target: TrackingStore | null,
  modelName: string,
  byOrigin: VersionsByOrigin,
  versions: CopiedVersion[],
): Promise<TargetModel> {
  return {
    aliases: (await target?.findModel(modelName))?.aliases ?? {},
    byOrigin,
    numbers: numbersOf(versions),
    hasStages: (await target?.describe())?.kind !== 'databricks',
  };
}

/** A version that is there and follows the source is `updated`. */
export function withUpdates(versions: CopiedVersion[], updated: ReadonlySet<string>): CopiedVersion[] {
  return versions.map((each) =>
    each.status === 'present' && updated.has(each.from) ? { ...each, status: 'updated' as const } : each,
  );
}
