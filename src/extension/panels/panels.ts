import * as vscode from 'vscode';
import type { ProjectRef } from '../../protocol/engine-api.ts';
import type { ComparePanelState, PageMessage, RunPanelState } from '../../protocol/panels.ts';
import type { Dialogs } from '../editor/dialogs.ts';
import type { StoreFollower } from '../editor/store-follower.ts';
import type { EngineClient } from '../engine/engine-client.ts';
import { toEngineFailure } from '../engine/engine-failure.ts';
import { textArtifact } from './artifacts.ts';
import { PagePanel } from './page-panel.ts';
import { loadCompared, loadRun } from './snapshots.ts';

export interface PanelTools {
  engine: EngineClient;
  follower: StoreFollower;
  dialogs: Dialogs;
  /** Folder of the extension. */
  extension: vscode.Uri;
  state: vscode.Memento;
}

const ONLY_DIFFERENCES = 'compare.onlyDifferences';

/** The open webviews: one per run, one per set of compared runs. */
export class Panels implements vscode.Disposable {
  readonly #tools: PanelTools;
  readonly #runs = new Map<string, PagePanel<RunPanelState>>();
  readonly #comparisons = new Map<string, PagePanel<ComparePanelState>>();

  constructor(tools: PanelTools) {
    this.#tools = tools;
  }

  /** Shows a run, in the panel that shows it already if there is one. */
  openRun(project: ProjectRef, runId: string, title: string): PagePanel<RunPanelState> {
    const key = `${project.configFile} ${runId}`;
    const known = this.#runs.get(key);
    known?.reveal();
    if (known) return known;
    const panel = new PagePanel<RunPanelState>({
      ...this.#common(),
      name: 'run',
      title,
      icon: 'graph',
      load: () => loadRun(this.#tools.engine, project, runId),
      onMessage: (message) => this.#runMessage(project, runId, message),
      onClose: () => this.#runs.delete(key),
    });
    this.#runs.set(key, panel);
    return panel;
  }

  /** Shows 2 or more runs side by side, in the order in which they were chosen. */
  openCompare(project: ProjectRef, runIds: readonly string[]): PagePanel<ComparePanelState> {
    const key = `${project.configFile} ${runIds.join(' ')}`;
    const known = this.#comparisons.get(key);
    known?.reveal();
    if (known) return known;
    const panel = new PagePanel<ComparePanelState>({
      ...this.#common(),
      name: 'compare',
      title: `Compare ${runIds.length} runs`,
      icon: 'diff',
      load: async () => ({
        panel: 'compare',
        runs: await loadCompared(this.#tools.engine, project, runIds),
        onlyDifferences: this.#tools.state.get(ONLY_DIFFERENCES, false),
      }),
      onMessage: (message) => this.#compareMessage(project, message),
      onClose: () => this.#comparisons.delete(key),
    });
    this.#comparisons.set(key, panel);
    return panel;
  }

  dispose(): void {
    for (const panel of [...this.#runs.values(), ...this.#comparisons.values()]) panel.close();
  }

  #common() {
    const { extension, follower, dialogs } = this.#tools;
    const onError = (error: unknown) => void dialogs.complain(toEngineFailure(error).advice);
    return { extension, follower, onError };
  }

  async #runMessage(project: ProjectRef, runId: string, message: PageMessage): Promise<void> {
    if (message.type === 'openArtifact') await this.#openArtifact(project, runId, message.path);
    else if (message.type === 'export') await this.#export(message);
  }

  async #compareMessage(project: ProjectRef, message: PageMessage): Promise<void> {
    if (message.type === 'export') return this.#export(message);
    if (message.type === 'setOnlyDifferences') return this.#tools.state.update(ONLY_DIFFERENCES, message.value);
    if (message.type !== 'openRun') return;
    const { run } = await this.#tools.engine.api.runDetails(project, message.runId);
    this.openRun(project, run.runId, run.name);
  }

  async #openArtifact(project: ProjectRef, runId: string, artifact: string): Promise<void> {
    const { artifactFolder } = await this.#tools.engine.api.runDetails(project, runId);
    if (artifactFolder === null) return;
    const file = await textArtifact(artifactFolder, artifact);
    await vscode.window.showTextDocument(vscode.Uri.file(file), { preview: true });
  }

  async #export({ format, text }: Extract<PageMessage, { type: 'export' }>): Promise<void> {
    const [extension, label] = format === 'csv' ? (['csv', 'CSV'] as const) : (['md', 'Markdown'] as const);
    const folder = vscode.workspace.workspaceFolders?.[0]?.uri;
    const target = await this.#tools.dialogs.chooseTarget({
      filters: { [label]: [extension] },
      ...(folder === undefined ? {} : { defaultUri: vscode.Uri.joinPath(folder, `compare.${extension}`) }),
    });
    if (target === undefined) return;
    await vscode.workspace.fs.writeFile(target, new TextEncoder().encode(text));
    await vscode.window.showTextDocument(target);
  }
}
