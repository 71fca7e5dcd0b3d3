import type { Command } from 'commander';
import { planRollback, rollback } from '../../engine/deployment/rollback.ts';
import { afterDeployment, notified } from '../../engine/notification/after-operation.ts';
import { announcePlan, planOutcome } from '../output/plan-text.ts';
import type { Dispatch } from '../program.ts';

interface Flags {
  toVersion?: string;
  notes?: string;
  dryRun?: boolean;
}

/** `gnu-mlops rollback` */
export function addRollback(program: Command, dispatch: Dispatch): Command {
  return program
    .command('rollback')
    .description('put the previous good version back into production')
    .option('--to-version <n>', 'a version that was in production once')
    .option('--notes <text>', 'why, for history')
    .option('--dry-run', 'show the plan, change nothing')
    .action((flags: Flags) =>
      dispatch(flags, async (context) => {
        const options = { toVersion: flags.toVersion, notes: flags.notes };
        const project = await context.project();
        const plan = await planRollback(project, options);
        if (flags.dryRun) return planOutcome(plan);
        announcePlan(context, plan);
        const operation = { project, operation: 'rollback', isAttended: context.isAttended };
        const after: typeof afterDeployment = (_, result) => afterDeployment(project, result, flags.notes);
        return planOutcome(await notified(operation, () => rollback(project, options), after));
      }),
    );
}
