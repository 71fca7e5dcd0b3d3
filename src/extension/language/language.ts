import * as vscode from 'vscode';
import type { ActiveProject } from '../editor/active-project.ts';
import { CONFIG_SELECTOR } from '../editor/config-files.ts';
import type { EngineClient } from '../engine/engine-client.ts';
import { ConfigCompletion } from './config-completion.ts';
import { ConfigDiagnostics } from './config-diagnostics.ts';
import { ConfigLenses } from './config-lenses.ts';

/** Everything that helps with writing config.yaml. */
export function registerConfigLanguage(
  engine: EngineClient,
  project: ActiveProject,
  log: vscode.LogOutputChannel,
): vscode.Disposable {
  const completion = new ConfigCompletion(engine);
  return vscode.Disposable.from(
    new ConfigDiagnostics(engine, project, log),
    vscode.languages.registerCompletionItemProvider(CONFIG_SELECTOR, completion, ' ', ':', '{', ',', '\n'),
    vscode.languages.registerHoverProvider(CONFIG_SELECTOR, completion),
    vscode.languages.registerCodeLensProvider(CONFIG_SELECTOR, new ConfigLenses(project)),
  );
}
