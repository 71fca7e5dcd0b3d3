import type { Command } from 'commander';
import { type DeployOptions, deploy, planDeploy } from '../../engine/deployment/deploy.ts';
import { afterDeployment, notified } from '../../engine/notification/after-operation.ts';
import { parseStage } from '../../engine/registry/stages.ts';
import { announcePlan, planOutcome } from '../output/plan-text.ts';
import type { Dispatch } from '../program.ts';
import { collect } from './option-values.ts';

interface Flags {
  stage: string;
  version?: string;
  notes?: string;
  dryRun?: boolean;
  acceptSignatureChange?: boolean;
  override: string[];
}

/** `gnu-mlops deploy` */
export function addDeploy(program: Command, dispatch: Dispatch): Command {
  return program
    .command('deploy')
    .description('move a version into a stage through the gates')
    .requiredOption('--stage <stage>', 'staging or production')
    .option('--version <n>', 'version; the newest for staging, the one in staging for production unless given')
    .option('--notes <text>', 'why, for history')
    .option('--dry-run', 'show the plan and every gate, change nothing')
    .option('--accept-signature-change', 'let a model pass whose input columns differ from those in production')
    .option('--override <gate>', 'in an emergency: let a failed gate pass; needs --notes; may be repeated', collect, [])
    .action((flags: Flags) =>
      dispatch(flags, async (context) => {
        const options = toOptions(flags);
        const project = await context.project();
        const plan = await planDeploy(project, options);
        if (flags.dryRun) return planOutcome(plan);
        announcePlan(context, plan);
        const operation = { project, operation: 'deploy', isAttended: context.isAttended };
        const after: typeof afterDeployment = (_, result) => afterDeployment(project, result, flags.notes);
        return planOutcome(await notified(operation, () => deploy(project, options), after));
      }),
    );
}

function toOptions({ stage, version, notes, acceptSignatureChange, override }: Flags): DeployOptions {
  return { stage: parseStage(stage), version, notes, acceptSignatureChange, override };
}
