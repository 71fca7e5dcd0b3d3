import type { RetrainResult } from '../../protocol/unattended-api.ts';
import { escapeMarkdown, metricText } from '../views/metric-text.ts';
import { gatesTable } from './plan-report.ts';

const TITLES: Record<RetrainResult['status'], string> = {
  'nothing-to-do': 'Nothing to do.',
  'kept-production': 'Production stays.',
  waiting: 'A better model waits for a person.',
  staged: 'A better model is in Staging.',
  deployed: 'A better model is in production.',
  refused: 'A gate refused the better model.',
  'rolled-back': 'Production was rolled back.',
  'dry-run': 'This is what would happen.',
};

/** How a retraining ended, in a few words. */
export function retrainTitle({ status }: RetrainResult): string {
  return TITLES[status];
}

/** A plan in a few lines, for a question that stops everything. */
export function retrainDetail({ decision, drift, warnings }: RetrainResult): string {
  const drifted = drift.length === 0 ? [] : [`Drifted: ${drift.map(({ feature }) => feature).join(', ')}.`];
  return [decision, ...drifted, ...warnings].join('\n\n');
}

/** A retraining, or the plan of one, as a page. */
export function retrainReport(result: RetrainResult): string {
  const { decision, contest, gates, drift, warnings, status } = result;
  return [
    `# Retraining: ${retrainTitle(result)}`,
    '',
    escapeMarkdown(decision),
    '',
    ...warnings.map((warning) => `> **Note:** ${escapeMarkdown(warning)}\n`),
    ...(contest === null ? [] : contestTable(result, contest)),
    ...(gates.length === 0 ? [] : ['## Gates', '', ...gatesTable(gates), '']),
    ...(drift.length === 0 ? [] : driftTable(drift)),
    ...(status === 'dry-run' ? ['Nothing was changed.'] : []),
  ].join('\n');
}

function contestTable({ champion, challenger }: RetrainResult, contest: NonNullable<RetrainResult['contest']>) {
  const { metric, rows, improvement, confidence } = contest;
  const percent = (share: number) => `${(share * 100).toFixed(1)} %`;
  return [
    '## Champion and challenger',
    '',
    `On ${rows} rows that neither was trained on; sure to ${percent(confidence)}.`,
    '',
    `| | Version | ${escapeMarkdown(metric)} |`,
    '|---|---:|---:|',
    `| Champion | ${champion?.version ?? '-'} | ${metricText(contest.champion)} |`,
    `| Challenger | ${challenger?.version ?? '-'} | ${metricText(contest.challenger)} |`,
    `| Difference | | ${metricText(improvement)} |`,
    '',
  ];
}

function driftTable(drift: RetrainResult['drift']): string[] {
  return [
    '## Drift in the recent batches',
    '',
    '| Feature | PSI | KS p-value |',
    '|---|---:|---:|',
    ...drift.map(({ feature, psi, ks }) => {
      return `| ${escapeMarkdown(feature)} | ${metricText(psi)} | ${metricText(ks?.p_value)} |`;
    }),
    '',
  ];
}
