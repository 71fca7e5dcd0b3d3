import type { ModelVersion, StageField } from '../tracking/store.ts';

/**
 * Tag of a version that copying set up: the stage field and the aliases that it was given, by which the next copy sees whether
 * somebody else decided since.
 */
export const STATE_TAG = 'gnu_mlops.copied_state';

export interface GivenState {
  stage: StageField;
  aliases: string[];
}

/** Null for a version that copying gave nothing yet. */
export function givenState({ tags }: Pick<ModelVersion, 'tags'>): GivenState | null {
  try {
    const { stage, aliases } = JSON.parse(tags[STATE_TAG] ?? '') as Partial<GivenState>;
    return typeof stage === 'string' && Array.isArray(aliases) ? { stage, aliases } : null;
  } catch {
    return null;
  }
}

export function stateText({ stage, aliases }: GivenState): string {
  return JSON.stringify({ stage, aliases: aliases.toSorted() });
}
