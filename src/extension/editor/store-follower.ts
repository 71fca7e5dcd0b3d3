import * as vscode from 'vscode';
import type { ProjectRef } from '../../protocol/engine-api.ts';
import type { EngineClient } from '../engine/engine-client.ts';
import type { ActiveProject } from './active-project.ts';

/** Ages ("2 min ago") are told anew this often while somebody looks. */
const AGES_MS = 60_000;

/** Tells views and panels when what they show has changed; the store is only watched while one of them can be seen. */
export class StoreFollower implements vscode.Disposable {
  readonly #engine: EngineClient;
  readonly #project: ActiveProject;
  readonly #changed = new vscode.EventEmitter<void>();
  readonly #visible = new Set<object>();
  readonly #disposables: vscode.Disposable[];
  #watched: ProjectRef | undefined;
  #timer: NodeJS.Timeout | undefined;

  /** The store, the configuration or the choice of it changed. */
  readonly onDidChange = this.#changed.event;

  constructor(engine: EngineClient, project: ActiveProject) {
    this.#engine = engine;
    this.#project = project;
    this.#disposables = [this.#changed, project.onDidChange(() => this.refresh())];
  }

  /** To be called whenever `viewer` comes into sight or leaves it. */
  setVisible(viewer: object, isVisible: boolean): void {
    if (isVisible) this.#visible.add(viewer);
    else this.#visible.delete(viewer);
    this.#follow();
  }

  /** Lets everybody look again. */
  refresh(): void {
    this.#follow();
    this.#changed.fire();
  }

  /** The engine tells of a store. */
  storeChanged(configFile: string): void {
    if (configFile === this.#project.ref?.configFile) this.#changed.fire();
  }

  dispose(): void {
    clearInterval(this.#timer);
    for (const disposable of this.#disposables) disposable.dispose();
  }

  #follow(): void {
    const wanted = this.#visible.size > 0 ? this.#project.ref : undefined;
    const current = this.#watched;
    if (wanted?.configFile === current?.configFile && wanted?.trusted === current?.trusted) return;
    this.#watched = wanted;
    clearInterval(this.#timer);
    // Failures to watch show in what the views say when they look.
    if (current) void this.#engine.unwatch(current).catch(() => undefined);
    if (wanted === undefined) return;
    void this.#engine.watch(wanted).catch(() => undefined);
    this.#timer = setInterval(() => this.#changed.fire(), AGES_MS);
  }
}
