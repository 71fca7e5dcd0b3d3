import type { ModelVersion, TrackingStore } from '../tracking/store.ts';
import { locateModel } from './copy-model.ts';
import { CopiedRuns } from './copy-runs.ts';
import { modelTags, planTags } from './copy-tags.ts';
import { NOTHING_FOLLOWS, planFollowing } from './following.ts';
import { splitHistory } from './history.ts';
import { countRuns, failedVersion, lookAt, NO_TAGS, statusOf, withUpdates } from './inventory.ts';
import { type VersionsByOrigin, versionsByOrigin } from './numbers.ts';
import type { CopiedExperiment, CopiedModel, CopiedTags, CopiedVersion, CopyResult } from './results.ts';
import { type CopySelection, type SelectedExperiment, type SelectedModel, select } from './selection.ts';
import { remarksOn, warningsAbout } from './warnings.ts';

async function planModelTags(
  target: TrackingStore | null,
  { model, targetName, isWhole }: SelectedModel,
  versions: CopiedVersion[],
): Promise<CopiedTags> {
  const there = (await target?.findModel(targetName)) ?? null;
  const isMade = there !== null || versions.some(({ status }) => status === 'copied');
  return isWhole && isMade ? planTags(modelTags(model), there === null ? {} : modelTags(there)) : NO_TAGS;
}

interface PlannedModel {
  planned: CopiedModel;
  /** The experiments of its events. */
  histories: CopiedExperiment[];
  remarks: string[];
}

async function previewVersion(
  source: TrackingStore,
  version: ModelVersion,
  byOrigin: VersionsByOrigin,
  location: string,
): Promise<CopiedVersion> {
  const known = statusOf(version, byOrigin, location);
  if (known.status !== 'copied') return known;
  return locateModel(source, version).then(
    () => known,
    (error) => failedVersion(version, error),
  );
}

async function previewModel(
  { source, target, copies }: { source: TrackingStore; target: TrackingStore | null; copies: CopiedRuns },
  selected: SelectedModel,
  location: string,
): Promise<PlannedModel> {
  const { model, targetName, isWhole, events } = selected;
  const byOrigin = await versionsByOrigin(target, targetName, location);
  const versions: CopiedVersion[] = [];
  for (const version of selected.versions) versions.push(await previewVersion(source, version, byOrigin, location));
  const seen = await lookAt(target, targetName, byOrigin, versions, location);
  const plan = isWhole ? planFollowing(selected, seen) : NOTHING_FOLLOWS;
  const isFollowed = plan.differences.length === 0;
  const { told, held } = isFollowed ? splitHistory(events, seen.left) : { told: [], held: events };
  const count = async (some: SelectedExperiment[]) => {
    const counts: CopiedExperiment[] = [];
    for (const each of some) counts.push(await countRuns(source, target, each, copies));
    return { counts, copied: counts.reduce((sum, { copied }) => sum + copied, 0) };
  };
  const coming = await count(told);
  const planned = {
    name: model.name,
    target_name: targetName,
    versions: withUpdates(versions, plan.updated),
    aliases: plan.aliases,
    events: coming.copied,
    events_left: (await count(held)).copied,
    tags: await planModelTags(target, selected, versions),
  };
  return { planned, histories: coming.counts, remarks: remarksOn(selected, plan, planned.events_left) };
}

/** What a copy would do. */
export async function preview(
  source: TrackingStore,
  target: TrackingStore | null,
  to: string,
  options: CopySelection,
): Promise<CopyResult> {
  const started = performance.now();
  const { location, losses = [] } = await source.describe();
  const selection = await select(source, options, target === null ? 'sqlite' : (await target.describe()).kind);
  const copies = new CopiedRuns(target);
  const experiments: CopiedExperiment[] = [];
  for (const each of selection.experiments) experiments.push(await countRuns(source, target, each, copies));
  const models: PlannedModel[] = [];
  for (const each of selection.models) models.push(await previewModel({ source, target, copies }, each, location));
  const histories = models.flatMap(({ histories }) => histories);
  const warnings = warningsAbout(
    [...experiments, ...histories],
    models.map(({ planned }) => planned),
    [...losses, ...models.flatMap(({ remarks }) => remarks)],
  );
  return {
    schema: 1,
    status: 'dry-run',
    from: location,
    to,
    experiments,
    models: models.map(({ planned }) => planned),
    warnings,
    duration_ms: Math.round(performance.now() - started),
  };
}
