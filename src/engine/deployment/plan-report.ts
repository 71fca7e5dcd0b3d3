import type { StagePlan } from '../registry/plan.ts';
import type { DeployResult } from './results.ts';

/** How carrying the plan out ended. */
export interface Applied {
  status: 'deployed' | 'rolled-back';
  /** Null when the plan changed nothing. */
  eventId: string | null;
}

/** A plan, or what became of it, as `--json` prints it. */
export function toDeployResult(plan: StagePlan, applied?: Applied): DeployResult {
  return {
    schema: 1,
    status: resultStatus(plan, applied),
    model_name: plan.modelName,
    version: plan.version,
    from_stage: plan.fromStage,
    to_stage: plan.toStage,
    previous_version: plan.previousVersion,
    holders: plan.holders,
    gates: plan.gates,
    changes: describeChanges(plan),
    warnings: plan.warnings,
    event_id: applied?.eventId ?? null,
  };
}

function resultStatus(plan: StagePlan, applied: Applied | undefined): DeployResult['status'] {
  if (plan.status === 'unchanged') return 'unchanged';
  if (applied) return applied.status;
  return plan.status === 'refused' ? 'refused' : 'dry-run';
}

/** What the plan moves, as sentences; the version first, then what it displaces. */
function describeChanges(plan: StagePlan): string[] {
  if (plan.status === 'unchanged') return [];
  const moved = `Version ${plan.version} moves from ${plan.fromStage} to ${plan.toStage}.`;
  const displaced = plan.previousVersion;
  if (displaced === null || displaced === plan.version) return [moved];
  const rest = plan.toStage === 'GNU_Production' ? 'Archived' : (plan.stageFields[displaced] ?? 'None');
  const mark = plan.kind === 'rollback' ? ' and is marked as rolled back' : '';
  return [moved, `Version ${displaced} leaves ${plan.toStage} and becomes ${rest}${mark}.`];
}
