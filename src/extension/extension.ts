import * as vscode from 'vscode';
import { registerCommands } from './commands/run-command.ts';
import { COMMANDS } from './commands/table.ts';
import { VirtualDocuments } from './documents/virtual-documents.ts';
import { ActiveProject } from './editor/active-project.ts';
import { CredentialVault } from './editor/credential-vault.ts';
import { type Dialogs, editorDialogs } from './editor/dialogs.ts';
import { logEntry } from './editor/engine-log.ts';
import { proxyEnvironment } from './editor/proxy-settings.ts';
import { StatusBar } from './editor/status-bar.ts';
import { StoreFollower } from './editor/store-follower.ts';
import type { EditorSession } from './editor-session.ts';
import { EngineClient, type EngineClientOptions } from './engine/engine-client.ts';
import { registerConfigLanguage } from './language/language.ts';
import { registerKeptPanels } from './panels/kept-panels.ts';
import { Panels } from './panels/panels.ts';
import { EngineTasks, TASK_TYPE } from './tasks/engine-tasks.ts';
import { ExperimentsView } from './views/experiments-view.ts';
import { OperationsView } from './views/operations-view.ts';
import { RegistryView } from './views/registry-view.ts';

/** What tests of the extension reach; nobody else should. */
export interface ExtensionForTests {
  session: EditorSession;
  statusBar: StatusBar;
  /** Tests answer instead of a person; undefined puts the editor's own dialogs back. */
  answerWith(answers: Partial<Dialogs> | undefined): void;
  /** How long activate() took, ms. */
  activationMs: number;
}

let engine: EngineClient | undefined;

/** Called by the editor when the extension is needed for the first time. Nothing here waits for anything. */
export function activate(context: vscode.ExtensionContext): ExtensionForTests {
  const started = performance.now();
  const log = vscode.window.createOutputChannel('GNU MLOps', { log: true });
  const project = new ActiveProject(context.workspaceState);
  const { dialogs, answerWith } = replaceableDialogs();
  const vault = new CredentialVault(context.secrets);
  const client = startEngine(context, log, dialogs, {
    onStoreChanged: (configFile) => follower.storeChanged(configFile),
    credentialsOf: (configFile) => vault.get(configFile),
  });
  const follower = new StoreFollower(client, project);
  const documents = new VirtualDocuments();
  const panels = new Panels({
    engine: client,
    follower,
    dialogs,
    extension: context.extensionUri,
    state: context.workspaceState,
  });
  const experiments = new ExperimentsView(client, project, follower);
  const registry = new RegistryView(client, project, follower);
  const operations = new OperationsView(client, project, follower);
  const statusBar = new StatusBar(client, project, follower);
  const views = { experiments, registry, operations };
  const session = { engine: client, vault, project, follower, dialogs, documents, panels, ...views, log };
  context.subscriptions.push(
    log,
    project,
    follower,
    documents,
    panels,
    experiments,
    registry,
    operations,
    statusBar,
    registerKeptPanels(panels, project),
    registerCommands(session, COMMANDS),
    registerConfigLanguage(client, project, log),
    vscode.tasks.registerTaskProvider(TASK_TYPE, new EngineTasks(project, context.extensionUri)),
  );
  void project.look();
  const activationMs = performance.now() - started;
  log.info(`Activated in ${activationMs.toFixed(1)} ms.`);
  return { session, statusBar, answerWith, activationMs };
}

/** Called by the editor when it closes; it waits a few seconds, in which a training that runs is cancelled. */
export async function deactivate(): Promise<void> {
  await engine?.stop();
}

/** The process behind it starts with the first request. */
function startEngine(
  context: vscode.ExtensionContext,
  log: vscode.LogOutputChannel,
  dialogs: Dialogs,
  links: Pick<EngineClientOptions, 'onStoreChanged' | 'credentialsOf'>,
): EngineClient {
  engine = new EngineClient({
    module: context.asAbsolutePath('dist/engine-process.js'),
    environment: () => proxyEnvironment(),
    onLog: (entry) => logEntry(log, entry),
    ...links,
    onOutput: (text) => log.warn(text.trimEnd()),
    onDeath: (message) => {
      log.error(message);
      void dialogs.complain(message, 'Show Log').then((answer) => answer && log.show());
    },
  });
  return engine;
}

function replaceableDialogs(): Pick<ExtensionForTests, 'answerWith'> & { dialogs: Dialogs } {
  const dialogs = { ...editorDialogs };
  return { dialogs, answerWith: (answers) => void Object.assign(dialogs, editorDialogs, answers) };
}
