import { EngineError } from '../support/errors.ts';
import type { AliasMove, PromotionCommit } from '../tracking/promotion-commit.ts';
import type { ModelVersion, StageField } from '../tracking/store.ts';
import type { DeploymentEvent, EventKind } from './events.ts';
import { type GateResult, gatesOpen } from './gates.ts';
import { detectOutsideChanges, type OutsideChange } from './history.ts';
import { STAGE_TAG, STAGES, type Stage, stageField, type VersionStage } from './stages.ts';
import {
  aliasStage,
  type RegistryState,
  ROLLED_BACK_TAG,
  requireVersion,
  versionStage,
  wasInProduction,
} from './state.ts';

/** What one deployment event would change. Made by pure functions; `applyPlan` carries it out. */
export interface PromotionPlan {
  kind: EventKind;
  /** `unchanged`: it is so already, no event is written. `refused`: a gate stands in the way. */
  status: 'ready' | 'unchanged' | 'refused';
  modelName: string;
  version: string;
  fromStage: VersionStage;
  toStage: VersionStage;
  /** Who holds the stage now; null when nobody does. */
  previousVersion: string | null;
  /** Who holds each stage now. */
  holders: Record<Stage, string | null>;
  gates: GateResult[];
  moves: AliasMove[];
  stageFields: Record<string, StageField>;
  versionTags: Record<string, Record<string, string | null>>;
  /** What the same versions had before. */
  before: NonNullable<PromotionCommit['before']>;
  /** ms since 1970: the event must be later than every event that the plan knows, whatever the clocks say. */
  notBefore: number;
  /** What the operator should think about, as sentences. */
  warnings: string[];
}

/** A plan that moves a version into a stage. */
export interface StagePlan extends PromotionPlan {
  toStage: Stage;
}

export interface PromotionRequest {
  stage: Stage;
  /** The newest READY version for Staging, the holder of Staging for production, unless given. */
  version?: string | undefined;
  /** Outcome of the gates for {@link promotionTarget}; none are needed for a promotion that is true already. */
  gates?: GateResult[] | undefined;
}

export interface RollbackRequest {
  /** The newest earlier holder of production that was not rolled back, unless given. */
  toVersion?: string | undefined;
  gates?: GateResult[] | undefined;
}

/**
 * The version that a promotion would move, for looking up the evidence for its gates.
 * @throws EngineError `not-found`, `invalid-model` (not READY), `usage` (production cannot go back to Staging)
 */
export function promotionTarget(state: RegistryState, request: PromotionRequest): ModelVersion {
  const target =
    request.version === undefined ? defaultTarget(state, request.stage) : requireVersion(state, request.version);
  if (target.status !== 'READY') {
    throw new EngineError(
      'invalid-model',
      `Version ${target.version} of ${state.modelName} is ${target.status}, not READY.`,
      {
        fix: 'Wait until its registration has ended, or choose another version.',
      },
    );
  }
  const isDemotion = request.stage === 'Staging' && state.aliases.GNU_Production === target.version;
  if (isDemotion && request.version !== undefined) {
    throw new EngineError('usage', `Version ${target.version} is in GNU_Production and cannot go back to Staging.`, {
      fix: 'Put another version into production first: gnu-mlops rollback, or deploy another one.',
    });
  }
  return target;
}

/**
 * Plans moving a version into a stage. A version that left Staging for production by itself counts as being there.
 * @throws EngineError as {@link promotionTarget}
 */
export function planPromotion(state: RegistryState, request: PromotionRequest): StagePlan {
  const { version, tags } = promotionTarget(state, request);
  const gates = request.gates ?? [];
  const isOverride = gates.some((gate) => gate.overridden);
  const plan = stagePlan(state, isOverride ? 'override' : 'promote', version, request.stage, gates);
  if (ROLLED_BACK_TAG in tags) plan.warnings.push(`Version ${version} was rolled back once.`);
  return plan;
}

/**
 * The version that a rollback would put back, for checking that it still loads.
 * @throws EngineError `no-previous`, `not-found`, `usage` (a version that was never in production)
 */
export function rollbackTarget(state: RegistryState, request: RollbackRequest = {}): ModelVersion {
  const { toVersion } = request;
  if (toVersion === undefined) return previousHolder(state);
  const target = requireVersion(state, toVersion);
  if (wasInProduction(state, toVersion) || state.aliases.GNU_Production === toVersion) return target;
  throw new EngineError('usage', `Version ${toVersion} of ${state.modelName} was never in production.`, {
    fix: `Deploy it through the gates instead: gnu-mlops deploy --stage staging --version ${toVersion}`,
  });
}

