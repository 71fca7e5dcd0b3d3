import type { Command } from 'commander';
import { Findings } from '../../engine/deployment/findings.ts';
import { planRollback, rollback } from '../../engine/deployment/rollback.ts';
import type { Dispatch } from '../program.ts';
import { type Promotion, runPromotion } from './promotion.ts';

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
        const { toVersion, notes } = flags;
        const findings = new Findings();
        const promotion: Promotion = {
          operation: 'rollback',
          stage: 'GNU_Production',
          plan: (project) => planRollback(project, { toVersion, findings }),
          carryOut: (project, expected) => rollback(project, { toVersion, notes, expected, findings }),
        };
        return runPromotion(context, promotion, flags);
      }),
    );
}
