import type { HistoryEntry, InfoResult, StageHolder } from '../../protocol/engine-api.ts';
import { escapeMarkdown, metricText } from '../views/metric-text.ts';

/** Who holds the stages, and everything that happened, as a page. */
export function infoReport({ model_name, at, stages, history, changed_outside }: InfoResult): string {
  const when = at === null ? '' : ` on ${new Date(at).toLocaleString()}`;
  return [
    `# ${escapeMarkdown(model_name)}${when}`,
    '',
    ...changed_outside.map((sentence) => `> **Changed outside.** ${escapeMarkdown(sentence)}\n`),
    ...holderSection('GNU_Production', stages.GNU_Production),
    ...holderSection('Staging', stages.Staging),
    '## History',
    '',
    ...historyTable(history),
    '',
    ...metricsSection(stages),
  ].join('\n');
}

function holderSection(stage: string, holder: StageHolder | null): string[] {
  if (holder === null) return [`**${stage}**: empty.`, ''];
  const since = holder.since === null ? 'unknown' : new Date(holder.since).toLocaleString();
  const verified = holder.by_verified ? '' : ' (unverified)';
  const by = holder.by === null ? 'unknown' : `${escapeMarkdown(holder.by)}${verified}`;
  return [
    `**${stage}**: version ${holder.version}, since ${since}, by ${by}.`,
    '',
    ...(holder.notes === '' ? [] : [`> ${escapeMarkdown(holder.notes)}`, '']),
  ];
}

/** The holdout metrics of the stages' holders, side by side. */
function metricsSection(stages: InfoResult['stages']): string[] {
  const held = Object.entries(stages).flatMap(([stage, holder]) => (holder === null ? [] : [{ stage, holder }]));
  const names = [...new Set(held.flatMap(({ holder }) => Object.keys(holder.metrics)))];
  if (names.length === 0) return [];
  const titles = held.map(({ stage, holder }) => `${stage} (version ${holder.version})`);
  return [
    '## Metrics on the holdout',
    '',
    `| Metric | ${titles.join(' | ')} |`,
    `|---|${titles.map(() => '---:|').join('')}`,
    ...names.map((name) => {
      const values = held.map(({ holder }) => metricText(holder.metrics[name]));
      return `| ${escapeMarkdown(name)} | ${values.join(' | ')} |`;
    }),
  ];
}

function historyTable(history: HistoryEntry[]): string[] {
  if (history.length === 0) return ['Nothing has been deployed yet.'];
  return [
    '| When | What | Version | From | To | Before | By | Notes | Status |',
    '|---|---|---|---|---|---|---|---|---|',
    ...history.map(({ at, kind, version, from, to, previous, by, notes, status }) => {
      const cells = [new Date(at).toLocaleString(), kind, version, from, to, previous ?? '', by, notes, status];
      return `| ${cells.map(escapeMarkdown).join(' | ')} |`;
    }),
  ];
}
