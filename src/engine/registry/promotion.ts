import path from 'node:path';
import { writeFileWhole } from '../support/atomic-file.ts';
import { EngineError } from '../support/errors.ts';
import { ownerTag } from '../support/process-identity.ts';
import type { Run, TrackingStore } from '../tracking/store.ts';
import { eventRun } from './events.ts';
import { describeRefusal, type GateResult } from './gates.ts';
import type { PromotionPlan } from './plan.ts';
import { settleEvent } from './recovery.ts';

export interface ApplyOptions {
  /** Who acts: see `currentActor`. */
  by: string;
  notes?: string | undefined;
  now?: Date | undefined;
  /** Value of the owner tag; this process unless given. */
  owner?: string | undefined;
  /** Name of the experiment that events are runs of. */
  eventsExperiment: string;
}

/**
 * Carries a plan out: the event first, RUNNING, with the gates' outcome; then everything else in one commit.
 * @returns the event's id; null when the plan changes nothing
 * @throws EngineError `gate-failed` for a refused plan, `conflict` naming the winner when somebody else was faster
 */
export async function applyPlan(
  store: TrackingStore,
  plan: PromotionPlan,
  options: ApplyOptions,
): Promise<string | null> {
  if (plan.status === 'unchanged') return null;
  if (plan.status === 'refused') throw refusal(plan);
  const event = await beginEvent(store, plan, options);
  try {
    await store.artifacts.write(event.artifactUri, (folder) =>
      writeFileWhole(path.join(folder, 'gates.json'), gatesJson(plan.gates)),
    );
    await commit(store, plan, event);
    return event.runId;
  } catch (error) {
    // The error that stopped the promotion is the one to show, not one from tidying up after it.
    await settleEvent(store, event, 'FAILED', new Date(event.startTime)).catch(() => undefined);
    throw error;
  }
}

async function beginEvent(store: TrackingStore, plan: PromotionPlan, options: ApplyOptions): Promise<Run> {
  const { experimentId } = await store.ensureExperiment(options.eventsExperiment);
  const now = options.now ?? new Date();
  const event = {
    kind: plan.kind,
    modelName: plan.modelName,
    version: plan.version,
    from: plan.fromStage,
    to: plan.toStage,
    by: options.by,
    at: Math.max(now.getTime(), plan.notBefore),
    notes: options.notes ?? '',
    previous: plan.previousVersion,
    owner: options.owner ?? ownerTag(),
  };
  return store.createRun(eventRun(event, experimentId));
}

async function commit(store: TrackingStore, plan: PromotionPlan, event: Run): Promise<void> {
  const { modelName, moves, stageFields, versionTags, before } = plan;
  const endTime = event.startTime;
  const outcome = await store.commitPromotion({
    modelName,
    eventRunId: event.runId,
    moves,
    stageFields,
    versionTags,
    before,
    endTime,
  });
  if (outcome.status === 'committed') return;
  const { alias, expected, holder } = outcome;
  const name = (version: string | null) => (version === null ? 'no version' : `version ${version}`);
  throw new EngineError(
    'conflict',
    `Somebody else was faster: ${name(holder)} of ${modelName} now holds ${alias} (${name(expected)} was expected).`,
    {
      fix: 'Look at what happened (gnu-mlops info --history), then decide again.',
      alias,
      expected,
      holder,
      eventId: event.runId,
    },
  );
}

function refusal(plan: PromotionPlan): EngineError {
  const what = `Version ${plan.version} of ${plan.modelName} may not enter ${plan.toStage}: ${describeRefusal(plan.gates)}.`;
  return new EngineError('gate-failed', what, { fix: wayOut(plan), gates: plan.gates });
}

/** The gentlest way past the gates that are closed. */
function wayOut({ gates, version }: PromotionPlan): string {
  const closed = gates.filter((gate) => !gate.passed && !gate.overridden).map(({ name }) => name);
  const isOnly = (name: string) => closed.every((gate) => gate === name);
  if (isOnly('staging')) return `Put it into Staging first: gnu-mlops deploy --stage staging --version ${version}`;
  if (isOnly('signature')) return 'If every caller is ready for the new columns, add --accept-signature-change.';
  if (closed.includes('fallback-data'))
    return 'Train on the real data: a model of stand-in data never goes into production.';
  if (['artifacts', 'digest', 'loads'].some((name) => closed.includes(name))) {
    return "Restore the version's model folder, or choose another version.";
  }
  return 'Train a better version; in an emergency name the gate with --override and say why with --notes.';
}

function gatesJson(gates: GateResult[]): string {
  return `${JSON.stringify({ schema: 1, gates }, null, 1)}\n`;
}