/**
 * Plans putting an earlier holder back into production; the version it replaces is archived and marked.
 * @throws EngineError as {@link rollbackTarget}
 */
export function planRollback(state: RegistryState, request: RollbackRequest = {}): StagePlan {
  const { version } = rollbackTarget(state, request);
  const plan = stagePlan(state, 'rollback', version, 'GNU_Production', request.gates ?? []);
  markRolledBack(plan, plan.previousVersion, version);
  return plan;
}

/** Plans an event that accepts what another tool did: no alias moves, stage field and tags follow. */
export function planAdopt(state: RegistryState, change: OutsideChange): PromotionPlan {
  const { stage, expected, holder } = change;
  const version = holder ?? expected!;
  const toStage = holder === null ? versionStage(state, version) : stage;
  const fromStage = holder === null ? stage : stageBefore(state, version);
  const moves = movesInto(state, stage, holder);
  const plan = draft(state, { kind: 'adopt', version, fromStage, toStage, gates: [], moves });
  mirror(state, plan, expected === null ? [version] : [version, expected]);
  return { ...plan, previousVersion: expected };
}

/**
 * Plans moving the alias back to where history says it belongs.
 * @throws EngineError `not-found` when that version was deleted, `no-previous` when production would become empty
 */
export function planRestore(state: RegistryState, change: OutsideChange): PromotionPlan {
  const { stage, expected, holder } = change;
  if (expected === null && stage === 'GNU_Production') {
    throw new EngineError(
      'no-previous',
      'History knows no version in production, and production never becomes empty.',
      {
        fix: 'Accept the change instead: gnu-mlops repair --adopt',
      },
    );
  }
  if (expected !== null) requireVersion(state, expected);
  const version = expected ?? holder!;
  const toStage = expected === null ? restStage(state, version) : stage;
  const fromStage = expected === null ? stage : versionStage(state, version);
  const moves = movesInto(state, stage, expected);
  return draft(state, { kind: 'restore', version, fromStage, toStage, gates: [], moves });
}

/**
 * Plans what an interrupted event may have left undone behind its commit point, the alias that points at its target.
 * Null when the alias does not, or when another event explains that already.
 */
export function planFinish(state: RegistryState, event: DeploymentEvent): PromotionPlan | null {
  const stage = STAGES.find((known) => known === event.to);
  if (stage === undefined || state.aliases[stage] !== event.version) return null;
  if (!detectOutsideChanges(state).some((change) => change.stage === stage)) return null;
  const { kind, version, from: fromStage, previous } = event;
  const moves = movesInto(state, stage, version);
  const plan = draft(state, { kind, version, fromStage, toStage: stage, gates: [], moves });
  if (previous !== null) mirror(state, plan, [version, previous]);
  if (kind === 'rollback') markRolledBack(plan, previous, version);
  return plan;
}

function markRolledBack(plan: PromotionPlan, replaced: string | null, target: string): void {
  const tags = replaced === null ? undefined : plan.versionTags[replaced];
  if (tags) tags[ROLLED_BACK_TAG] = target;
}

function stagePlan(
  state: RegistryState,
  kind: EventKind,
  version: string,
  toStage: Stage,
  gates: GateResult[],
): StagePlan {
  const fromStage = versionStage(state, version);
  const moves = movesInto(state, toStage, version);
  const plan = draft(state, { kind, version, fromStage, toStage, gates, moves });
  const unchanged = { status: 'unchanged' as const, moves: [], stageFields: {}, versionTags: {} };
  if (plan.previousVersion === version) return { ...plan, ...unchanged, toStage };
  // The newest version is in production: it is where it is, above the stage that was asked for.
  if (toStage === 'Staging' && fromStage === 'GNU_Production')
    return { ...plan, ...unchanged, toStage: fromStage, previousVersion: version };
  return { ...plan, toStage };
}

/** The stage's alias moves to a version (or to none); a version that enters production leaves Staging. */
function movesInto(state: RegistryState, stage: Stage, version: string | null): AliasMove[] {
  const move = { alias: stage, expected: state.aliases[stage] ?? null, target: version };
  const leavesStaging = stage === 'GNU_Production' && version !== null && state.aliases.Staging === version;
  return leavesStaging ? [move, { alias: 'Staging', expected: version, target: null }] : [move];
}

type Draft = Pick<PromotionPlan, 'kind' | 'version' | 'fromStage' | 'toStage' | 'gates' | 'moves'>;

