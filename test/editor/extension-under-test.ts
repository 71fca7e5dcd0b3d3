import * as assert from 'node:assert/strict';
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
  readonly said: string[] = [];
  readonly complaints: string[] = [];
  readonly dialogs: Partial<Dialogs>;

  constructor(
    answers: { confirm?: string[]; ask?: string[]; pick?: unknown[]; target?: vscode.Uri; file?: vscode.Uri } = {},
  ) {
    const note = (list: string[]) => async (message: string) => void list.push(message);
    const next = (list: unknown[] | undefined) => async () => list?.shift();
    this.dialogs = {
      confirm: async (message, detail, actions) => {
        this.confirmed.push({ message, detail, actions });
        return answers.confirm?.shift();
      },
      ask: async ({ title, prompt }) => {
        this.asked.push(`${title}: ${prompt}`);
        return answers.ask?.shift();
      },
      pick: next(answers.pick) as Dialogs['pick'],
      pickMany: next(answers.pick) as Dialogs['pickMany'],
      say: note(this.said) as Dialogs['say'],
      warn: note(this.said) as Dialogs['warn'],
      complain: note(this.complaints) as Dialogs['complain'],
      chooseFile: async () => answers.file,
      chooseTarget: async () => answers.target,
    };
  }
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
