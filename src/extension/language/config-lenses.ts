import * as vscode from 'vscode';
import type { ActiveProject } from '../editor/active-project.ts';
import { isConfigDocument } from './config-documents.ts';

interface LensCommand {
  title: string;
  command: string;
}

const VALIDATE = { title: '$(checklist) Validate', command: 'gnuMlops.validate' };
const TRAIN = { title: '$(play) Train', command: 'gnuMlops.train' };
const PLAN = { title: '$(checklist) Show plan', command: 'gnuMlops.showPlan' };

/** What can be done about a section, above it. */
const LENSES: Record<string, LensCommand[]> = {
  mlflow: [VALIDATE],
  model: [TRAIN],
  training: [TRAIN],
  data: [VALIDATE],
  deployment: [PLAN],
};

/** Buttons above the sections of the active configuration; commands speak of no other one. */
export class ConfigLenses implements vscode.CodeLensProvider {
  readonly #project: ActiveProject;
  readonly onDidChangeCodeLenses: vscode.Event<void>;

  constructor(project: ActiveProject) {
    this.#project = project;
    this.onDidChangeCodeLenses = project.onDidChange;
  }

  provideCodeLenses(document: vscode.TextDocument): vscode.CodeLens[] {
    const isActive = document.uri.toString() === this.#project.file?.toString();
    if (!isActive || !isConfigDocument(document)) return [];
    return Array.from({ length: document.lineCount }, (_, line) => lensesOf(document.lineAt(line))).flat();
  }
}

function lensesOf(line: vscode.TextLine): vscode.CodeLens[] {
  const section = /^(\w+)\s*:/.exec(line.text)?.[1];
  const commands = section === undefined ? undefined : LENSES[section];
  const offered = (commands ?? []).filter((command) => command !== TRAIN || vscode.workspace.isTrusted);
  return offered.map((command) => new vscode.CodeLens(line.range, command));
}
