import * as vscode from 'vscode';
import type { FiringSummary, ScheduleListResult, ScheduleSummary } from '../../protocol/unattended-api.ts';
import { ageText, durationText } from './age.ts';
import { dueText } from './due-text.ts';
import { escapeMarkdown } from './metric-text.ts';
import type { FiringNode, OperationsNode, ScheduleNode } from './operations-node.ts';

/** A schedule: what it runs, when it is due next, and how the last firing ended. */
export function scheduleRow({ schedule }: ScheduleNode): vscode.TreeItem {
  const { id, operation, enabled } = schedule;
  const item = new vscode.TreeItem(id, vscode.TreeItemCollapsibleState.Collapsed);
  const facts = [operation, nextText(schedule), lastText(schedule), ...installationText(schedule)];
  item.id = `schedule:${id}`;
  item.iconPath = scheduleIcon(schedule);
  item.description = facts.join(' · ');
  item.contextValue = `schedule.${enabled ? 'enabled' : 'paused'}`;
  item.tooltip = scheduleTooltip(schedule);
  item.accessibilityInformation = { label: `Schedule ${id}, ${facts.join(', ')}` };
  return item;
}

/** Whether somebody should look at a schedule. */
export function isInTrouble({ never_fired, last, enabled }: ScheduleSummary): boolean {
  return never_fired || (enabled && (last?.status === 'failed' || last?.status === 'interrupted'));
}

/** What somebody should do about a schedule. */
export function scheduleRemarks({ id, enabled, never_fired, targets }: ScheduleSummary): OperationsNode[] {
  const remark = (sentence: string, target?: (typeof targets)[number]['target']): OperationsNode => {
    return { kind: 'remark', id, sentence, target };
  };
  const isAbsent = targets.length === 0;
  const whatToDo = isAbsent ? 'it is not installed' : 'see whether cron runs';
  return [
    ...(never_fired ? [remark(`Was due and never fired: ${whatToDo}.`)] : []),
    ...(isAbsent && enabled && !never_fired ? [remark('Not installed: nothing starts it.')] : []),
    ...targets
      .filter(({ status }) => status === 'outdated')
      .map(({ target }) => remark(`Installed in ${target} is not what config.yaml says.`, target)),
  ];
}

/** What is installed and has no schedule any more. */
export function orphanRemarks({ orphans }: ScheduleListResult): OperationsNode[] {
  return orphans.map(({ target, id }) => ({
    kind: 'remark',
    id,
    sentence: `${id} is in ${target}, but not in config.yaml any more.`,
    target,
  }));
}

export function remarkRow({ id, sentence }: Extract<OperationsNode, { kind: 'remark' }>): vscode.TreeItem {
  const item = new vscode.TreeItem(sentence);
  item.id = `remark:${id}:${sentence}`;
  item.iconPath = new vscode.ThemeIcon('warning', new vscode.ThemeColor('list.warningForeground'));
  item.contextValue = 'scheduleRemark';
  item.tooltip = `${sentence} "Install Schedules" makes what is installed the same as config.yaml.`;
  item.accessibilityInformation = { label: `Schedule ${id}: ${sentence}` };
  return item;
}

/** One firing; a click shows its log. */
export function firingRow(node: FiringNode): vscode.TreeItem {
  const { schedule, firing } = node;
  const { status, started, exit_code, duration_ms, log } = firing;
  const facts = [
    ageText(Date.parse(started)),
    ...(exit_code === null ? [] : [`exit code ${exit_code}`]),
    ...(duration_ms === null ? [] : [durationText(duration_ms)]),
  ];
  const item = new vscode.TreeItem(STATUS_WORDS[status]);
  const { icon, colour } = STATUS_ICONS[status];
  item.id = `firing:${schedule.id}:${started}`;
  item.iconPath = new vscode.ThemeIcon(icon, colour === undefined ? undefined : new vscode.ThemeColor(colour));
  item.description = facts.join(' · ');
  item.contextValue = log === null ? 'firing' : 'firing.logged';
  item.tooltip = `Due ${dueText(firing.due, schedule.timezone, 0)}, started ${new Date(started).toLocaleString()}`;
  item.accessibilityInformation = { label: `Firing ${STATUS_WORDS[status]}, ${facts.join(', ')}` };
  if (log !== null) item.command = { command: 'gnuMlops.openLog', title: 'Show Log', arguments: [node] };
  return item;
}

const STATUS_WORDS: Record<FiringSummary['status'], string> = {
  running: 'running',
  done: 'done',
  failed: 'failed',
  cancelled: 'cancelled',
  overlapped: 'left out: the one before was at work',
  missed: 'missed',
  interrupted: 'interrupted',
};

const STATUS_ICONS: Record<FiringSummary['status'], { icon: string; colour?: string }> = {
  running: { icon: 'loading~spin' },
  done: { icon: 'pass', colour: 'testing.iconPassed' },
  failed: { icon: 'error', colour: 'testing.iconFailed' },
  cancelled: { icon: 'circle-slash', colour: 'testing.iconSkipped' },
  overlapped: { icon: 'circle-slash', colour: 'testing.iconSkipped' },
  missed: { icon: 'warning', colour: 'list.warningForeground' },
  interrupted: { icon: 'warning', colour: 'list.warningForeground' },
};

function nextText({ enabled, next: [next], timezone }: ScheduleSummary): string {
  if (!enabled) return 'paused';
  return next === undefined ? 'never due' : `next ${dueText(next, timezone)}`;
}

function lastText({ last, never_fired }: ScheduleSummary): string {
  if (never_fired) return 'never fired';
  return last === null ? 'not due yet' : `${STATUS_WORDS[last.status]} ${ageText(Date.parse(last.started))}`;
}

function installationText({ targets, never_fired }: ScheduleSummary): string[] {
  if (targets.length === 0) return never_fired ? [] : ['not installed'];
  return targets.some(({ status }) => status === 'outdated') ? ['installed one differs'] : [];
}

function scheduleIcon(schedule: ScheduleSummary): vscode.ThemeIcon {
  const { last, enabled, installed } = schedule;
  if (last?.status === 'running') return new vscode.ThemeIcon('loading~spin');
  if (!enabled) return new vscode.ThemeIcon('debug-pause', new vscode.ThemeColor('testing.iconSkipped'));
  if (isInTrouble(schedule)) return new vscode.ThemeIcon('error', new vscode.ThemeColor('testing.iconFailed'));
  const colour = installed ? 'testing.iconPassed' : 'list.warningForeground';
  return new vscode.ThemeIcon('watch', new vscode.ThemeColor(colour));
}

function scheduleTooltip({ id, operation, cron, description, next, timezone, targets }: ScheduleSummary) {
  const places = targets.map(({ target, status }) => `${target} (${status})`).join(', ');
  const lines = [
    `**${escapeMarkdown(id)}**: ${operation}, ${escapeMarkdown(description)} (\`${cron}\`)`,
    '',
    ...(next.length === 0 ? ['Paused.'] : ['The next times:', ...next.map((due) => `- ${dueText(due, timezone, 0)}`)]),
    '',
    `Installed: ${places === '' ? 'nowhere' : places}.`,
  ];
  return new vscode.MarkdownString(lines.join('\n'));
}