function draft(state: RegistryState, made: Draft): PromotionPlan {
  const plan: PromotionPlan = {
    ...made,
    status: gatesOpen(made.gates) ? 'ready' : 'refused',
    modelName: state.modelName,
    previousVersion: made.moves[0]?.expected ?? null,
    holders: { Staging: state.aliases.Staging ?? null, GNU_Production: state.aliases.GNU_Production ?? null },
    stageFields: {},
    versionTags: {},
    before: { stageFields: {}, versionTags: {} },
    notBefore: (state.events[0]?.at ?? 0) + 1,
    warnings: [],
  };
  mirror(
    state,
    plan,
    made.moves.flatMap(({ expected, target }) => [expected, target].filter((version) => version !== null)),
  );
  return plan;
}

/** Stage field and tags of every version that is touched, as they are after the moves. */
function mirror(state: RegistryState, plan: PromotionPlan, versions: string[]): void {
  const after = { ...state.aliases };
  for (const { alias, target } of plan.moves) {
    if (target === null) delete after[alias];
    else after[alias] = target;
  }
  for (const version of new Set(versions)) {
    const known = state.versions.find((candidate) => candidate.version === version);
    if (known === undefined) continue;
    const stage = aliasStage(after, version) ?? restStage(state, version);
    plan.before.stageFields[version] = known.stageField;
    const tag = (key: string) => known.tags[key] ?? null;
    plan.before.versionTags[version] = {
      [STAGE_TAG]: tag(STAGE_TAG),
      [ROLLED_BACK_TAG]: tag(ROLLED_BACK_TAG),
    };
    plan.stageFields[version] = stageField(stage);
    plan.versionTags[version] = tagsIn(stage, known);
  }
}

/** What changes of a version's tags when it is in a stage. */
function tagsIn(stage: VersionStage, { tags: known }: ModelVersion): Record<string, string | null> {
  const tags: Record<string, string | null> = {};
  if (stage !== 'None') tags[STAGE_TAG] = stage;
  else if (STAGE_TAG in known) tags[STAGE_TAG] = null;
  if (stage === 'GNU_Production' && ROLLED_BACK_TAG in known) tags[ROLLED_BACK_TAG] = null;
  return tags;
}

/** Where a version is once it has no alias: Archived after production, None after Staging alone. */
function restStage(state: RegistryState, version: string): VersionStage {
  const isOrWas = state.aliases.GNU_Production === version || wasInProduction(state, version);
  return isOrWas ? 'Archived' : 'None';
}

/** Where a version was before another tool gave it an alias. */
function stageBefore(state: RegistryState, version: string): VersionStage {
  const last = state.events.find((event) => event.status === 'FINISHED' && event.version === version);
  return last?.to ?? 'None';
}

function defaultTarget(state: RegistryState, stage: Stage): ModelVersion {
  const found = stage === 'Staging' ? state.versions.find(({ status }) => status === 'READY') : forProduction(state);
  if (found) return found;
  const [what, fix] =
    stage === 'Staging' || state.versions.length === 0
      ? [`${state.modelName} has no version that is READY.`, 'Train one: gnu-mlops train']
      : [`No version of ${state.modelName} is in Staging.`, 'Put one there first: gnu-mlops deploy --stage staging'];
  throw new EngineError('not-found', what, { fix });
}

/** The holder of Staging; with Staging empty, the version whose promotion emptied it, so that a repetition is "unchanged". */
function forProduction(state: RegistryState): ModelVersion | undefined {
  const staged = state.aliases.Staging;
  if (staged !== undefined) return requireVersion(state, staged);
  const last = state.events.find((event) => event.status === 'FINISHED');
  const isRepetition = last?.to === 'GNU_Production' && ['promote', 'override'].includes(last.kind);
  if (!isRepetition || state.aliases.GNU_Production !== last.version) return undefined;
  return requireVersion(state, last.version);
}

function previousHolder(state: RegistryState): ModelVersion {
  const current = state.aliases.GNU_Production;
  for (const version of productionHolders(state)) {
    const known = state.versions.find((candidate) => candidate.version === version);
    if (known && version !== current && !(ROLLED_BACK_TAG in known.tags)) return known;
  }
  const why = current === undefined ? 'nothing is in production' : `version ${current} has no good predecessor`;
  throw new EngineError('no-previous', `There is nothing to roll ${state.modelName} back to: ${why}.`, {
    fix: 'Name a version that was in production once: gnu-mlops rollback --to-version N',
  });
}

/** Everybody who ever was in production, the latest first. */
function productionHolders(state: RegistryState): string[] {
  const finished = state.events.filter((event) => event.status === 'FINISHED' && event.to === 'GNU_Production');
  return finished.flatMap(({ version, previous }) => (previous === null ? [version] : [version, previous]));
}
