import * as vscode from 'vscode';
import type { RunSummary } from '../../protocol/engine-api.ts';
import { ageText, durationText } from './age.ts';
import { escapeMarkdown, metricText } from './metric-text.ts';

/** What a row of a run shows beside the run itself. */
export interface RunContext {
  /** The metric that runs are judged by. */
  mainMetric: string;
  /** Where a version is: "GNU_Production". */
  stageOf(version: string): string | undefined;
}

/** What a row shows of a run's params, metrics and tags; a tooltip shows more of them when it is asked for. */
export function shownKeys({ mainMetric: metric }: RunContext) {
  return { params: [], metrics: [metric], tags: [] };
}

/** One run of the tree, without a tooltip. */
export function runRow(summary: RunSummary, context: RunContext): vscode.TreeItem {
  const { run, stale } = summary;
  const item = new vscode.TreeItem(shortName(run.name) || run.runId);
  const { icon, colour, word } = runLooks(summary);
  item.id = `run:${run.runId}`;
  item.iconPath = new vscode.ThemeIcon(icon, colour === undefined ? undefined : new vscode.ThemeColor(colour));
  const facts = [...mainMetric(summary, context), ...versionTexts(summary, context), ageText(run.startTime)];
  item.description = (run.status === 'FINISHED' ? facts : [word, ...facts]).join(' · ');
  item.contextValue = stale ? 'run.stale' : `run.${run.status}`;
  item.accessibilityInformation = { label: `Run ${run.name}, ${word}, ${facts.join(', ')}` };
  return item;
}

/** Names that training makes end with the time, which the row tells anyway; there is little room in a side bar. */
function shortName(name: string): string {
  return name.replace(/-\d{4}-\d\d-\d\d-\d\d:\d\d:\d\d$/, '');
}

/** Icon, colour and word for how a run stands. */
export function runLooks({ run, stale }: RunSummary): { icon: string; colour?: string; word: string } {
  if (stale) return { icon: 'warning', colour: 'list.warningForeground', word: 'no sign of life' };
  switch (run.status) {
    case 'FINISHED':
      return { icon: 'pass', colour: 'testing.iconPassed', word: 'finished' };
    case 'FAILED':
      return { icon: 'error', colour: 'testing.iconFailed', word: 'failed' };
    case 'KILLED':
      return { icon: 'circle-slash', colour: 'testing.iconSkipped', word: 'killed' };
    case 'RUNNING':
      return { icon: 'loading~spin', word: 'running' };
    default:
      return { icon: 'clock', word: 'scheduled' };
  }
}

function mainMetric({ run }: RunSummary, { mainMetric: name }: RunContext): string[] {
  const value = run.metrics[name];
  return value === undefined ? [] : [`${name} ${metricText(value)}`];
}

function versionTexts({ versions }: RunSummary, { stageOf }: RunContext): string[] {
  return versions.map((version) => {
    const stage = stageOf(version);
    return stage === undefined || stage === 'None' ? `v${version}` : `v${version} ${stage}`;
  });
}

const SHOWN_PARAMS = ['algorithm', 'n_estimators', 'max_depth', 'learning_rate', 'train_rows', 'test_rows'];

export function runTooltip(summary: RunSummary): vscode.MarkdownString {
  const { run } = summary;
  const { word } = runLooks(summary);
  const error = run.tags['gnu_mlops.error'];
  const holdout = Object.entries(run.metrics).filter(([name]) => !name.startsWith('cv_'));
  const params = SHOWN_PARAMS.map((name): [string, string] => [name, run.params[name] ?? '']);
  const took = run.endTime === null ? '' : `, took ${durationText(run.endTime - run.startTime)}`;
  const lines = [
    `**${escapeMarkdown(run.name)}** (${word}${took})`,
    '',
    ...(error === undefined ? [] : [escapeMarkdown(error), '']),
    ...table(holdout.map(([name, value]) => [name, metricText(value)])),
    '',
    ...table(params.filter(([, value]) => value !== '')),
    '',
    `${new Date(run.startTime).toLocaleString()} · ${escapeMarkdown(run.userId)} · \`${run.runId}\``,
  ];
  return new vscode.MarkdownString(lines.join('\n'));
}

function table(rows: [string, string][]): string[] {
  if (rows.length === 0) return [];
  return [
    '| | |',
    '|---|---|',
    ...rows.map(([name, value]) => `| ${escapeMarkdown(name)} | ${escapeMarkdown(value)} |`),
  ];
}
