import type { Project } from '../project.ts';
import { integrityGates } from '../registry/gates.ts';
import { planRollback as planVersionRollback, rollbackTarget } from '../registry/plan.ts';
import { carryOut, type Planner, planNow } from './carry-out.ts';
import { Findings } from './findings.ts';
import { toDeployResult } from './plan-report.ts';
import type { DeployResult, ShownPlan } from './results.ts';

export interface RollbackOptions {
  /** The newest earlier holder of production that was not rolled back itself, unless given. */
  toVersion?: string | undefined;
  /** Why, for history. */
  notes?: string | undefined;
  /** What {@link planRollback} showed: its version comes back, and nothing moves when a stage changed hands since. */
  expected?: ShownPlan | undefined;
  /** What {@link planRollback} found; call `project.recover()` before it and {@link rollback} with the same ones right after it. */
  findings?: Findings | undefined;
}

/**
 * What `rollback` would do. Changes nothing.
 * @throws EngineError `no-previous`, `not-found`, `usage` (a version that was never in production)
 */
export async function planRollback(project: Project, options: RollbackOptions = {}): Promise<DeployResult> {
  const { findings = new Findings() } = options;
  return toDeployResult(await planNow(project, planner(project, options, findings), findings));
}

/**
 * Puts the previous good version (or `toVersion`) back into production after checking that it still loads and scores;
 * the one it replaces is archived and marked.
 * @throws EngineError `gate-failed` when it does not load, `conflict` when somebody else was faster or `expected` is not true
 *   any more, and what {@link planRollback} throws
 */
export function rollback(project: Project, options: RollbackOptions = {}): Promise<DeployResult> {
  const { expected, notes, findings = new Findings() } = options;
  const plan = planner(project, { toVersion: expected?.version ?? options.toVersion }, findings);
  return carryOut(project, plan, { operation: 'rollback', status: 'rolled-back', notes, expected, findings });
}

function planner({ store }: Project, options: RollbackOptions, findings: Findings): Planner {
  return async (state) => {
    const target = rollbackTarget(state, options);
    const gates = integrityGates(await findings.evidence(store, state, target));
    return planVersionRollback(state, { toVersion: options.toVersion, gates });
  };
}
