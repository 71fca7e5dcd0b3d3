import type { Command } from 'commander';
import { afterRetrain, notified } from '../../engine/notification/after-operation.ts';
import type { RetrainResult } from '../../engine/retraining/results.ts';
import { retrain } from '../../engine/retraining/retrain.ts';
import { exitCodeOfReason } from '../../engine/support/errors.ts';
import { gatesTable } from '../output/gates-table.ts';
import { decimal, table } from '../output/table.ts';
import type { Dispatch } from '../program.ts';

interface Flags {
  force?: boolean;
  dryRun?: boolean;
}

/** `gnu-mlops retrain` */
export function addRetrain(program: Command, dispatch: Dispatch): Command {
  return program
    .command('retrain')
    .description('train anew when it is due, and deploy what is better than production')
    .option('--force', 'train though it is not due')
    .option('--dry-run', 'show what would happen and why, change nothing')
    .action((flags: Flags) =>
      dispatch(flags, async (context) => {
        const project = await context.projectFor('retrain');
        const operation = { project, operation: 'retrain', isAttended: context.isAttended };
        const result = await notified(
          operation,
          () => retrain(project, { ...context.control, ...flags }),
          afterRetrain,
        );
        for (const warning of result.warnings) context.warn(warning);
        const exitCode = result.status === 'refused' ? exitCodeOfReason('gate-failed') : 0;
        return { document: result, text: retrainText(result), exitCode };
      }),
    );
}

const TITLES: Record<RetrainResult['status'], string> = {
  'nothing-to-do': 'Nothing to do.',
  'kept-production': 'Production stays.',
  waiting: 'A better model waits for a person.',
  staged: 'A better model soaks in Staging.',
  deployed: 'A better model is in production.',
  refused: 'A gate refuses the better model.',
  'rolled-back': 'Production was rolled back.',
  'dry-run': 'Dry run: nothing was changed.',
};

function retrainText({ status, decision, contest, gates, drift, challenger, champion }: RetrainResult): string {
  const rows = contest && [
    ['champion', champion?.version, decimal(contest.champion)],
    ['challenger', challenger?.version, decimal(contest.challenger)],
  ];
  const drifted = drift.map(({ feature, psi, ks }) => [feature, decimal(psi), decimal(ks?.p_value)]);
  return [
    TITLES[status],
    decision,
    ...(rows ? ['', table(['', 'version', contest!.metric], rows)] : []),
    ...(gates.length > 0 ? ['', gatesTable(gates)] : []),
    ...(drifted.length > 0 ? ['', table(['drifted feature', 'PSI', 'KS p-value'], drifted)] : []),
  ].join('\n');
}
