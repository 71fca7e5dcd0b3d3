import type { ModelVersion, Run, TrackingStore } from '../tracking/store.ts';
import type { VersionsByOrigin } from './copy-model.ts';
import type { CopiedRuns } from './copy-runs.ts';
import { DESCRIPTION, planTags } from './copy-tags.ts';
import { PENDING_TAG, runOrigin, versionOrigin } from './origin.ts';
import type { CopiedExperiment, CopiedModel, CopiedTags, CopiedVersion } from './results.ts';
import type { SelectedExperiment, SelectedModel } from './selection.ts';

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

export function numbersOf(versions: CopiedVersion[]): Map<string, string> {
  return new Map(versions.flatMap(({ from, to }) => (to === null ? [] : [[from, to]])));
}

export async function aliasesOf(target: TrackingStore | null, { model }: SelectedModel, byOrigin: VersionsByOrigin) {
  const pending = [...byOrigin.values()].filter(({ tags }) => PENDING_TAG in tags);
  return {
    aliases: (await target?.findModel(model.name))?.aliases ?? {},
    pending: new Set(pending.map(({ version }) => version)),
  };
}

/** The target's own words stay. */
function keptTags(name: string, { kept }: CopiedTags): string[] {
  const words = kept.map((key) => (key === DESCRIPTION ? 'its description' : `tag ${key}`));
  return words.length > 0 ? [`${name}: the target says something else and stays as it is: ${words.join(', ')}.`] : [];
}

export function warningsAbout(experiments: CopiedExperiment[], models: CopiedModel[]): string[] {
  const running = experiments
    .filter((each) => each.running > 0)
    .map(({ name, running }) => `${name}: ${running} of its runs go on; copy again when they have ended.`);
  const said = experiments.flatMap(({ name, tags }) => keptTags(`experiment ${name}`, tags));
  const about = models.flatMap(({ name, versions, aliases, tags }) => {
    const renumbered = versions
      .filter(({ from, to }) => to !== null && to !== from)
      .map(({ from, to }) => `${from} is ${to}`);
    const skipped = versions.filter(({ status }) => status === 'skipped').map(({ from }) => from);
    const kept = aliases
      .filter(({ status }) => status === 'kept')
      .map(({ alias, version }) => `${alias} at version ${version}`);
    return [
      ...(renumbered.length > 0 ? [`${name}: versions have other numbers: ${renumbered.join(', ')}.`] : []),
      ...(skipped.length > 0 ? [`${name}: versions that are not ready were left out: ${skipped.join(', ')}.`] : []),
      ...(kept.length > 0 ? [`${name}: the target's own aliases stay: ${kept.join(', ')}.`] : []),
      ...keptTags(name, tags),
    ];
  });
  return [...running, ...said, ...about];
}
