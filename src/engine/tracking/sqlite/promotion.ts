import { EngineError } from '../../support/errors.ts';
import { CONFLICT_TAG, type PromotionCommit, type PromotionOutcome } from '../promotion-commit.ts';
import { experimentNumber } from './experiments.ts';
import { moveAlias, readAliases, touchModel } from './models.ts';
import { setTag } from './run-batch.ts';
import { requireRun, setStatus } from './runs.ts';
import type { Session } from './session.ts';
import { hasVersion, setStageField, setVersionTag, touchVersion } from './versions.ts';

/**
 * Steps b to e of the promotion protocol in the write transaction that is open: nobody can move an alias between reading
 * and setting it, and a process that is killed leaves everything as it was.
 */
export function commitPromotion(session: Session, commit: PromotionCommit): PromotionOutcome {
  const { experimentId } = requireRunning(session, commit.eventRunId);
  const aliases = readAliases(session, commit.modelName);
  const overtaken = commit.moves.find((move) => (aliases[move.alias] ?? null) !== move.expected);
  if (overtaken) {
    const { alias, expected } = overtaken;
    const holder = aliases[alias] ?? null;
    setTag(session, commit.eventRunId, CONFLICT_TAG, JSON.stringify({ alias, expected, holder }));
    setStatus(session, commit.eventRunId, 'FAILED', commit.endTime);
    return { status: 'conflict', alias, expected, holder };
  }
  requireTargets(session, commit);
  for (const move of commit.moves) moveAlias(session, commit.modelName, move.alias, move.target);
  mirror(session, commit);
  setStatus(session, commit.eventRunId, 'FINISHED', afterAllOthers(session, experimentId, commit.endTime));
  return { status: 'committed' };
}

/** A recovery may have ended the event while its owner slept; then the plan is void. */
function requireRunning(session: Session, eventRunId: string): { experimentId: string } {
  const { status, experimentId } = requireRun(session, eventRunId);
  if (status === 'RUNNING') return { experimentId };
  throw new EngineError('conflict', `The event ${eventRunId} was ended as ${status} by another command.`, {
    fix: 'Run the command again: it makes a new plan.',
  });
}

/**
 * The event's end, later than that of every event before it, whatever the clocks say: history is read in this order, and
 * an alias may have moved away and back again between plan and commit.
 */
function afterAllOthers(session: Session, experimentId: string, endTime: number): number {
  const sql = "SELECT max(end_time) AS last FROM runs WHERE experiment_id = ? AND status = 'FINISHED'";
  const { last } = session.connection.get<{ last: number | null }>(sql, experimentNumber(experimentId))!;
  return Math.max(endTime, (last ?? 0) + 1);
}

/** An alias at a version that is not there would make production empty for every reader. */
function requireTargets(session: Session, { modelName, moves }: PromotionCommit): void {
  const missing = moves.find(({ target }) => target !== null && !hasVersion(session, modelName, target));
  if (!missing) return;
  throw new EngineError('not-found', `Version ${missing.target} of ${modelName} is gone: somebody deleted it.`, {
    fix: 'Choose another version.',
  });
}

function mirror(session: Session, commit: PromotionCommit): void {
  const { modelName, stageFields, versionTags, endTime } = commit;
  for (const [version, stage] of Object.entries(stageFields)) setStageField(session, modelName, version, stage);
  for (const [version, tags] of Object.entries(versionTags)) {
    if (!hasVersion(session, modelName, version)) continue;
    for (const [key, value] of Object.entries(tags)) setVersionTag(session, modelName, version, key, value);
  }
  for (const version of new Set([...Object.keys(stageFields), ...Object.keys(versionTags)])) {
    touchVersion(session, modelName, version, endTime);
  }
  touchModel(session, modelName, endTime);
}
