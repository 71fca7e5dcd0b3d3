import { eventsExperiment, type Project, requireWritable } from '../project.ts';
import type { StagePlan } from '../registry/plan.ts';
import { type ApplyOptions, applyPlan } from '../registry/promotion.ts';
import { STAGES } from '../registry/stages.ts';
import { loadStateForPlan, type RegistryState, requireModel } from '../registry/state.ts';
import type { Findings } from './findings.ts';
import { type Applied, toDeployResult } from './plan-report.ts';
import type { DeployResult, ShownPlan } from './results.ts';

/** Makes a plan from the registry; looks up the evidence for its gates. */
export type Planner = (state: RegistryState) => Promise<StagePlan>;

export interface CarryOutOptions {
  operation: 'deploy' | 'rollback';
  status: Applied['status'];
  notes: string | undefined;
  /** The plan that a person agreed to. */
  expected: ShownPlan | undefined;
  findings: Findings;
}

/**
 * The plan that the registry as it is now gives.
 * @throws EngineError `not-found` for a model that is not registered, and what the planner throws
 */
export async function planNow({ store, config }: Project, planner: Planner, findings: Findings): Promise<StagePlan> {
  const state = await loadStateForPlan(store, eventsExperiment(config), config.mlflow.model_name);
  await requireModel(store, state);
  findings.keep(state);
  return planner(state);
}

/**
 * Makes the plan, carries it out and writes the log. With `expected` it is the plan that was shown: made from the holders of
 * that time, so that the commit finds out when one of them moved since.
 * @throws EngineError `gate-failed`, `conflict`, and what the planner throws
 */
export async function carryOut(project: Project, planner: Planner, options: CarryOutOptions): Promise<DeployResult> {
  requireWritable(project);
  const { operation, status, notes, expected, findings } = options;
  const plan = await planAgain(
    project,
    (state) => (expected ? planAsShown(state, expected, planner) : planner(state)),
    findings,
  );
  const eventId = await applyPlan(project.store, plan, applyOptions(project, notes));
  const result = toDeployResult(plan, { status, eventId });
  if (eventId !== null) project.startLog(operation).write('info', result.changes.join(' '), { ...result });
  return result;
}

/** From what was found for the plan that was shown, when that is fresh: whoever showed it has tidied up before. */
async function planAgain(project: Project, planner: Planner, findings: Findings): Promise<StagePlan> {
  const { state } = findings;
  if (state !== null) return planner(state);
  await project.recover();
  return planNow(project, planner, findings);
}

/** Who acts, why and when, as events record it. */
export function applyOptions(project: Project, notes: string | undefined): ApplyOptions {
  return {
    by: project.actor,
    notes: project.redact(notes ?? ''),
    now: project.clock(),
    eventsExperiment: eventsExperiment(project.config),
  };
}

/** Stages that the plan leaves alone are moves to where they are, because its gates were judged by them too. */
async function planAsShown(state: RegistryState, { holders }: ShownPlan, planner: Planner): Promise<StagePlan> {
  const aliases = { ...state.aliases };
  for (const stage of STAGES) {
    if (holders[stage] === null) delete aliases[stage];
    else aliases[stage] = holders[stage];
  }
  const plan = await planner({ ...state, aliases });
  if (plan.status !== 'ready') return plan;
  const alone = STAGES.filter((stage) => plan.moves.every(({ alias }) => alias !== stage));
  const stays = alone.map((alias) => ({ alias, expected: holders[alias], target: holders[alias] }));
  return { ...plan, moves: [...plan.moves, ...stays] };
}
