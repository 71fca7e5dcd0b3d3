import { EngineError } from '../../support/errors.ts';
import { checkAlias, checkVersionTag } from '../limits.ts';
import { type AliasMove, CONFLICT_TAG, type PromotionCommit, type PromotionOutcome } from '../promotion-commit.ts';
import type { StageField } from '../store.ts';
import type { MlflowApi } from './api.ts';
import { findModel } from './registry.ts';
import { getRun, searchRuns, setStatus } from './runs.ts';
import type { WireVersion } from './wire.ts';

/**
 * Steps b to e of the promotion protocol as requests: read the aliases again; set them, which is the commit point; mirror stage field
 * and tags; read back. The last writer wins on a server, so whoever reads another version back was overtaken, takes back what is left
 * of the promotion, and says so.
 */
export async function commitPromotion(api: MlflowApi, commit: PromotionCommit): Promise<PromotionOutcome> {
  const { experimentId } = await requireRunning(api, commit.eventRunId);
  const before = await aliasesOf(api, commit.modelName);
  const late = commit.moves.find((move) => (before[move.alias] ?? null) !== move.expected);
  if (late) return conflict(api, commit, late, before[late.alias] ?? null);
  await requireTargets(api, commit);
  for (const move of commit.moves) {
    // It is where it shall be, as was read just now.
    if (move.target !== move.expected) await moveAlias(api, commit.modelName, move);
  }
  const overtaken = await overtakenMove(api, commit);
  if (overtaken) return takeBack(api, commit, overtaken);
  await mirror(api, commit);
  // Before the last look: who overtakes this promotion after it ends later than it.
  const end = await afterAllOthers(api, experimentId, commit.endTime);
  const lost = await overtakenMove(api, commit);
  if (lost) return takeBack(api, commit, lost);
  await setStatus(api, commit.eventRunId, 'FINISHED', end);
  return { status: 'committed' };
}

/** A move that somebody else's has replaced already. */
interface LostMove {
  move: AliasMove & { target: string };
  /** Who holds the alias now. */
  holder: string | null;
  aliases: Record<string, string>;
}

async function overtakenMove(api: MlflowApi, { modelName, moves }: PromotionCommit): Promise<LostMove | null> {
  const aliases = await aliasesOf(api, modelName);
  for (const { alias, expected, target } of moves) {
    const holder = aliases[alias] ?? null;
    if (target !== null && holder !== target) return { move: { alias, expected, target }, holder, aliases };
  }
  return null;
}

/**
 * Makes the registry what it is after the promotion that won: the loser is where it was before, with the alias that it left unless
 * somebody has that now; the winner has its stage field, which ours may have taken from it; what the loser displaced stays displaced.
 */
async function takeBack(api: MlflowApi, commit: PromotionCommit, lost: LostMove): Promise<PromotionOutcome> {
  const { move, holder } = lost;
  const aliases = await giveBackAliases(api, commit, lost.aliases);
  const stage = commit.stageFields[move.target];
  const stageFields = { ...commit.stageFields };
  const versionTags = { ...commit.versionTags };
  for (const version of [move.target, holder]) {
    if (version === null || !(version in stageFields)) continue;
    const before = leftForGood(commit, version, aliases) ? undefined : commit.before;
    stageFields[version] = before?.stageFields[version] ?? 'None';
    versionTags[version] = before?.versionTags[version] ?? without(versionTags[version]);
  }
  if (holder !== null && stage !== undefined) stageFields[holder] = stage;
  await mirror(api, { modelName: commit.modelName, stageFields, versionTags });
  return conflict(api, commit, { ...move, expected: move.target }, holder);
}

/** Those that the promotion took away, unless somebody has them now. */
async function giveBackAliases(
  api: MlflowApi,
  { modelName, moves }: PromotionCommit,
  found: Record<string, string>,
): Promise<Record<string, string>> {
  const aliases = { ...found };
  for (const { alias, expected, target } of moves) {
    if (target !== null || expected === null || alias in aliases) continue;
    await moveAlias(api, modelName, { alias, expected: null, target: expected });
    aliases[alias] = expected;
  }
  return aliases;
}

/** Whether a version held an alias before that somebody else has now. */
function leftForGood({ moves }: PromotionCommit, version: string, aliases: Record<string, string>): boolean {
  return moves.some(({ alias, expected }) => expected === version && aliases[alias] !== version);
}

