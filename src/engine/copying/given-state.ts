import type { ModelVersion, StageField } from '../tracking/store.ts';

/**
 * Tag of a version that copying set up: the stage field and the aliases that it was given, by which the next copy sees whether
 * somebody else decided since.
 */
export const STATE_TAG = 'gnu_mlops.copied_state';

export interface GivenState {
  stage: StageField;
  aliases: string[];
  /** The store that it came from, as its description says; versions of several stores may meet in one model. */
  from?: string;
}

/** Null for a version that copying gave nothing yet. */
export function givenState({ tags }: Pick<ModelVersion, 'tags'>): GivenState | null {
  try {
    const { stage, aliases, from } = JSON.parse(tags[STATE_TAG] ?? '') as Partial<GivenState>;
    const isState = typeof stage === 'string' && Array.isArray(aliases);
    return isState ? { stage, aliases, ...(typeof from === 'string' ? { from } : {}) } : null;
  } catch {
    return null;
  }
}

export function stateText({ stage, aliases, from }: GivenState): string {
  return JSON.stringify({ stage, aliases: aliases.toSorted(), from });
}

/** Whether they say the same, wherever it came from: a store that was moved changes nothing. */
export function isSameState(one: GivenState, other: GivenState): boolean {
  return stateText({ ...one, from: '' }) === stateText({ ...other, from: '' });
}
