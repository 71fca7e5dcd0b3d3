import * as vscode from 'vscode';
import type { EngineClient } from '../engine/engine-client.ts';
import { toEngineFailure } from '../engine/engine-failure.ts';
import type { ActiveProject } from './active-project.ts';
import type { StoreFollower } from './store-follower.ts';

const LONGEST_TEXT = 80;

/** Model, version in production and back end, at the bottom of the window. */
export class StatusBar implements vscode.Disposable {
  readonly #engine: EngineClient;
  readonly #project: ActiveProject;
  readonly #item = vscode.window.createStatusBarItem('gnuMlops.status', vscode.StatusBarAlignment.Left, 10);
  readonly #disposables: vscode.Disposable[];

  constructor(engine: EngineClient, project: ActiveProject, follower: StoreFollower) {
    this.#engine = engine;
    this.#project = project;
    this.#item.name = 'GNU MLOps';
    this.#item.command = 'gnuMlops.projectMenu';
    this.#disposables = [
      this.#item,
      follower.onDidChange(() => void this.#update()),
      // While no view is open nobody watches the store.
      vscode.window.onDidChangeWindowState(({ focused }) => focused && void this.#update()),
    ];
  }

  /** What it says now. */
  get text(): string {
    return this.#item.text;
  }

  dispose(): void {
    for (const disposable of this.#disposables) disposable.dispose();
  }

  async #update(): Promise<void> {
    const { ref, file } = this.#project;
    if (ref === undefined || file === undefined) return this.#item.hide();
    const name = vscode.workspace.asRelativePath(file);
    try {
      const { modelName, production, backEnd } = await this.#engine.api.status(ref);
      const holder = production === null ? 'nothing in production' : `v${production} in production`;
      const place = `${backEnd.name}, ${backEnd.place}`;
      this.#show(
        `$(rocket) ${modelName}: ${holder} · ${backEnd.name}`,
        `${modelName}: ${holder}\n\n${place}\n\n${name}`,
      );
    } catch (error) {
      const { reason, message, advice } = toEngineFailure(error);
      const what = reason === 'invalid-config' ? 'has errors' : `: ${message.split('\n')[0]}`;
      this.#show(`$(error) ${name} ${what}`.slice(0, LONGEST_TEXT), advice);
    }
  }

  #show(text: string, tooltip: string): void {
    this.#item.text = text;
    this.#item.tooltip = tooltip;
    this.#item.accessibilityInformation = { label: `GNU MLOps: ${tooltip}` };
    this.#item.show();
  }
}
