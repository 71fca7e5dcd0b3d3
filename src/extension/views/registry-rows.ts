import * as vscode from 'vscode';
import type { Stage, VersionStage, VersionSummary } from '../../protocol/engine-api.ts';
import { ageText } from './age.ts';
import { escapeMarkdown, metricText } from './metric-text.ts';
import type { RegistryModel, VersionNode } from './registry-node.ts';

const { Expanded, Collapsed } = vscode.TreeItemCollapsibleState;

export function modelRow(model: RegistryModel): vscode.TreeItem {
  const item = new vscode.TreeItem(model.name, model.isOwn ? Expanded : Collapsed);
  const count = `${model.versions.length} ${model.versions.length === 1 ? 'version' : 'versions'}`;
  item.id = `model:${model.name}`;
  item.iconPath = new vscode.ThemeIcon('package');
  item.description = count;
  item.contextValue = 'model';
  item.tooltip = model.isOwn ? `Registered model ${model.name}` : `${model.name} is not the model of this config.yaml.`;
  item.accessibilityInformation = { label: `Registered model ${model.name}, ${count}` };
  return item;
}

/** Who holds a stage, since when and by whom. */
export function stageRow(model: RegistryModel, stage: Stage): vscode.TreeItem {
  const item = new vscode.TreeItem(stage);
  const holder = model.stages[stage];
  item.id = `stage:${model.name}:${stage}`;
  item.iconPath = stageIcon(stage, holder !== null);
  item.contextValue = `${model.isOwn ? 'stage' : 'foreignStage'}.${stage}.${holder === null ? 'empty' : 'held'}`;
  if (holder === null) {
    item.description = 'empty';
    item.tooltip = `No version of ${model.name} is in ${stage}.`;
    item.accessibilityInformation = { label: `${stage}: empty` };
    return item;
  }
  const by = holder.by === null ? [] : [`by ${holder.by}`];
  const facts = [`version ${holder.version}`, ...(holder.since === null ? [] : [ageText(holder.since)]), ...by];
  item.description = facts.join(' · ');
  item.tooltip = holderTooltip(model, stage);
  item.accessibilityInformation = { label: `${stage}: ${facts.join(', ')}` };
  return item;
}

/** An alias that another tool moved, with the buttons that settle it. */
export function outsideRow(model: RegistryModel, sentence: string): vscode.TreeItem {
  const item = new vscode.TreeItem('Changed outside');
  item.id = `outside:${model.name}:${sentence}`;
  item.iconPath = new vscode.ThemeIcon('warning', new vscode.ThemeColor('list.warningForeground'));
  item.description = sentence;
  item.tooltip = `${sentence} "Adopt" writes that into history, "Restore" moves the stage back.`;
  item.contextValue = model.isOwn ? 'changedOutside' : 'foreignChange';
  item.accessibilityInformation = { label: `Changed outside: ${sentence}` };
  return item;
}

export function versionsRow(model: RegistryModel): vscode.TreeItem {
  const item = new vscode.TreeItem('Versions', Expanded);
  item.id = `versions:${model.name}`;
  item.iconPath = new vscode.ThemeIcon('versions');
  item.contextValue = 'versions';
  item.accessibilityInformation = { label: `Versions of ${model.name}` };
  return item;
}

export function versionRow(node: VersionNode): vscode.TreeItem {
  const { model, version } = node;
  const item = new vscode.TreeItem(`Version ${version.version}`);
  const metric = version.metrics[model.mainMetric];
  const facts = [
    ...(version.stage === 'None' ? [] : [version.stage]),
    ...(version.rolledBack ? ['rolled back'] : []),
    ...(metric === undefined ? [] : [`${model.mainMetric} ${metricText(metric)}`]),
    ageText(version.createdAt),
  ];
  item.id = `version:${model.name}:${version.version}`;
  item.iconPath = versionIcon(version);
  item.description = facts.join(' · ');
  item.contextValue = `${model.isOwn ? 'version' : 'foreignVersion'}.${version.stage}`;
  item.tooltip = versionTooltip(node);
  item.accessibilityInformation = { label: `Version ${version.version}, ${facts.join(', ')}` };
  if (version.runId !== null) item.command = { command: 'gnuMlops.openRun', title: 'Open Run', arguments: [node] };
  return item;
}

function stageIcon(stage: Stage, isHeld: boolean): vscode.ThemeIcon {
  if (!isHeld) return new vscode.ThemeIcon('circle-large-outline');
  return new vscode.ThemeIcon(stage === 'GNU_Production' ? 'rocket' : 'beaker', new vscode.ThemeColor('charts.green'));
}

const VERSION_ICONS: Record<VersionStage, string> = {
  GNU_Production: 'rocket',
  Staging: 'beaker',
  Archived: 'archive',
  None: 'symbol-constant',
};

function versionIcon({ stage, rolledBack }: VersionSummary): vscode.ThemeIcon {
  return new vscode.ThemeIcon(rolledBack ? 'discard' : VERSION_ICONS[stage]);
}

function holderTooltip(model: RegistryModel, stage: Stage): vscode.MarkdownString {
  const { version, since, by, notes } = model.stages[stage]!;
  const when = since === null ? 'since before this history began' : `since ${new Date(since).toLocaleString()}`;
  const who = by === null ? '' : ` by ${escapeMarkdown(by)}`;
  const why = notes === '' ? '' : `\n\n> ${escapeMarkdown(notes)}`;
  return new vscode.MarkdownString(`**${stage}**: version ${version} ${when}${who}${why}`);
}

function versionTooltip({ model, version }: VersionNode): vscode.MarkdownString {
  const rows = Object.entries(version.metrics).map(
    ([name, value]) => `| ${escapeMarkdown(name)} | ${metricText(value)} |`,
  );
  const lines = [
    `**${escapeMarkdown(model.name)} version ${version.version}**`,
    '',
    ...(rows.length === 0 ? [] : ['| | |', '|---|---|', ...rows, '']),
    `registered ${new Date(version.createdAt).toLocaleString()}`,
    ...(version.aliases.length === 0 ? [] : ['', `aliases: ${version.aliases.map(escapeMarkdown).join(', ')}`]),
  ];
  return new vscode.MarkdownString(lines.join('\n'));
}
