import { STAGE_TAG, STAGES, stageField, type VersionStage } from '../registry/stages.ts';
import { ROLLED_BACK_TAG } from '../registry/state.ts';
import type { AliasMove, PromotionCommit } from '../tracking/promotion-commit.ts';
import type { ModelVersion, StageField } from '../tracking/store.ts';
import { versionTags } from './copy-tags.ts';
import { changesOfDeleted, type DeletedVersion, deletedVersions } from './deleted-versions.ts';
import { type GivenState, givenState, isSameState, STATE_TAG, stateText } from './given-state.ts';
import { deletedNumber, isUnborn } from './numbers.ts';
import { COPIED_FROM_TAG } from './origin.ts';
import type { CopiedAlias } from './results.ts';
import type { SelectedModel } from './selection.ts';
import { type AliasSides, aliasesHeld, type Changes, type Sides, type TargetModel } from './sides.ts';

/** How a model in the target becomes what it is in the source. */
export interface Following {
  aliases: CopiedAlias[];
  /** Null when nothing is left to do. */
  commit: Pick<PromotionCommit, 'modelName' | 'moves' | 'stageFields' | 'versionTags' | 'before'> | null;
  /** Why deployments of the source do not come, as clauses; aliases of stages, stages and history stay as they are then. */
  differences: string[];
  /** Tags with another value in the target, which stays, by the number of their version there. */
  keptTags: Map<string, string[]>;
  /** Versions that are there already and get another stage or more tags. */
  updated: Set<string>;
}

/** For versions that are copied alone, into no stage. */
export const NOTHING_FOLLOWS: Following = {
  aliases: [],
  commit: null,
  differences: [],
  keptTags: new Map(),
  updated: new Set(),
};

/**
 * Compares three sides: what the target has, what copying gave it, and what the source has. The target follows while it has what it was
 * given; deployments (aliases of stages, stage fields, history) as a whole, because one without the others would tell an untruth.
 */
export function planFollowing({ model, targetName, versions }: SelectedModel, target: TargetModel): Following {
  const sides = versions.flatMap((from) => sidesOf(from, target) ?? []);
  const deleted = deletedVersions(sides, target);
  const aliases = aliasNames(model.aliases, [...sides, ...deleted], target).map((alias) =>
    compareAlias(alias, model.aliases, { sides, deleted }, target),
  );
  const moved = aliases.filter(isStageAlias).flatMap(aliasDifference);
  const differences = [
    ...STAGES.flatMap((stage) => missingHolder(stage, model.aliases, target)),
    // Who moves an alias changes stages with it, which goes without saying.
    ...(moved.length > 0 ? moved : sides.flatMap((each) => stageDifference(each, target))),
  ];
  const isFollowed = differences.length === 0;
  const settled = aliases.map((each) => ({ ...each, moves: each.moves && (isFollowed || !isStageAlias(each)) }));
  const changes = [
    ...sides.map((side) => changesOf(side, { isFollowed, settled, target })),
    ...deleted.flatMap((each) => changesOfDeleted(each, settled, target) ?? []),
  ];
  const moves = settled.flatMap(({ alias, holder, wanted, moves }): AliasMove[] =>
    moves ? [{ alias, expected: holder, target: wanted }] : [],
  );
  const isChanged = moves.length > 0 || changes.some(({ isMain }) => isMain);
  // A version of the target's own is not touched for the sake of copying's records alone.
  const written = changes.filter(({ side, isEmpty }) => !isEmpty && (isChanged || side.isCopy));
  return {
    aliases: settled.flatMap(toResult),
    differences,
    keptTags: new Map(sides.map((side) => [side.version, differingTags(side)])),
    updated: new Set(
      changes.flatMap(({ isMain, side }) => (isMain && side.there !== null && side.from ? [side.from.version] : [])),
    ),
    commit: moves.length + written.length === 0 ? null : toCommit(targetName, moves, written),
  };
}

function sidesOf(from: ModelVersion, { byOrigin, numbers }: TargetModel): Sides | null {
  const version = numbers.get(from.version);
  if (version === undefined) return null;
  const there = [...byOrigin.values()].find((each) => each.version === version) ?? null;
  const given = (there && givenState(there)) ?? { stage: 'None', aliases: [] };
  return {
    from,
    version,
    there,
    isCopy: there === null || COPIED_FROM_TAG in there.tags,
    given,
    sourceGiven: givenState(from),
  };
}

/** Those of the source, those that copying set, and the stages whoever holds them; others of the target are its own affair. */
function aliasNames(
  source: Record<string, string>,
  sides: (Sides | DeletedVersion)[],
  { aliases, numbers }: TargetModel,
): string[] {
  const here = Object.keys(source).filter((alias) => numbers.has(source[alias]!));
  const given = sides.flatMap(({ given, sourceGiven }) => [...given.aliases, ...(sourceGiven?.aliases ?? [])]);
  const stages = STAGES.filter((stage) => stage in aliases);
  return [...new Set([...here, ...given.filter((alias) => alias in aliases), ...stages])].filter(
    // A version that could not be copied may hold it.
    (alias) => source[alias] === undefined || numbers.has(source[alias]),
  );
}

