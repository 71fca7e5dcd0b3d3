import { EVENT_VERSION_TAGS, MODEL_TAG } from '../registry/events.ts';
import type { ModelVersion, TrackingStore } from '../tracking/store.ts';
import { versionOrigin } from './origin.ts';
import type { CopiedVersion } from './results.ts';

/** The versions of a model in the target, by where they came from. */
export type VersionsByOrigin = Map<string, ModelVersion>;

/** Those that are READY: one that was cut off between its creation and its files is gone on with when it is registered again. */
export async function versionsByOrigin(
  target: TrackingStore | null,
  modelName: string,
  location: string,
): Promise<VersionsByOrigin> {
  const isThere = target !== null && (await target.findModel(modelName)) !== null;
  const versions = isThere ? await target.listVersions(modelName) : [];
  const ready = versions.filter(({ status }) => status === 'READY');
  return new Map(ready.map((version) => [versionOrigin(version, location), version]));
}

/** In a plan, the place of a version that is not there yet. */
export function unborn(from: string): string {
  return `+${from}`;
}

export function isUnborn(version: string): boolean {
  return version.startsWith('+');
}

/** Numbers in the target by those in the source, without versions that stay behind. */
export function numbersOf(versions: CopiedVersion[]): Map<string, string> {
  const coming = versions.filter(({ to, status }) => to !== null || status === 'copied');
  return new Map(coming.map(({ from, to }) => [from, to ?? unborn(from)]));
}

/** Versions of the source that did not come along, and may come with the next copy. */
export function leftBehind(versions: CopiedVersion[]): Set<string> {
  const left = versions.filter(({ to, status }) => to === null && status !== 'copied');
  return new Set(left.map(({ from }) => from));
}

/** A version that was deleted has no number in the target, and must not be taken for another one. */
export function deletedNumber(number: string): string {
  return `deleted-${number}`;
}

/** The tags of a deployment event, with the name and the numbers that its model and versions have in the target. */
export function eventTags(
  tags: Record<string, string>,
  modelName: string,
  numbers: ReadonlyMap<string, string>,
): Record<string, string> {
  const mapped = EVENT_VERSION_TAGS.flatMap((tag) => {
    const number = tags[tag];
    return number ? [[tag, numbers.get(number) ?? deletedNumber(number)]] : [];
  });
  return { ...tags, [MODEL_TAG]: modelName, ...Object.fromEntries(mapped) };
}
