import { STAGE_TAG } from '../registry/stages.ts';
import { ROLLED_BACK_TAG } from '../registry/state.ts';
import { EngineError } from '../support/errors.ts';
import { checkVersionTag } from '../tracking/limits.ts';
import type { ModelVersion, RegisteredModel } from '../tracking/store.ts';
import { STATE_TAG } from './given-state.ts';
import { COPIED_FROM_TAG } from './origin.ts';
import type { CopiedTags } from './results.ts';

/** How MLflow names the description of an experiment; here that of a registered model, too. */
export const DESCRIPTION = 'mlflow.note.content';

/** What Databricks says of an experiment's place and owner, which are others in the target. */
const OF_THE_PLACE = /^mlflow\.(owner|experiment\.source|experimentType$)/;

/** Tags that come along. */
export function ownTags(tags: Record<string, string>): Record<string, string> {
  return Object.fromEntries(Object.entries(tags).filter(([key]) => !OF_THE_PLACE.test(key)));
}

/** Of the stage and of copying: they are set with the aliases, when all versions are there. */
const SET_LATER = [STAGE_TAG, ROLLED_BACK_TAG, STATE_TAG, COPIED_FROM_TAG];

/** The tags of a version that come along, and the keys of those that a target would refuse: MLflow 3 takes longer ones than MLflow 2. */
export function versionTags({ tags }: Pick<ModelVersion, 'tags'>): {
  taken: Record<string, string>;
  refused: string[];
} {
  const own = Object.entries(tags).filter(([key]) => !SET_LATER.includes(key));
  const taken = own.filter(([key, value]) => isTaken(key, value));
  return {
    taken: Object.fromEntries(taken),
    refused: own.flatMap(([key, value]) => (isTaken(key, value) ? [] : [key])),
  };
}

function isTaken(key: string, value: string): boolean {
  try {
    checkVersionTag(key, value);
    return true;
  } catch (error) {
    if (EngineError.is(error, 'usage')) return false;
    throw error;
  }
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
