import type { Project } from '../project.ts';
import { evaluateGates } from '../registry/gates.ts';
import { planPromotion, promotionTarget } from '../registry/plan.ts';
import type { Stage } from '../registry/stages.ts';
import { carryOut, type Planner, planNow } from './carry-out.ts';
import { Findings } from './findings.ts';
import { toDeployResult } from './plan-report.ts';
import type { DeployResult, ShownPlan } from './results.ts';

export interface DeployOptions {
  stage: Stage;
  /** The newest READY version for Staging, the holder of Staging for production, unless given. */
  version?: string | undefined;
  /** Why, for history. */
  notes?: string | undefined;
  acceptSignatureChange?: boolean | undefined;
  /** Gates to let through though they fail; needs notes. */
  override?: string[] | undefined;
  /** What {@link planDeploy} showed: its version is the one that moves, and nothing moves when a stage changed hands since. */
  expected?: ShownPlan | undefined;
  /** What {@link planDeploy} found; call `project.recover()` before it and {@link deploy} with the same ones right after it. */
  findings?: Findings | undefined;
}

/**
 * What `deploy` would do: every gate's value and what moves. Changes nothing; also answers in a workspace that is not trusted.
 * @throws EngineError `not-found`, `usage`, `invalid-model` (the version is not READY)
 */
export async function planDeploy(project: Project, options: DeployOptions): Promise<DeployResult> {
  const { findings = new Findings() } = options;
  return toDeployResult(await planNow(project, planner(project, options, findings), findings));
}

/**
 * Moves a version into a stage through the gates.
 * @throws EngineError `gate-failed` with every gate in its details, `conflict` when somebody else was faster or `expected` is
 *   not true any more, and what {@link planDeploy} throws
 */
export function deploy(project: Project, options: DeployOptions): Promise<DeployResult> {
  const { expected, notes, findings = new Findings() } = options;
  const plan = planner(project, { ...options, version: expected?.version ?? options.version }, findings);
  return carryOut(project, plan, { operation: 'deploy', status: 'deployed', notes, expected, findings });
}

function planner({ store, config }: Project, options: DeployOptions, findings: Findings): Planner {
  return async (state) => {
    const target = promotionTarget(state, options);
    const thresholds = config.deployment.gates[options.stage === 'Staging' ? 'staging' : 'production'];
    const gates = evaluateGates(await findings.evidence(store, state, target), thresholds, options);
    return planPromotion(state, { stage: options.stage, version: options.version, gates });
  };
}
