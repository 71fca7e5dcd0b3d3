import type { ModelVersion, StageField } from '../tracking/store.ts';
import type { GivenState } from './given-state.ts';
import type { VersionsByOrigin } from './numbers.ts';

/** What the target has of a model, and which of its versions are which of the source. */
export interface TargetModel {
  aliases: Record<string, string>;
  byOrigin: VersionsByOrigin;
  /** The source, as its description says. */
  location: string;
  /** Number in the target by number in the source; see `unborn` for one that is still to be copied. */
  numbers: ReadonlyMap<string, string>;
  /** Numbers in the source of versions that did not come along. */
  left: ReadonlySet<string>;
  /** Unity Catalog has no stage fields. */
  hasStages: boolean;
}

/** A version in the source, as it is in the target, and what copying gave it there. */
export interface Sides {
  from: ModelVersion;
  /** Number in the target. */
  version: string;
  /** Null while it is to be copied. */
  there: ModelVersion | null;
  isCopy: boolean;
  /** What the target was given, and what the source was given when it came from there. */
  given: GivenState;
  sourceGiven: GivenState | null;
}

export interface AliasSides {
  alias: string;
  holder: string | null;
  wanted: string | null;
  /** Where copying put it. */
  given: string | null;
  /** Whether the target has it where it was put, or shall have it. */
  isOurs: boolean;
  /** The source deleted the version in production: the target goes on with its copy, because production never becomes empty. */
  isBereft: boolean;
  moves: boolean;
}

export interface Changes {
  /** `from` is null for a version that the source deleted. */
  side: Pick<Sides, 'version' | 'there' | 'isCopy'> & { from: ModelVersion | null };
  stage: StageField | null;
  tags: Record<string, string | null>;
  /** Something changes that people see. */
  isMain: boolean;
  isEmpty: boolean;
}

/** What copying will have given a version. */
export function aliasesHeld(version: string, settled: AliasSides[]): string[] {
  const held = settled.filter(
    (each) => (each.moves || each.holder === each.wanted ? each.wanted : each.given) === version,
  );
  return held.map(({ alias }) => alias);
}
