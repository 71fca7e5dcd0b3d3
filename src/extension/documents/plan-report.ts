import type { DeployResult, GateResult, Stage } from '../../protocol/engine-api.ts';
import { escapeMarkdown, metricText } from '../views/metric-text.ts';

/** A plan in a few lines, for a question that stops everything: what moves, then every gate's value. */
export function planDetail({ status, changes, warnings, gates }: DeployResult): string {
  const moves = status === 'refused' ? [] : changes;
  const paragraphs = [moves, warnings, gates.map(gateLine)].map((lines) => lines.join('\n'));
  return paragraphs.filter((part) => part !== '').join('\n\n');
}

function gateLine({ name, required, actual, passed, overridden }: GateResult): string {
  const mark = passed ? '✓' : overridden ? '⚠ overridden:' : '✗';
  const wanted = actual === required ? '' : ` (required ${required})`;
  return `${mark} ${name}: ${valueText(actual)}${wanted}`;
}

/** A plan as a page. */
export function planReport(plan: DeployResult): string {
  const { model_name, version, from_stage, to_stage, changes, warnings, gates } = plan;
  return [
    `# ${escapeMarkdown(model_name)} version ${version}: ${from_stage} to ${to_stage}`,
    '',
    verdict(plan),
    '',
    ...changes.map((change) => `- ${escapeMarkdown(change)}`),
    ...warnings.map((warning) => `- **Note:** ${escapeMarkdown(warning)}`),
    '',
    '## Gates',
    '',
    ...gatesTable(gates),
    '',
    'Nothing was changed: this is what would happen.',
  ].join('\n');
}

/** Every gate with what it asks for and what it found. */
export function gatesTable(gates: GateResult[]): string[] {
  return ['| Gate | Required | Actual | Result |', '|---|---|---|---|', ...gates.map(gateRow)];
}

/** The gates that stand in the way. */
export function closedGates({ gates }: DeployResult): GateResult[] {
  return gates.filter(({ passed, overridden }) => !passed && !overridden);
}

/** Which gates stand in the way, in one line. */
export function refusalText(plan: DeployResult): string {
  const gates = closedGates(plan).map(
    ({ name, actual, required }) => `${name} is ${valueText(actual)} (required ${required})`,
  );
  return `Version ${plan.version} may not enter ${plan.to_stage}: ${gates.join('; ')}.`;
}

/** Why there is nothing to do. */
export function unchangedText({ version, to_stage }: DeployResult, asked: Stage): string {
  const what = `Version ${version} is in ${to_stage} already`;
  return asked === to_stage ? `${what}.` : `${what}; there is nothing newer to stage.`;
}

function verdict(plan: DeployResult): string {
  if (plan.status === 'unchanged') return unchangedText(plan, plan.to_stage);
  return plan.status === 'refused' ? `**Refused.** ${escapeMarkdown(refusalText(plan))}` : 'The plan would go through.';
}

function gateRow({ name, required, actual, passed, overridden }: GateResult): string {
  const result = passed ? 'passed' : overridden ? 'overridden' : '**refused**';
  const cells = [name, required, valueText(actual)].map(escapeMarkdown);
  return `| ${cells.join(' | ')} | ${result} |`;
}

function valueText(actual: GateResult['actual']): string {
  return typeof actual === 'number' ? metricText(actual) : actual;
}
