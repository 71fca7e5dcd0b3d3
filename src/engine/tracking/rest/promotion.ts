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
 * and tags; read back. The last writer wins on a server, so whoever reads another version back was overtaken, and says so.
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
  if (overtaken) return conflict(api, commit, overtaken.move, overtaken.holder);
  await mirror(api, commit);
  const lost = await overtakenMove(api, commit);
  if (lost) {
    await unmirror(api, commit, lost.holder);
    return conflict(api, commit, lost.move, lost.holder);
  }
  await setStatus(api, commit.eventRunId, 'FINISHED', await afterAllOthers(api, experimentId, commit.endTime));
  return { status: 'committed' };
}

/** A move of ours that somebody else's has replaced already, and who holds the alias now. */
async function overtakenMove(api: MlflowApi, { modelName, moves }: PromotionCommit) {
  const now = await aliasesOf(api, modelName);
  const move = moves.find(({ alias, target }) => target !== null && (now[alias] ?? null) !== target);
  return move && { move: { ...move, expected: move.target }, holder: now[move.alias] ?? null };
}

/** Gives the stage field back to the version that won, and takes our tags from the one that did not. */
async function unmirror(api: MlflowApi, commit: PromotionCommit, holder: string | null): Promise<void> {
  const { modelName: name, stageFields, versionTags, moves } = commit;
  for (const { target } of moves) {
    if (target === null) continue;
    const stage = stageFields[target];
    if (holder !== null && stage !== undefined) await orGone(setStage(api, { name, version: holder, stage }));
    for (const key of Object.keys(versionTags[target] ?? {})) {
      await orGone(setVersionTag(api, { name, version: target, key }, null));
    }
  }
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

async function mirror(api: MlflowApi, { modelName: name, stageFields, versionTags }: PromotionCommit): Promise<void> {
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