function without(tags: Record<string, string | null> = {}): Record<string, null> {
  return Object.fromEntries(Object.keys(tags).map((key) => [key, null]));
}

async function conflict(
  api: MlflowApi,
  { eventRunId, endTime }: PromotionCommit,
  { alias, expected }: AliasMove,
  holder: string | null,
): Promise<PromotionOutcome> {
  const value = JSON.stringify({ alias, expected, holder });
  await api.set('runs/set-tag', { run_id: eventRunId, key: CONFLICT_TAG, value });
  await setStatus(api, eventRunId, 'FAILED', endTime);
  return { status: 'conflict', alias, expected, holder };
}

async function aliasesOf(api: MlflowApi, name: string): Promise<Record<string, string>> {
  return (await findModel(api, name))?.aliases ?? {};
}

/** A recovery may have ended the event while its owner slept; then the plan is void. */
async function requireRunning(api: MlflowApi, eventRunId: string): Promise<{ experimentId: string }> {
  const { status, experimentId } = await getRun(api, eventRunId);
  if (status === 'RUNNING') return { experimentId };
  throw new EngineError('conflict', `The event ${eventRunId} was ended as ${status} by another command.`, {
    fix: 'Run the command again: it makes a new plan.',
  });
}

/**
 * An alias at a version that is not there would make production empty for every reader. MLflow refuses that itself; only of several moves
 * none must be done when one cannot be.
 */
async function requireTargets(api: MlflowApi, { modelName, moves }: PromotionCommit): Promise<void> {
  const real = moves.filter(({ expected, target }) => target !== null && target !== expected);
  if (real.length < 2) return;
  for (const { target } of real) {
    if (target === null || (await findVersion(api, modelName, target)) !== null) continue;
    throw new EngineError('not-found', `Version ${target} of ${modelName} is gone: somebody deleted it.`, {
      fix: 'Choose another version.',
    });
  }
}

function findVersion(api: MlflowApi, name: string, version: string) {
  return api.find<{ model_version: WireVersion }>('model-versions/get', { name, version });
}

/** One request moves an alias: between old and new holder there is no moment without one. */
async function moveAlias(api: MlflowApi, name: string, { alias, target }: AliasMove): Promise<void> {
  checkAlias(alias);
  if (target === null) await api.set('registered-models/alias', { name, alias }, 'DELETE');
  else await api.set('registered-models/alias', { name, alias, version: target });
}

async function mirror(
  api: MlflowApi,
  { modelName: name, stageFields, versionTags }: Pick<PromotionCommit, 'modelName' | 'stageFields' | 'versionTags'>,
): Promise<void> {
  for (const [version, stage] of Object.entries(stageFields)) {
    await orGone(setStage(api, { name, version, stage }));
  }
  for (const [version, tags] of Object.entries(versionTags)) {
    for (const [key, value] of Object.entries(tags)) await orGone(setVersionTag(api, { name, version, key }, value));
  }
}

/** The field Production belongs to one version, as the alias does: MLflow archives every other one in the same step. */
function setStage(api: MlflowApi, { name, version, stage }: { name: string; version: string; stage: StageField }) {
  const archive_existing_versions = stage === 'Production';
  return api.set('model-versions/transition-stage', { name, version, stage, archive_existing_versions });
}

function setVersionTag(api: MlflowApi, at: { name: string; version: string; key: string }, value: string | null) {
  if (value === null) return api.set('model-versions/delete-tag', at, 'DELETE');
  return api.set('model-versions/set-tag', { ...at, value: checkVersionTag(at.key, value) });
}

/** What describes a version that somebody deleted meanwhile, or a tag that is not there, needs no writing. */
async function orGone(change: Promise<unknown>): Promise<void> {
  await change.catch((error) => {
    if (!EngineError.is(error, 'not-found')) throw error;
  });
}

/** The event's end, later than that of every event before it, whatever the clocks say: history is read in this order. */
async function afterAllOthers(api: MlflowApi, experimentId: string, endTime: number): Promise<number> {
  const { runs } = await searchRuns(api, {
    experimentIds: [experimentId],
    filter: "attributes.status = 'FINISHED'",
    orderBy: ['attributes.end_time DESC'],
    maxResults: 1,
    keys: { params: [], metrics: [], tags: [] },
  });
  return Math.max(endTime, (runs[0]?.endTime ?? 0) + 1);
}
