import type { Command } from 'commander';
import { type DeployOptions, deploy, planDeploy } from '../../engine/deployment/deploy.ts';
import { Findings } from '../../engine/deployment/findings.ts';
import { parseStage } from '../../engine/registry/stages.ts';
import type { Dispatch } from '../program.ts';
import { collect } from './option-values.ts';
import { type Promotion, runPromotion } from './promotion.ts';

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
        const options = { ...toOptions(flags), findings: new Findings() };
        const promotion: Promotion = {
          operation: 'deploy',
          stage: options.stage,
          plan: (project) => planDeploy(project, options),
          carryOut: (project, expected) => deploy(project, { ...options, expected }),
        };
        return runPromotion(context, promotion, flags);
      }),
    );
}

function toOptions({ stage, version, notes, acceptSignatureChange, override }: Flags): DeployOptions {
  return { stage: parseStage(stage), version, notes, acceptSignatureChange, override };
}
