import type { StageField } from './store.ts';

/** Tag of an overtaken event: JSON with `alias`, `expected` and `holder`, the version that won. */
export const CONFLICT_TAG = 'gnu_mlops.event.conflict';

/** One alias that moves: from the version that is expected to hold it to another; null is no version. */
export interface AliasMove {
  alias: string;
  expected: string | null;
  target: string | null;
}

/**
 * What one deployment event changes, ready to be applied (steps b to e of the promotion protocol):
 * read the aliases again, set them, mirror stage field and tags, end the event run.
 */
export interface PromotionCommit {
  modelName: string;
  /** The event's run, already RUNNING. */
  eventRunId: string;
  moves: AliasMove[];
  /** Stage field by version, mirrored where the back end has one. */
  stageFields: Record<string, StageField>;
  /** Version tags to set (text) or remove (null), by version. */
  versionTags: Record<string, Record<string, string | null>>;
  /** Stage field and tags of the same versions before, for a commit that is overtaken half-way; unknown unless given. */
  before?: Pick<PromotionCommit, 'stageFields' | 'versionTags'>;
  /** End of the event run, ms since 1970; a store that can makes it later than every event that was committed before. */
  endTime: number;
}

/** `conflict`: an alias was not where the plan expected it; nothing changed but the event, which ended FAILED. */
export type PromotionOutcome =
  | { status: 'committed' }
  | { status: 'conflict'; alias: string; expected: string | null; holder: string | null };
