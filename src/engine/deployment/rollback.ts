import { eventsExperiment, type Project, requireWritable } from '../project.ts';
import { integrityGates } from '../registry/gates.ts';
import { planRollback as planVersionRollback, rollbackTarget, type StagePlan } from '../registry/plan.ts';
import { applyPlan } from '../registry/promotion.ts';
import { loadRegistryState } from '../registry/state.ts';
import { gatherEvidence } from './evidence.ts';
import { toDeployResult } from './plan-report.ts';
import type { DeployResult } from './results.ts';

export interface RollbackOptions {
  /** The newest earlier holder of production that was not rolled back itself, unless given. */
  toVersion?: string | undefined;
  /** Why, for history. */
  notes?: string | undefined;
}

/**
 * What `rollback` would do. Changes nothing.
 * @throws EngineError `no-previous`, `not-found`, `usage` (a version that was never in production)
 */
export async function planRollback(project: Project, options: RollbackOptions = {}): Promise<DeployResult> {
  return toDeployResult(await makePlan(project, options));
}

/**
 * Puts the previous good version (or `toVersion`) back into production after checking that it still loads and scores;
 * the one it replaces is archived and marked.
 * @throws EngineError `gate-failed` when it does not load, `conflict`, and what {@link planRollback} throws
 */
export async function rollback(project: Project, options: RollbackOptions = {}): Promise<DeployResult> {
  requireWritable(project);
  await project.recover();
  const plan = await makePlan(project, options);
  const eventId = await applyPlan(project.store, plan, {
    by: project.actor,
    notes: project.redact(options.notes ?? ''),
    now: project.clock(),
    eventsExperiment: eventsExperiment(project.config),
  });
  const result = toDeployResult(plan, { status: 'rolled-back', eventId });
  if (eventId !== null) project.startLog('rollback').write('info', result.changes.join(' '), { ...result });
  return result;
}

async function makePlan({ store, config }: Project, options: RollbackOptions): Promise<StagePlan> {
  const state = await loadRegistryState(store, eventsExperiment(config), config.mlflow.model_name);
  const target = rollbackTarget(state, options);
  const gates = integrityGates(await gatherEvidence(store, state, target));
  return planVersionRollback(state, { toVersion: options.toVersion, gates });
}