function compareAlias(
  alias: string,
  source: Record<string, string>,
  { sides, deleted }: { sides: Sides[]; deleted: DeletedVersion[] },
  target: TargetModel,
): AliasSides {
  const holder = target.aliases[alias] ?? null;
  const wanted = source[alias] === undefined ? null : target.numbers.get(source[alias])!;
  const givenTo = (which: 'given' | 'sourceGiven') =>
    [...sides, ...deleted].find((side) => side[which]?.aliases.includes(alias))?.version ?? null;
  const [given, sourceGiven] = [givenTo('given'), givenTo('sourceGiven')];
  const isOurs = holder === wanted || holder === given || (holder !== null && holder === sourceGiven);
  const isBereft = wanted === null && alias === 'GNU_Production' && deleted.some(({ version }) => version === holder);
  return { alias, holder, wanted, given, isOurs, isBereft, moves: isOurs && holder !== wanted && !isBereft };
}

function isStageAlias({ alias }: Pick<AliasSides, 'alias'>): boolean {
  return STAGES.some((stage) => stage === alias);
}

/** History would tell of a version that is not there. */
function missingHolder(stage: string, source: Record<string, string>, { numbers }: TargetModel): string[] {
  const holder = source[stage];
  return holder === undefined || numbers.has(holder)
    ? []
    : [`version ${holder}, which holds ${stage}, did not come along`];
}

function aliasDifference({ alias, holder, isOurs }: AliasSides): string[] {
  return isOurs ? [] : [`somebody else put ${alias} at ${holder === null ? 'no version' : `version ${holder}`} there`];
}

function stageDifference({ there, version, given, sourceGiven, from }: Sides, { hasStages }: TargetModel): string[] {
  if (there === null || !hasStages) return [];
  const known = [given.stage, sourceGiven?.stage, wantedStage(from)];
  return known.includes(there.stageField)
    ? []
    : [`somebody else set the stage of version ${version} to ${there.stageField} there`];
}

/** Databricks has no stage fields; the tag says what they would be. */
function wantedStage({ stageField: field, tags }: ModelVersion): StageField {
  const stage = tags[STAGE_TAG];
  const isStage = STAGES.some((each) => each === stage) || stage === 'Archived';
  return field === 'None' && isStage ? stageField(stage as VersionStage) : field;
}

function changesOf(
  side: Sides,
  { isFollowed, settled, target }: { isFollowed: boolean; settled: AliasSides[]; target: TargetModel },
): Changes {
  const { from, there, version, given } = side;
  const wanted = isFollowed ? wantedStage(from) : given.stage;
  const stage = isFollowed && target.hasStages && (there?.stageField ?? 'None') !== wanted ? wanted : null;
  const tags = { ...missingTags(side), ...(isFollowed ? deploymentTags(side, target) : {}) };
  const state: GivenState = { stage: wanted, aliases: aliasesHeld(version, settled), from: target.location };
  const isKnown = isSameState(state, given);
  const isMain = stage !== null || Object.keys(tags).length > 0;
  return {
    side,
    stage,
    // The last one: a commit that is cut off before it can be told from somebody else's change.
    tags: isKnown ? tags : { ...tags, [STATE_TAG]: stateText(state) },
    isMain,
    isEmpty: !isMain && isKnown,
  };
}

/** Tags of the source that the target lacks; what it says itself stays. */
function missingTags({ from, there }: Sides): Record<string, string> {
  if (there === null) return {};
  return Object.fromEntries(Object.entries(versionTags(from).taken).filter(([key]) => !(key in there.tags)));
}

function differingTags({ from, there }: Sides): string[] {
  if (there === null) return [];
  const { taken } = versionTags(from);
  return Object.keys(taken).filter((key) => key in there.tags && there.tags[key] !== taken[key]);
}

/** Stage and remark of a rollback as in the source; null removes them. The next copy corrects who is not there yet. */
function deploymentTags({ from, there }: Sides, { numbers, left }: TargetModel): Record<string, string | null> {
  const by = from.tags[ROLLED_BACK_TAG];
  const wanted: Record<string, string | undefined> = {
    [STAGE_TAG]: from.tags[STAGE_TAG],
    [ROLLED_BACK_TAG]: by && (numbers.get(by) ?? (left.has(by) ? `missing-${by}` : deletedNumber(by))),
  };
  const differing = Object.entries(wanted).filter(([key, value]) => there?.tags[key] !== value);
  return Object.fromEntries(differing.map(([key, value]) => [key, value ?? null]));
}

function toResult({ alias, holder, wanted, moves, isOurs, isBereft }: AliasSides): CopiedAlias[] {
  if (moves && wanted === null) return [{ alias, version: null, status: 'removed' }];
  if (moves) return [{ alias, version: isUnborn(wanted!) ? null : wanted, status: 'set' }];
  if (holder === wanted) return holder === null ? [] : [{ alias, version: holder, status: 'present' }];
  return wanted === null && isOurs && !isBereft ? [] : [{ alias, version: holder, status: 'kept' }];
}

function toCommit(modelName: string, moves: AliasMove[], changes: Changes[]): NonNullable<Following['commit']> {
  const stages = changes.filter(({ stage }) => stage !== null);
  const before = changes.map(({ side: { version, there }, tags }) => {
    const had = Object.keys(tags).map((key) => [key, there?.tags[key] ?? null]);
    return [version, Object.fromEntries(had) as Record<string, string | null>];
  });
  return {
    modelName,
    moves,
    stageFields: Object.fromEntries(stages.map(({ side, stage }) => [side.version, stage!])),
    versionTags: Object.fromEntries(changes.map(({ side, tags }) => [side.version, tags])),
    before: {
      stageFields: Object.fromEntries(stages.map(({ side }) => [side.version, side.there?.stageField ?? 'None'])),
      versionTags: Object.fromEntries(before),
    },
  };
}
