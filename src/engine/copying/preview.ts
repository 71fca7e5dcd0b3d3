import type { TrackingStore } from '../tracking/store.ts';
import { planAliases, versionsByOrigin } from './copy-model.ts';
import { CopiedRuns } from './copy-runs.ts';
import { modelTags, planTags } from './copy-tags.ts';
import { aliasesOf, countRuns, NO_TAGS, numbersOf, statusOf, warningsAbout } from './inventory.ts';
import type { CopiedExperiment, CopiedModel, CopiedTags, CopiedVersion, CopyResult } from './results.ts';
import { type CopySelection, type SelectedModel, select } from './selection.ts';

async function planModelTags(
  target: TrackingStore | null,
  { model, isWhole }: SelectedModel,
  versions: CopiedVersion[],
): Promise<CopiedTags> {
  const there = (await target?.findModel(model.name)) ?? null;
  const isMade = there !== null || versions.some(({ status }) => status === 'copied');
  return isWhole && isMade ? planTags(modelTags(model), there === null ? {} : modelTags(there)) : NO_TAGS;
}

/** What a copy would do. */
export async function preview(
  source: TrackingStore,
  target: TrackingStore | null,
  to: string,
  options: CopySelection,
): Promise<CopyResult> {
  const started = performance.now();
  const { location } = await source.describe();
  const selection = await select(source, options);
  const copies = new CopiedRuns(target);
  const experiments: CopiedExperiment[] = [];
  for (const each of selection.experiments) experiments.push(await countRuns(target, each, copies));
  const histories: CopiedExperiment[] = [];
  const models: CopiedModel[] = [];
  for (const selected of selection.models) {
    const byOrigin = await versionsByOrigin(target, selected.model.name, location);
    const versions = selected.versions.map((version) => statusOf(version, byOrigin, location));
    let events = 0;
    for (const each of selected.events) {
      const history = await countRuns(target, each, copies);
      histories.push(history);
      events += history.copied;
    }
    const aliases = selected.isWhole
      ? planAliases(selected, numbersOf(versions), await aliasesOf(target, selected, byOrigin))
      : [];
    models.push({
      name: selected.model.name,
      versions,
      aliases,
      events,
      tags: await planModelTags(target, selected, versions),
    });
  }
  const warnings = warningsAbout([...experiments, ...histories], models);
  return {
    schema: 1,
    status: 'dry-run',
    from: location,
    to,
    experiments,
    models,
    warnings,
    duration_ms: Math.round(performance.now() - started),
  };
}
