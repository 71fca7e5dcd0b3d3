import path from 'node:path';
import * as vscode from 'vscode';
import type { RunSummary } from '../../protocol/engine-api.ts';
import { ageText } from './age.ts';
import type { BatchNode, OperationsNode, OutputNode } from './operations-node.ts';
import { runLooks, runTooltip } from './run-row.ts';

/** One batch: how many files and rows, and what was refused or failed. */
export function batchRow({ summary }: BatchNode): vscode.TreeItem {
  const { run } = summary;
  const { icon, colour, word } = runLooks(summary);
  const { files = 0, rows = 0, refused_rows: refused = 0, failed_files: failed = 0 } = run.metrics;
  const isKnown = run.metrics.files !== undefined;
  const label = isKnown ? `${counted(files, 'file')}, ${counted(rows, 'row')}` : word;
  const facts = [
    ...(isKnown && run.status === 'KILLED' ? [word] : []),
    ...(failed > 0 ? [`${counted(failed, 'file')} failed`] : []),
    ...(refused > 0 ? [`${counted(refused, 'row')} refused`] : []),
    ...(run.params.model_version === undefined ? [] : [`v${run.params.model_version}`]),
    ageText(run.startTime),
  ];
  const item = new vscode.TreeItem(label, vscode.TreeItemCollapsibleState.Collapsed);
  item.id = `batch:${run.runId}`;
  item.iconPath = new vscode.ThemeIcon(icon, colour === undefined ? undefined : new vscode.ThemeColor(colour));
  item.description = facts.join(' · ');
  item.contextValue = 'batch';
  item.tooltip = runTooltip(summary);
  item.accessibilityInformation = { label: `Batch ${label}, ${word}, ${facts.join(', ')}` };
  return item;
}

/** What stopped files of a batch, or all of it. */
export function batchFailures({ run }: RunSummary): OperationsNode[] {
  const told = run.tags['gnu_mlops.error'] ?? '';
  const sentences = told.split('\n').filter((line) => line !== '');
  return sentences.map((sentence) => ({ kind: 'batchFailure', runId: run.runId, sentence }));
}

export function batchFailureRow(node: Extract<OperationsNode, { kind: 'batchFailure' }>): vscode.TreeItem {
  const { runId, sentence } = node;
  // A failed file comes with its whole path.
  const cut = /^(.+?): (.+)$/.exec(sentence);
  const [label, description] = cut === null ? [sentence, ''] : [path.basename(cut[1]!), cut[2]!];
  const item = new vscode.TreeItem(label);
  item.id = `batchFailure:${runId}:${sentence}`;
  item.iconPath = new vscode.ThemeIcon('error', new vscode.ThemeColor('testing.iconFailed'));
  item.description = description;
  item.tooltip = sentence;
  item.contextValue = 'batchFailure';
  item.command = { command: 'gnuMlops.openLog', title: 'Show Log', arguments: [node] };
  item.accessibilityInformation = { label: `Failed: ${sentence}` };
  return item;
}

/** A file that a batch wrote; a click shows its beginning. */
export function outputRow(node: OutputNode): vscode.TreeItem {
  const { input, rows, refused, output, manifest } = node.output;
  const facts = [counted(rows - refused, 'row'), ...(refused > 0 ? [`${refused} refused`] : [])];
  const item = new vscode.TreeItem(input);
  item.id = `output:${manifest}`;
  item.iconPath = new vscode.ThemeIcon('table');
  item.description = facts.join(' · ');
  item.contextValue = 'batchOutput';
  item.tooltip = output;
  item.command = { command: 'gnuMlops.previewBatch', title: 'Preview Batch Output', arguments: [node] };
  item.accessibilityInformation = { label: `Output of ${input}, ${facts.join(', ')}` };
  return item;
}

/** "1 file", "1,234 rows" */
export function counted(count: number, noun: string): string {
  return `${count.toLocaleString('en-US')} ${noun}${count === 1 ? '' : 's'}`;
}
