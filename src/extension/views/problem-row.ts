import * as vscode from 'vscode';
import { toEngineFailure } from '../engine/engine-failure.ts';

/** A row that says why there are no others. */
export interface ProblemNode {
  kind: 'problem';
  error: unknown;
}

export function problemRow({ error }: ProblemNode): vscode.TreeItem {
  const { message, advice } = toEngineFailure(error);
  const item = new vscode.TreeItem(message.split('\n')[0] ?? message);
  item.iconPath = new vscode.ThemeIcon('error', new vscode.ThemeColor('list.errorForeground'));
  item.tooltip = advice;
  item.contextValue = 'problem';
  item.command = { command: 'gnuMlops.showLog', title: 'Show Log' };
  item.accessibilityInformation = { label: `Error: ${advice}` };
  return item;
}
