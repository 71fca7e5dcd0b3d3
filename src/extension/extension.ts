import * as vscode from 'vscode';

/** Called by the editor when the extension is needed for the first time. */
export function activate(context: vscode.ExtensionContext): void {
  const log = vscode.window.createOutputChannel('GNU MLOps', { log: true });
  context.subscriptions.push(
    log,
    vscode.commands.registerCommand('gnuMlops.showLog', () => log.show()),
  );
}
