import * as vscode from 'vscode';
import type { RetrainResult } from '../../protocol/unattended-api.ts';
import { ageText } from './age.ts';
import { escapeMarkdown } from './metric-text.ts';
import type { DecisionNode } from './operations-node.ts';

/** Whether a retraining is due, and why or why not. */
export function dueRow(plan: RetrainResult): vscode.TreeItem {
  const isDue = plan.status !== 'nothing-to-do';
  // Trouble in production that is left to a person.
  const [trouble] = isDue ? [] : plan.warnings;
  const item = new vscode.TreeItem(isDue ? dueLabel(plan) : trouble ? 'Production needs somebody' : 'Nothing to do');
  item.id = 'retraining:due';
  item.iconPath =
    isDue || trouble
      ? new vscode.ThemeIcon('bell-dot', new vscode.ThemeColor('list.warningForeground'))
      : new vscode.ThemeIcon('pass', new vscode.ThemeColor('testing.iconPassed'));
  item.description = trouble ?? (isDue && plan.due.explanation !== '' ? plan.due.explanation : plan.decision);
  item.contextValue = isDue ? 'retraining.due' : 'retraining.notDue';
  item.tooltip = dueTooltip(plan);
  item.accessibilityInformation = { label: `Retraining: ${item.label}, ${item.description}` };
  return item;
}

const REASONS: Record<string, string> = {
  'no-model': 'Due: nothing in production',
  age: 'Due by age',
  drift: 'Due by drift',
  volume: 'Due: the data has grown',
};

/** Trouble in production and the end of a soak time have no reason of their own. */
function dueLabel({ due }: RetrainResult): string {
  return due.reason === null ? 'Due' : (REASONS[due.reason] ?? 'Due');
}

function dueTooltip({ decision, due, drift, warnings }: RetrainResult): vscode.MarkdownString {
  const lines = [
    escapeMarkdown(decision),
    ...(due.since === null ? [] : [`The last training ended ${new Date(due.since).toLocaleString()}.`]),
    ...(drift.length === 0 ? [] : [`Drifted: ${drift.map(({ feature }) => escapeMarkdown(feature)).join(', ')}.`]),
    ...warnings.map(escapeMarkdown),
  ];
  return new vscode.MarkdownString(lines.join('\n\n'));
}

interface Looks {
  text: string;
  icon: string;
  colour?: string;
}

const DECISIONS: Record<string, Looks> = {
  'kept-production': { text: 'Production stays', icon: 'pass', colour: 'testing.iconPassed' },
  waiting: { text: 'A better one waits for a person', icon: 'bell-dot', colour: 'list.warningForeground' },
  staged: { text: 'A better one is in Staging', icon: 'beaker', colour: 'charts.green' },
  deployed: { text: 'A better one is in production', icon: 'rocket', colour: 'charts.green' },
  refused: { text: 'A gate refused the better one', icon: 'error', colour: 'testing.iconFailed' },
  'rolled-back': { text: 'Production was rolled back', icon: 'discard', colour: 'list.warningForeground' },
};

/** What a retraining decided; a click shows the run that records it. */
export function decisionRow(node: DecisionNode): vscode.TreeItem {
  const { run } = node.summary;
  const status = run.tags['gnu_mlops.retrain.status'] ?? '';
  const { text, icon, colour }: Looks = DECISIONS[status] ?? { text: status, icon: 'sync' };
  const item = new vscode.TreeItem(text);
  const facts = [...versionsText(run.tags), ageText(run.startTime)];
  item.id = `decision:${run.runId}`;
  item.iconPath = new vscode.ThemeIcon(icon, colour === undefined ? undefined : new vscode.ThemeColor(colour));
  item.description = facts.join(' · ');
  item.contextValue = 'decision';
  item.tooltip = new vscode.MarkdownString(escapeMarkdown(run.tags['mlflow.note.content'] ?? text));
  item.command = { command: 'gnuMlops.openRun', title: 'Open Run', arguments: [node] };
  item.accessibilityInformation = { label: `Decision: ${[text, ...facts].join(', ')}` };
  return item;
}

function versionsText(tags: Record<string, string>): string[] {
  const challenger = tags['gnu_mlops.retrain.challenger'] ?? '';
  const champion = tags['gnu_mlops.retrain.champion'] ?? '';
  if (challenger === '') return champion === '' ? [] : [`v${champion}`];
  return [champion === '' ? `v${challenger}` : `v${challenger} against v${champion}`];
}
