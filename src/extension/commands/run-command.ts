import * as vscode from 'vscode';
import type { EditorSession } from '../editor-session.ts';
import { EngineFailure, toEngineFailure } from '../engine/engine-failure.ts';
import { durationText } from '../views/age.ts';
import type { CommandDefinition } from './command.ts';

const SHOW_LOG = 'Show Log';

/** Registers every command of a table. */
export function registerCommands(session: EditorSession, table: readonly CommandDefinition[]): vscode.Disposable {
  const registrations = table.map((command) =>
    vscode.commands.registerCommand(command.id, (...args: unknown[]) => runCommand(session, command, args)),
  );
  return vscode.Disposable.from(...registrations);
}

/** Runs one command: logs and times it, and tells its failure once. Resolves to undefined when it failed. */
async function runCommand(session: EditorSession, command: CommandDefinition, args: unknown[]): Promise<unknown> {
  const { log } = session;
  const started = performance.now();
  log.debug(`${command.id} started.`);
  try {
    if (command.writes) requireTrust(command);
    const result = await command.run(session, ...args);
    log.info(`${command.title}: done in ${durationText(performance.now() - started)}.`);
    return result;
  } catch (error) {
    const failure = toEngineFailure(error);
    logFailure(log, command, failure);
    // Waiting for the answer would keep the command running as long as the message stands.
    if (failure.reason !== 'cancelled' && failure.details.told !== true) void tell(session, failure);
    return undefined;
  }
}

function requireTrust({ title }: CommandDefinition): void {
  if (vscode.workspace.isTrusted) return;
  throw new EngineFailure({
    reason: 'untrusted-workspace',
    message: `"${title}" writes, and this workspace is not trusted.`,
    details: { fix: 'Trust it with the command "Workspaces: Manage Workspace Trust".' },
  });
}

/** Refusals are no bugs: they are told, not traced. */
function logFailure(log: vscode.LogOutputChannel, { title }: CommandDefinition, failure: EngineFailure): void {
  const { reason, advice, details, stack } = failure;
  if (reason !== 'internal') log.warn(`${title}: ${advice} (${reason})`);
  else log.error(`${title}: ${advice}\n${details.stack ?? stack ?? ''}`);
}

async function tell({ dialogs, log }: EditorSession, failure: EngineFailure): Promise<void> {
  const { position } = failure.details;
  const actions = position ? ['Open File', SHOW_LOG] : [SHOW_LOG];
  const answer = await dialogs.complain(failure.advice, ...actions);
  if (answer === SHOW_LOG) log.show();
  if (answer !== 'Open File' || !position) return;
  const at = new vscode.Position(Math.max(0, position.line - 1), Math.max(0, position.column - 1));
  await vscode.window.showTextDocument(vscode.Uri.file(position.file), { selection: new vscode.Range(at, at) });
}
