import type { RegisteredModel } from '../tracking/store.ts';
import type { CopiedTags } from './results.ts';

/** How MLflow names the description of an experiment; here that of a registered model, too. */
export const DESCRIPTION = 'mlflow.note.content';

/** What Databricks says of an experiment's place and owner, which are others in the target. */
const OF_THE_PLACE = /^mlflow\.(owner|experiment\.source|experimentType$)/;

/** Tags that come along. */
export function ownTags(tags: Record<string, string>): Record<string, string> {
  return Object.fromEntries(Object.entries(tags).filter(([key]) => !OF_THE_PLACE.test(key)));
}

/** The tags of a registered model with its description among them; one that is empty is none. */
export function modelTags({
  tags,
  description,
}: Pick<RegisteredModel, 'tags' | 'description'>): Record<string, string> {
  return description === '' ? tags : { ...tags, [DESCRIPTION]: description };
}

/** Those that the target lacks are set; where it says something else, that stays. */
export function planTags(from: Record<string, string>, target: Record<string, string>): CopiedTags {
  const names = Object.keys(from);
  return {
    set: names.filter((key) => !(key in target)),
    kept: names.filter((key) => key in target && target[key] !== from[key]),
  };
}

/** Those of `keys`. */
export function someTags(tags: Record<string, string>, keys: readonly string[]): Record<string, string> {
  return Object.fromEntries(keys.map((key) => [key, tags[key]!]));
}
