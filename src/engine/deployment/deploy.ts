import { eventsExperiment, type Project, requireWritable } from '../project.ts';
import { evaluateGates } from '../registry/gates.ts';
import { planPromotion, promotionTarget, type StagePlan } from '../registry/plan.ts';
import { applyPlan } from '../registry/promotion.ts';
import type { Stage } from '../registry/stages.ts';
import { loadRegistryState } from '../registry/state.ts';
import { gatherEvidence } from './evidence.ts';
import { toDeployResult } from './plan-report.ts';
import type { DeployResult } from './results.ts';

export interface DeployOptions {
  stage: Stage;
  /** The newest READY version for Staging, the holder of Staging for production, unless given. */
  version?: string | undefined;
  /** Why, for history. */
  notes?: string | undefined;
  acceptSignatureChange?: boolean | undefined;
  /** Gates to let through though they fail; needs notes. */
  override?: string[] | undefined;
}

/**
 * What `deploy` would do: every gate's value and what moves. Changes nothing; also answers in a workspace that is not trusted.
 * @throws EngineError `not-found`, `usage`, `invalid-model` (the version is not READY)
 */
export async function planDeploy(project: Project, options: DeployOptions): Promise<DeployResult> {
  return toDeployResult(await makePlan(project, options));
}

/**
 * Moves a version into a stage through the gates.
 * @throws EngineError `gate-failed` with every gate in its details, `conflict`, and what {@link planDeploy} throws
 */
export async function deploy(project: Project, options: DeployOptions): Promise<DeployResult> {
  requireWritable(project);
  await project.recover();
  const plan = await makePlan(project, options);
  const eventId = await applyPlan(project.store, plan, {
    by: project.actor,
    notes: project.redact(options.notes ?? ''),
    now: project.clock(),
    eventsExperiment: eventsExperiment(project.config),
  });
  const result = toDeployResult(plan, { status: 'deployed', eventId });
  if (eventId !== null) project.startLog('deploy').write('info', result.changes.join(' '), { ...result });
  return result;
}

async function makePlan({ store, config }: Project, options: DeployOptions): Promise<StagePlan> {
  const state = await loadRegistryState(store, eventsExperiment(config), config.mlflow.model_name);
  const target = promotionTarget(state, options);
  const thresholds = config.deployment.gates[options.stage === 'Staging' ? 'staging' : 'production'];
  const gates = evaluateGates(await gatherEvidence(store, state, target), thresholds, options);
  return planPromotion(state, { stage: options.stage, version: options.version, gates });
}
