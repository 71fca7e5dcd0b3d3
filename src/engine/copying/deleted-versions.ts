import { STAGE_TAG } from '../registry/stages.ts';
import { ROLLED_BACK_TAG } from '../registry/state.ts';
import type { ModelVersion, StageField } from '../tracking/store.ts';
import { type GivenState, givenState, isSameState, STATE_TAG, stateText } from './given-state.ts';
import { type AliasSides, aliasesHeld, type Changes, type TargetModel } from './sides.ts';

/** A version in the target that came from the source, which deleted it since. */
export interface DeletedVersion {
  version: string;
  there: ModelVersion;
  given: GivenState;
  sourceGiven: null;
}

/** Copies stay when their originals are deleted, and with them what they were given; those of other stores are no affair of this one. */
export function deletedVersions(
  sides: readonly { version: string }[],
  { byOrigin, location }: Pick<TargetModel, 'byOrigin' | 'location'>,
): DeletedVersion[] {
  const known = new Set(sides.map(({ version }) => version));
  return [...byOrigin.values()].flatMap((there) => {
    const given = givenState(there);
    const isDeleted = given !== null && given.from === location && !known.has(there.version);
    return isDeleted ? [{ version: there.version, there, given, sourceGiven: null }] : [];
  });
}

/** What becomes of such a version when its aliases move on; null when nothing does. */
export function changesOfDeleted(
  { version, there, given }: DeletedVersion,
  settled: AliasSides[],
  { hasStages, location }: Pick<TargetModel, 'hasStages' | 'location'>,
): Changes | null {
  const leaves = (stage: string) =>
    settled.find(({ alias, moves, holder }) => alias === stage && moves && holder === version);
  const production = leaves('GNU_Production');
  const isMoved = production !== undefined || leaves('Staging') !== undefined;
  const rest = production === undefined ? 'None' : 'Archived';
  const isOurs = there.stageField === given.stage;
  const stage: StageField | null = isMoved && isOurs && hasStages && rest !== given.stage ? rest : null;
  const state = { stage: stage ?? given.stage, aliases: aliasesHeld(version, settled), from: location };
  if (isSameState(state, given)) return null;
  const isRolledBack = production?.wanted != null && Number(production.wanted) < Number(version);
  const tags = {
    ...(isMoved ? { [STAGE_TAG]: production === undefined ? null : 'Archived' } : {}),
    // Only a rollback goes to an earlier version; the next one shall not lead back here.
    ...(isRolledBack ? { [ROLLED_BACK_TAG]: production.wanted } : {}),
    [STATE_TAG]: stateText(state),
  };
  return { side: { version, there, isCopy: true, from: null }, stage, tags, isMain: isMoved, isEmpty: false };
}
