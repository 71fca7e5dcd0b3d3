import type { DeployResult } from '../../engine/deployment/results.ts';
import type { Stage } from '../../engine/registry/stages.ts';
import { exitCodeOfReason } from '../../engine/support/errors.ts';
import type { CommandContext } from '../context.ts';
import type { Outcome } from '../program.ts';
import { gatesTable } from './gates-table.ts';

/** Shows a plan before it is carried out; one that is refused is shown by its error, one that changes nothing not at all. */
export function announcePlan(context: CommandContext, plan: DeployResult): void {
  if (plan.status === 'dry-run' && !context.options.json) context.note(`${planText(plan)}\n`);
}

/** The plan of a promotion or a rollback: every gate, then what moves. */
function planText({ model_name, version, to_stage, gates, changes, warnings }: DeployResult): string {
  return [
    `Plan: version ${version} of ${model_name} to ${to_stage}`,
    '',
    gatesTable(gates),
    '',
    ...changes,
    ...warnings.map((warning) => `warning: ${warning}`),
  ].join('\n');
}

/** What became of it; a dry run that a gate would refuse ends like the refusal. */
export function planOutcome(result: DeployResult, asked: Stage): Outcome {
  const exitCode = result.status === 'refused' ? exitCodeOfReason('gate-failed') : 0;
  return { document: result, text: outcomeText(result, asked), exitCode };
}

function outcomeText(result: DeployResult, asked: Stage): string {
  const { status, model_name, version, to_stage } = result;
  switch (status) {
    case 'unchanged':
      return asked === to_stage
        ? `Unchanged: version ${version} of ${model_name} is in ${to_stage} already.`
        : `Unchanged: version ${version} of ${model_name} is in ${to_stage} already; there is nothing newer to stage.`;
    case 'dry-run':
      return `${planText(result)}\n\nDry run: nothing was changed.`;
    case 'refused':
      return `${planText({ ...result, changes: [] })}\nDry run: it would be refused; nothing was changed.`;
    case 'deployed':
      return `Deployed: version ${version} of ${model_name} is in ${to_stage}.`;
    case 'rolled-back':
      return `Rolled back: version ${version} of ${model_name} is in ${to_stage} again.`;
  }
}
