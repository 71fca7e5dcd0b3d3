import { isAlive, OWNER_TAG, ownIdentity, type ProcessIdentity, parseOwner } from '../support/process-identity.ts';
import type { Run, RunStatus, TrackingStore } from '../tracking/store.ts';
import { type DeploymentEvent, toEvent } from './events.ts';
import { planFinish } from './plan.ts';
import { allRuns, loadStateOf } from './state.ts';

/** Run tag with the time (ms since 1970) at which the owner last said that it lives. */
export const HEARTBEAT_TAG = 'gnu_mlops.heartbeat';

const STALE_MS = 10 * 60_000;

/** A run whose process died, and how it was ended. */
export interface RecoveredRun {
  runId: string;
  experimentName: string;
  status: RunStatus;
  /** The deployment event that the run records; null for training and batch runs. */
  event: DeploymentEvent | null;
}

/**
 * Ends what dead processes of this host left RUNNING: events by {@link settleEvent}, other runs as KILLED. Runs of other hosts
 * and of other tools stay as they are. Every writing command calls it first.
 * @param experimentNames names of experiments, those of events included; missing ones are left out
 * @param modelName whose versions tell that a training was done but for its end
 */
export async function recoverInterrupted(
  store: TrackingStore,
  experimentNames: string[],
  self: ProcessIdentity = ownIdentity(),
  now: Date = new Date(),
  modelName?: string,
): Promise<RecoveredRun[]> {
  const experiments = await store.findExperiments(experimentNames);
  if (experiments.length === 0) return [];
  const names = new Map(experiments.map(({ experimentId, name }) => [experimentId, name]));
  const running = await allRuns(store, [...names.keys()], "attributes.status = 'RUNNING'");
  const recovered: RecoveredRun[] = [];
  for (const run of inOrder(running, experimentNames, names).filter((candidate) => isAbandoned(candidate, self))) {
    const isDone = modelName !== undefined && toEvent(run) === null && (await hasVersion(store, modelName, run.runId));
    const status = await settleEvent(store, run, isDone ? 'FINISHED' : 'KILLED', now);
    recovered.push({ runId: run.runId, experimentName: names.get(run.experimentId)!, status, event: toEvent(run) });
  }
  return recovered;
}

/** Those of the first experiment first. */
function inOrder(runs: Run[], experimentNames: string[], names: ReadonlyMap<string, string>): Run[] {
  const place = ({ experimentId }: Run) => experimentNames.indexOf(names.get(experimentId)!);
  return runs.toSorted((a, b) => place(a) - place(b));
}

/** On a server a version is registered before its run ends: a training that was cut off between the two has done its work. */
export async function hasVersion(store: TrackingStore, modelName: string, runId: string): Promise<boolean> {
  const versions = await store.listVersions(modelName);
  return versions.some((version) => version.runId === runId);
}

/**
 * Ends a run whose operation stopped: a deployment event is FINISHED when its alias points at its target and no
 * other event explains that, because then the promotion was committed; everything else gets `otherwise`.
 */
export async function settleEvent(
  store: TrackingStore,
  run: Run,
  otherwise: 'KILLED' | 'FAILED' | 'FINISHED',
  now: Date,
): Promise<RunStatus> {
  const current = await store.getRun(run.runId);
  if (current.status !== 'RUNNING') return current.status;
  const event = toEvent(current);
  const endTime = Math.max(now.getTime(), current.startTime);
  if (event && (await finishEvent(store, current, event))) return 'FINISHED';
  await store.finishRun(run.runId, { status: otherwise, endTime });
  return otherwise;
}

/** Does again what may be missing behind the commit point: mirrors, the alias that the version left, the event's end. */
async function finishEvent(store: TrackingStore, run: Run, event: DeploymentEvent): Promise<boolean> {
  const plan = planFinish(await loadStateOf(store, run, event.modelName), event);
  if (plan === null) return false;
  const { modelName, moves, stageFields, versionTags, before } = plan;
  const commit = { modelName, eventRunId: event.id, moves, stageFields, versionTags, before, endTime: event.at };
  return (await store.commitPromotion(commit)).status === 'committed';
}

/** Whether a RUNNING run should be shown as stale: dead owner, or ten minutes without a sign of life from elsewhere. */
export function isStale(run: Run, now: Date = new Date(), self: ProcessIdentity = ownIdentity()): boolean {
  if (run.status !== 'RUNNING') return false;
  const owner = parseOwner(run.tags[OWNER_TAG]);
  const alive = owner ? isAlive(owner, self) : 'unknown';
  if (alive !== 'unknown') return !alive;
  const lastSign = Number(run.tags[HEARTBEAT_TAG] ?? run.startTime);
  return now.getTime() - lastSign > STALE_MS;
}

function isAbandoned(run: Run, self: ProcessIdentity): boolean {
  const owner = parseOwner(run.tags[OWNER_TAG]);
  return owner !== null && isAlive(owner, self) === false;
}
