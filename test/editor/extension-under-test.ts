import * as assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { reporters } from 'mocha';
import * as vscode from 'vscode';
import type { Dialogs } from '../../src/extension/editor/dialogs.ts';
import type { ExtensionForTests } from '../../src/extension/extension.ts';
import type { ProjectRef } from '../../src/protocol/engine-api.ts';

const IDENTIFIER = 'gnu-mlops.gnu-mlops';

/** The extension as the editor installed it, activated, with its project found. */
export async function activated(): Promise<ExtensionForTests> {
  const extension = vscode.extensions.getExtension<ExtensionForTests>(IDENTIFIER);
  assert.ok(extension, `${IDENTIFIER} is not installed`);
  const tested = await extension.activate();
  await until(() => tested.session.project.ref !== undefined, 'the extension finds config.yaml');
  return tested;
}

/** Prints a measurement beside the tests' names: it is looked at, never asserted. */
export function printMeasurement(text: string): void {
  reporters.Base.consoleLog(`    ${text}`);
}

/** package.json, as the editor read it. */
export function manifest() {
  const extension = vscode.extensions.getExtension(IDENTIFIER);
  assert.ok(extension);
  return extension.packageJSON as Record<string, unknown> & { contributes: Record<string, unknown> };
}

export function projectOf({ session }: ExtensionForTests): ProjectRef {
  const { ref } = session.project;
  assert.ok(ref, 'the workspace has a project');
  return ref;
}

/** Runs the extension's own command line as another process; resolves to its exit code. */
export function commandLine(args: string[]): Promise<number | null> {
  const extension = vscode.extensions.getExtension(IDENTIFIER);
  assert.ok(extension);
  const program = vscode.Uri.joinPath(extension.extensionUri, 'dist/cli.js').fsPath;
  const child = spawn(process.execPath, [program, ...args], {
    cwd: workspaceFolder(),
    env: { ...process.env, ELECTRON_RUN_AS_NODE: '1' },
    stdio: 'ignore',
  });
  return new Promise((resolve) => child.once('exit', resolve));
}

/** Folder of the workspace: a copy that belongs to this suite. */
export function workspaceFolder(): string {
  const folder = vscode.workspace.workspaceFolders?.[0];
  assert.ok(folder);
  return folder.uri.fsPath;
}

/** Waits for a condition; what it waited for is in the failure. */
export async function until<T>(condition: () => T | Promise<T>, what: string): Promise<NonNullable<T>> {
  const deadline = Date.now() + 30_000;
  for (;;) {
    const value = await condition();
    if (value) return value as NonNullable<T>;
    if (Date.now() > deadline) assert.fail(`Waited in vain until ${what}.`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** What the extension said and asked, and how to answer it; anything that is asked and has no answer is dismissed. */
export class ScriptedPerson {
  readonly confirmed: { message: string; detail: string; actions: readonly string[] }[] = [];
  readonly asked: string[] = [];
  /** Labels of what could be picked. */
  readonly offered: string[] = [];
  readonly said: string[] = [];
  readonly complaints: string[] = [];
  readonly dialogs: Partial<Dialogs>;

  constructor(
    answers: { confirm?: string[]; ask?: string[]; pick?: unknown[]; target?: vscode.Uri; file?: vscode.Uri } = {},
  ) {
    const note = (list: string[]) => async (message: string) => void list.push(message);
    this.dialogs = {
      confirm: async (message, detail, actions) => {
        this.confirmed.push({ message, detail, actions });
        return answers.confirm?.shift();
      },
      ask: async ({ title, prompt }) => {
        this.asked.push(`${title}: ${prompt}`);
        return answers.ask?.shift();
      },
      pick: this.#picking(answers.pick) as Dialogs['pick'],
      pickMany: this.#picking(answers.pick) as Dialogs['pickMany'],
      say: note(this.said) as Dialogs['say'],
      warn: note(this.said) as Dialogs['warn'],
      complain: note(this.complaints) as Dialogs['complain'],
      chooseFile: async () => answers.file,
      chooseTarget: async () => answers.target,
    };
  }

  #picking(answers: unknown[] | undefined) {
    return async (_title: string, choices: readonly vscode.QuickPickItem[]) => {
      this.offered.push(...choices.map(({ label }) => label));
      return answers?.shift();
    };
  }
}

/** Every row of a view with what is below it: its id, and label, description and context as a line. */
export async function rowsOf<Node>(view: Pick<Required<vscode.TreeDataProvider<Node>>, 'getChildren' | 'getTreeItem'>) {
  const found = new Map<string, string>();
  const visit = async (nodes: Node[] | null | undefined): Promise<void> => {
    for (const node of nodes ?? []) {
      const item = await view.getTreeItem(node);
      found.set(item.id ?? `row ${found.size}`, `${item.label} ${item.description} [${item.contextValue}]`);
      if (item.collapsibleState) await visit(await view.getChildren(node));
    }
  };
  await visit(await view.getChildren());
  return found;
}

/** The only row of a view that satisfies a condition. */
export async function nodeOf<Node, Wanted extends Node>(
  view: Pick<Required<vscode.TreeDataProvider<Node>>, 'getChildren'>,
  isWanted: (node: Node) => node is Wanted,
): Promise<Wanted> {
  const found: Wanted[] = [];
  const visit = async (nodes: Node[] | null | undefined): Promise<void> => {
    for (const node of nodes ?? []) {
      if (isWanted(node)) found.push(node);
      await visit(await view.getChildren(node));
    }
  };
  await visit(await view.getChildren());
  const [node] = found;
  assert.ok(node !== undefined && found.length === 1, `one row is wanted, and ${found.length} are there`);
  return node;
}

/** Changes config.yaml and gives back what undoes it. */
export function editConfig(change: (text: string) => string): () => void {
  const file = path.join(workspaceFolder(), 'config.yaml');
  const before = readFileSync(file, 'utf8');
  const after = change(before);
  assert.notEqual(after, before, 'the change changes something');
  writeFileSync(file, after);
  return () => writeFileSync(file, before);
}

export type Answers = ConstructorParameters<typeof ScriptedPerson>[0];

/** Runs a command with answers ready; a complaint is a failure. */
export async function runScripted<T>(
  tested: ExtensionForTests,
  command: string,
  answers: Answers = {},
  ...args: unknown[]
): Promise<{ result: T; person: ScriptedPerson }> {
  const person = new ScriptedPerson(answers);
  tested.answerWith(person.dialogs);
  const result = await vscode.commands.executeCommand<T>(command, ...args);
  assert.deepEqual(person.complaints, []);
  return { result, person };
}
