import * as vscode from 'vscode';
import type { ConfigDiagnostic } from '../../protocol/engine-api.ts';
import type { ActiveProject } from '../editor/active-project.ts';
import { CONFIG_SELECTOR } from '../editor/config-files.ts';
import type { EngineClient } from '../engine/engine-client.ts';
import { toEngineFailure } from '../engine/engine-failure.ts';
import { isConfigDocument, projectOf, toRange } from './config-documents.ts';

/** Typing pauses this long before the text is checked. */
const PAUSE_MS = 200;

/** Checks config.yaml as somebody types, and offers the names that were probably meant. */
export class ConfigDiagnostics implements vscode.CodeActionProvider, vscode.Disposable {
  readonly #engine: EngineClient;
  readonly #log: vscode.LogOutputChannel;
  readonly #collection = vscode.languages.createDiagnosticCollection('gnu-mlops');
  readonly #found = new Map<string, ConfigDiagnostic[]>();
  readonly #timers = new Map<string, NodeJS.Timeout>();
  readonly #disposables: vscode.Disposable[];

  constructor(engine: EngineClient, project: ActiveProject, log: vscode.LogOutputChannel) {
    this.#engine = engine;
    this.#log = log;
    this.#disposables = [
      this.#collection,
      vscode.workspace.onDidOpenTextDocument((document) => this.#soon(document, 0)),
      vscode.workspace.onDidChangeTextDocument(({ document }) => this.#soon(document, PAUSE_MS)),
      vscode.workspace.onDidCloseTextDocument(({ uri }) => this.#forget(uri)),
      // Data and environment may have changed with the file, or the workspace has become trusted.
      project.onDidChange(() => this.#everything()),
      vscode.languages.registerCodeActionsProvider(CONFIG_SELECTOR, this, {
        providedCodeActionKinds: [vscode.CodeActionKind.QuickFix],
      }),
    ];
    this.#everything();
  }

  provideCodeActions(document: vscode.TextDocument, range: vscode.Range): vscode.CodeAction[] {
    const found = this.#found.get(document.uri.toString()) ?? [];
    return found.flatMap((problem) => {
      if (problem.replacement === undefined || !toRange(problem.range).intersection(range)) return [];
      return quickFix(document, problem, problem.replacement);
    });
  }

  dispose(): void {
    for (const timer of this.#timers.values()) clearTimeout(timer);
    for (const disposable of this.#disposables) disposable.dispose();
  }

  #everything(): void {
    for (const document of vscode.workspace.textDocuments) this.#soon(document, 0);
  }

  #soon(document: vscode.TextDocument, delay: number): void {
    const key = document.uri.toString();
    clearTimeout(this.#timers.get(key));
    this.#timers.delete(key);
    if (!isConfigDocument(document)) {
      this.#forget(document.uri);
      return;
    }
    this.#timers.set(
      key,
      setTimeout(() => void this.#check(document), delay),
    );
  }

  async #check(document: vscode.TextDocument): Promise<void> {
    const { version, uri } = document;
    this.#timers.delete(uri.toString());
    try {
      const found = await this.#engine.api.diagnose(projectOf(document), document.getText());
      // Somebody typed on, or closed it: another check is under way.
      if (document.version !== version || document.isClosed) return;
      this.#found.set(uri.toString(), found);
      this.#collection.set(uri, found.map(toDiagnostic));
    } catch (error) {
      this.#log.warn(`config.yaml could not be checked: ${toEngineFailure(error).message}`);
    }
  }

  #forget(uri: vscode.Uri): void {
    if (!this.#found.delete(uri.toString())) return;
    this.#collection.delete(uri);
  }
}

function toDiagnostic({ severity, message, range }: ConfigDiagnostic): vscode.Diagnostic {
  const level = severity === 'error' ? vscode.DiagnosticSeverity.Error : vscode.DiagnosticSeverity.Warning;
  const diagnostic = new vscode.Diagnostic(toRange(range), message, level);
  diagnostic.source = 'GNU MLOps';
  return diagnostic;
}

function quickFix(document: vscode.TextDocument, problem: ConfigDiagnostic, replacement: string): vscode.CodeAction {
  const action = new vscode.CodeAction(`Change to "${replacement}"`, vscode.CodeActionKind.QuickFix);
  const text = /^[A-Za-z_][\w ./-]*$/.test(replacement) ? replacement : JSON.stringify(replacement);
  action.edit = new vscode.WorkspaceEdit();
  action.edit.replace(document.uri, toRange(problem.range), text);
  action.isPreferred = true;
  action.diagnostics = [toDiagnostic(problem)];
  return action;
}
