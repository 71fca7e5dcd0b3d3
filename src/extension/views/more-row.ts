import * as vscode from 'vscode';

/** The row at the end of a list that is longer than what is shown. */
export function moreRow(node: unknown, name: string, what: string): vscode.TreeItem {
  const item = new vscode.TreeItem('Load more');
  item.id = `more:${name}`;
  item.iconPath = new vscode.ThemeIcon('ellipsis');
  item.command = { command: 'gnuMlops.loadMore', title: 'Load More', arguments: [node] };
  item.accessibilityInformation = { label: `Load more ${what}` };
  return item;
}
