import type { TrackingStore } from '../tracking/store.ts';
import { planAliases, versionsByOrigin } from './copy-model.ts';
import { CopiedRuns } from './copy-runs.ts';
import { aliasesOf, countRuns, numbersOf, statusOf, warningsAbout } from './inventory.ts';
import type { CopiedExperiment, CopiedModel, CopyResult } from './results.ts';
import { type CopySelection, select } from './selection.ts';

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
  for (const each of selection.experiments) experiments.push(await countRuns(each, copies));
  const models: CopiedModel[] = [];
  for (const selected of selection.models) {
    const byOrigin = await versionsByOrigin(target, selected.model.name, location);
    const versions = selected.versions.map((version) => statusOf(version, byOrigin, location));
    let events = 0;
    for (const each of selected.events) events += (await countRuns(each, copies)).copied;
    const aliases = selected.isWhole
      ? planAliases(selected, numbersOf(versions), await aliasesOf(target, selected, byOrigin))
      : [];
    models.push({ name: selected.model.name, versions, aliases, events });
  }
  const warnings = warningsAbout(experiments, models);
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
