import { eventsExperiment, type Project, requireWritable } from '../project.ts';
import { describeOutsideChange, detectOutsideChanges } from '../registry/history.ts';
import { planAdopt, planRestore } from '../registry/plan.ts';
import { applyPlan } from '../registry/promotion.ts';
import type { RecoveredRun } from '../registry/recovery.ts';
import { loadRegistryState } from '../registry/state.ts';
import { applyOptions } from './carry-out.ts';

export interface RepairOptions {
  /** `finish`: only what our own interrupted commands left. `adopt` and `restore` also settle what other tools changed. */
  mode?: 'finish' | 'adopt' | 'restore' | undefined;
  notes?: string | undefined;
}

/** What `repair --json` prints. */
export interface RepairResult {
  schema: 1;
  status: 'repaired' | 'nothing-to-do';
  /** What was done, as sentences. */
  actions: string[];
  /** What other tools changed and is left as it is, as sentences. */
  changed_outside: string[];
}

/**
 * Ends what dead processes of this host left RUNNING, deployments above all. What other tools changed is only told, unless
 * `adopt` writes it into history or `restore` moves the alias back.
 * @throws EngineError `no-previous`, `not-found` when something cannot be restored, `conflict`
 */
export async function repair(project: Project, options: RepairOptions = {}): Promise<RepairResult> {
  requireWritable(project);
  const { config, store } = project;
  const events = eventsExperiment(config);
  const actions = (await project.recover()).map(describeRecovery);
  if (options.mode === 'adopt' || options.mode === 'restore') actions.push(...(await settleChanges(project, options)));
  const state = await loadRegistryState(store, events, config.mlflow.model_name);
  return {
    schema: 1,
    status: actions.length > 0 ? 'repaired' : 'nothing-to-do',
    actions,
    changed_outside: detectOutsideChanges(state).map(describeOutsideChange),
  };
}

/** One stage after the other, each from a fresh look, because settling one may settle the other. */
async function settleChanges(project: Project, { mode, notes }: RepairOptions): Promise<string[]> {
  const { config, store } = project;
  const events = eventsExperiment(config);
  const done: string[] = [];
  for (const stage of ['GNU_Production', 'Staging'] as const) {
    const state = await loadRegistryState(store, events, config.mlflow.model_name);
    const change = detectOutsideChanges(state).find((candidate) => candidate.stage === stage);
    if (change === undefined) continue;
    const plan = mode === 'adopt' ? planAdopt(state, change) : planRestore(state, change);
    await applyPlan(store, plan, applyOptions(project, notes));
    const holder = mode === 'adopt' ? change.holder : change.expected;
    const verb = mode === 'adopt' ? 'Adopted' : 'Restored';
    done.push(`${verb}: ${stage} is held by ${holder === null ? 'no version' : `version ${holder}`}.`);
  }
  return done;
}

function describeRecovery({ runId, experimentName, status, event }: RecoveredRun): string {
  if (event === null) return `Run ${runId} of ${experimentName} was interrupted and is marked ${status}.`;
  const what = `The ${event.kind} of version ${event.version} to ${event.to}`;
  return status === 'FINISHED'
    ? `${what} was interrupted after it took effect; it is finished now.`
    : `${what} was interrupted before it took effect; it is marked ${status}.`;
}
