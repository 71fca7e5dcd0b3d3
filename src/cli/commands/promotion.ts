import type { DeployResult, ShownPlan } from '../../engine/deployment/results.ts';
import { afterDeployment, notified } from '../../engine/notification/after-operation.ts';
import type { Project } from '../../engine/project.ts';
import type { Stage } from '../../engine/registry/stages.ts';
import type { CommandContext } from '../context.ts';
import { announcePlan, planOutcome } from '../output/plan-text.ts';
import type { Outcome } from '../program.ts';

/** What `deploy` and `rollback` have of their own. */
export interface Promotion {
  operation: 'deploy' | 'rollback';
  /** The stage that was asked for. */
  stage: Stage;
  plan(project: Project): Promise<DeployResult>;
  carryOut(project: Project, expected: ShownPlan): Promise<DeployResult>;
}

/** Shows the plan, and carries out that very plan unless only the plan was asked for. */
export async function runPromotion(
  context: CommandContext,
  { operation, stage, plan, carryOut }: Promotion,
  { dryRun, notes }: { dryRun?: boolean; notes?: string },
): Promise<Outcome> {
  const project = await (dryRun ? context.storedProject() : context.projectFor(operation, { createStore: false }));
  // What a killed command left is settled first, so that it does not look like somebody else's change afterwards.
  if (!dryRun) await project.recover();
  const shown = await plan(project);
  if (dryRun || shown.status === 'unchanged') return planOutcome(shown, stage);
  announcePlan(context, shown);
  const { version, holders } = shown;
  const result = await notified(
    { project, operation, isAttended: context.isAttended },
    () => carryOut(project, { version, holders }),
    (_, done) => afterDeployment(project, done, notes),
  );
  return planOutcome(result, stage);
}
