import { joinLocation } from '../artifacts/artifact-path.ts';
import { copyTree } from '../artifacts/transfer.ts';
import { EVENT_VERSION_TAGS } from '../registry/events.ts';
import { STAGE_TAG, STAGES, stageField } from '../registry/stages.ts';
import { ROLLED_BACK_TAG } from '../registry/state.ts';
import { EngineError } from '../support/errors.ts';
import type { AliasMove, PromotionCommit } from '../tracking/promotion-commit.ts';
import type { ModelVersion, Run, StageField, TrackingStore } from '../tracking/store.ts';
import type { RunCopy } from './copy-runs.ts';
import { COPIED_FROM_TAG, PENDING_TAG, versionOrigin } from './origin.ts';
import type { CopiedAlias } from './results.ts';
import type { SelectedModel } from './selection.ts';

/** The versions of a model in the target, by where they came from. */
export type VersionsByOrigin = Map<string, ModelVersion>;

export async function versionsByOrigin(
  target: TrackingStore | null,
  modelName: string,
  location: string,
): Promise<VersionsByOrigin> {
  const isThere = target !== null && (await target.findModel(modelName)) !== null;
  const versions = isThere ? await target.listVersions(modelName) : [];
  return new Map(versions.map((version) => [versionOrigin(version, location), version]));
}

/**
 * Registers the copy of a version under the next number.
 * @param run the version's run in the source; null when it is gone
 * @param copyId the run's copy, with all its artifacts
 */
export async function registerCopy(
  { source, target, signal }: RunCopy,
  version: ModelVersion,
  run: Run | null,
  copyId: string,
  { location, isWhole }: { location: string; isWhole: boolean },
): Promise<ModelVersion> {
  const copy = await target.getRun(copyId);
  const place = await source.locate(version);
  let folder = run === null ? null : folderInRun(source, run, place);
  if (folder === null) {
    folder = `model-${version.name.replace(/[^\w.-]/g, '_')}-${version.version}`;
    const to = target.artifacts.repository(joinLocation(copy.artifactUri, folder));
    await copyTree(source.artifacts.repository(place), to, { signal });
  }
  const { [STAGE_TAG]: _stage, [ROLLED_BACK_TAG]: _rolledBack, [PENDING_TAG]: _pending, ...tags } = version.tags;
  const registered = await target.finishRun(copyId, {
    status: copy.status === 'RUNNING' ? 'FINISHED' : copy.status,
    endTime: copy.endTime ?? version.createdAt,
    register: {
      name: version.name,
      source: joinLocation(copy.artifactUri, folder),
      runId: copyId,
      userId: version.userId,
      description: version.description,
      tags: {
        ...tags,
        [COPIED_FROM_TAG]: versionOrigin(version, location),
        ...(isWhole ? { [PENDING_TAG]: 'true' } : {}),
      },
    },
  });
  return registered!;
}

/** Where among its run's artifacts a model lies; null when it lies elsewhere, as MLflow 3 keeps models. */
function folderInRun({ artifacts }: TrackingStore, run: Run, location: string): string | null {
  const place = (uri: string) => (artifacts.localFolder(uri) ?? uri).replaceAll('\\', '/').replace(/\/+$/, '');
  const [root, folder] = [place(run.artifactUri), place(location)];
  return folder.startsWith(`${root}/`) ? folder.slice(root.length + 1) : null;
}

/** The tags of a deployment event, with the numbers that its versions have in the target. */
export function eventTags(tags: Record<string, string>, numbers: ReadonlyMap<string, string>): Record<string, string> {
  const mapped = EVENT_VERSION_TAGS.flatMap((tag) => {
    const number = tags[tag];
    return number ? [[tag, numberOf(number, numbers)]] : [];
  });
  return { ...tags, ...Object.fromEntries(mapped) };
}

/** A version that was deleted has no number in the target, and must not be taken for another one. */
function numberOf(number: string, numbers: ReadonlyMap<string, string>): string {
  return numbers.get(number) ?? `deleted-${number}`;
}

/** Where the aliases of a copied model go; those that the target has at other versions stay there. */
export function planAliases(
  { model }: SelectedModel,
  numbers: ReadonlyMap<string, string>,
  target: { aliases: Record<string, string>; pending: ReadonlySet<string> },
): CopiedAlias[] {
  return Object.entries(model.aliases).flatMap(([alias, from]): CopiedAlias[] => {
    const version = numbers.get(from) ?? null;
    const holder = target.aliases[alias];
    if (holder !== undefined) return [{ alias, version: holder, status: holder === version ? 'present' : 'kept' }];
    // An alias that somebody removed since stays away; one of a version that was never finished is still to be set.
    return version === null || target.pending.has(version) ? [{ alias, version, status: 'set' }] : [];
  });
}

/** Everything that comes when all versions are there, for one commit; null when nothing is left to do. */
export function finishingCommit(
  selected: SelectedModel,
  byOrigin: VersionsByOrigin,
  numbers: ReadonlyMap<string, string>,
  aliases: CopiedAlias[],
): Pick<PromotionCommit, 'modelName' | 'moves' | 'stageFields' | 'versionTags'> | null {
  const pending = [...byOrigin.values()].filter(({ tags }) => PENDING_TAG in tags);
  if (pending.length === 0) return null;
  const sources = new Map(selected.versions.map((version) => [numbers.get(version.version), version]));
  const held = new Map(aliases.map(({ alias, version }) => [alias, version]));
  const stageFields: Record<string, StageField> = {};
  const versionTags: PromotionCommit['versionTags'] = {};
  for (const { version } of pending) {
    const from = sources.get(version);
    const stage = from === undefined ? null : stageOf(from, version, held);
    if (stage !== null && stage.field !== 'None') stageFields[version] = stage.field;
    versionTags[version] = { [PENDING_TAG]: null, ...stage?.tags, ...(from ? rolledBackTag(from, numbers) : {}) };
  }
  const moves = aliases.flatMap(({ alias, version, status }): AliasMove[] =>
    status === 'set' && version !== null ? [{ alias, expected: null, target: version }] : [],
  );
  return { modelName: selected.model.name, moves, stageFields, versionTags };
}

/** The stage that a copy mirrors: that of the version it came from, unless the target has somebody else there. */
function stageOf(
  from: ModelVersion,
  version: string,
  held: ReadonlyMap<string, string | null>,
): { field: StageField; tags: Record<string, string> } {
  const stage = STAGES.find((each) => stageField(each) === from.stageField);
  const holder = stage === undefined ? null : (held.get(stage) ?? null);
  const isDisplaced = holder !== null && holder !== version;
  const tag = from.tags[STAGE_TAG];
  return {
    field: isDisplaced ? 'Archived' : from.stageField,
    tags: tag === undefined ? {} : { [STAGE_TAG]: isDisplaced ? 'Archived' : tag },
  };
}

function rolledBackTag({ tags }: ModelVersion, numbers: ReadonlyMap<string, string>): Record<string, string> {
  const by = tags[ROLLED_BACK_TAG];
  return by === undefined ? {} : { [ROLLED_BACK_TAG]: numberOf(by, numbers) };
}

/** @throws EngineError `conflict` */
export function requireCommitted(outcome: Awaited<ReturnType<TrackingStore['commitPromotion']>>, model: string): void {
  if (outcome.status === 'committed') return;
  throw new EngineError('conflict', `Somebody moved the alias ${outcome.alias} of ${model} just now.`, {
    fix: 'Copy again: what is there already stays.',
  });
}
