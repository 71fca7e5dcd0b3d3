import * as vscode from 'vscode';
import type { ProjectRef } from '../../protocol/engine-api.ts';
import type {
  BatchFileName,
  BatchPanelState,
  ComparePanelState,
  PageMessage,
  PanelKey,
  PanelState,
  RunPanelState,
} from '../../protocol/panels.ts';
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

/** What a panel adds to what all have in common. */
interface PanelPlan<State extends PanelState> {
  key: PanelKey & { panel: State['panel'] };
  title: string;
  icon: string;
  load(): Promise<State>;
  onMessage(message: PageMessage): Promise<void>;
}

/** The open webviews: one per run, per set of compared runs and per batch output. */
export class Panels implements vscode.Disposable {
  readonly #tools: PanelTools;
  readonly #opened = new Map<string, { reveal(): void; close(): void }>();

  constructor(tools: PanelTools) {
    this.#tools = tools;
  }

  /** Shows a run, in the panel that shows it already if there is one. */
  openRun(project: ProjectRef, runId: string, title: string, kept?: vscode.WebviewPanel): PagePanel<RunPanelState> {
    const plan: PanelPlan<RunPanelState> = {
      key: { panel: 'run', configFile: project.configFile, runId },
      title,
      icon: 'graph',
      load: () => loadRun(this.#tools.engine, project, runId),
      onMessage: async (message) => {
        if (message.type === 'openArtifact') await this.#openArtifact(project, runId, message.path);
        else if (message.type === 'export') await this.#export(message);
      },
    };
    return this.#open(plan, kept);
  }

  /** Shows 2 or more runs side by side, in the order in which they were chosen. */
  openCompare(
    project: ProjectRef,
    runIds: readonly string[],
    kept?: vscode.WebviewPanel,
  ): PagePanel<ComparePanelState> {
    const plan: PanelPlan<ComparePanelState> = {
      key: { panel: 'compare', configFile: project.configFile, runIds: [...runIds] },
      title: `Compare ${runIds.length} runs`,
      icon: 'diff',
      load: async () => ({
        panel: 'compare',
        runs: await loadCompared(this.#tools.engine, project, runIds),
        onlyDifferences: this.#tools.state.get(ONLY_DIFFERENCES, false),
      }),
      onMessage: (message) => this.#compareMessage(project, message),
    };
    return this.#open(plan, kept);
  }

  /** Shows the beginning of a file that a batch wrote. @param manifest absolute path of its manifest */
  openBatch(
    project: ProjectRef,
    manifest: string,
    title: string,
    kept?: vscode.WebviewPanel,
  ): PagePanel<BatchPanelState> {
    const load = async (): Promise<BatchPanelState> => {
      return { panel: 'batch', preview: await this.#tools.engine.api.batchPreview(project, manifest) };
    };
    const plan: PanelPlan<BatchPanelState> = {
      key: { panel: 'batch', configFile: project.configFile, manifest },
      title,
      icon: 'table',
      load,
      onMessage: async (message) => {
        if (message.type === 'openBatchFile') await openBatchFile(await load(), message.file);
      },
    };
    return this.#open(plan, kept);
  }

  /** Fills a panel that the editor kept over a reload. */
  restore(project: ProjectRef, key: PanelKey, kept: vscode.WebviewPanel): void {
    if (key.panel === 'run') this.openRun(project, key.runId, kept.title, kept);
    else if (key.panel === 'compare') this.openCompare(project, key.runIds, kept);
    else this.openBatch(project, key.manifest, kept.title, kept);
  }

  dispose(): void {
    for (const panel of [...this.#opened.values()]) panel.close();
  }

  #open<State extends PanelState>(plan: PanelPlan<State>, kept: vscode.WebviewPanel | undefined): PagePanel<State> {
    const name = JSON.stringify(plan.key);
    // The key tells which kind of panel it is.
    const known = this.#opened.get(name) as PagePanel<State> | undefined;
    if (known) kept?.dispose();
    known?.reveal();
    if (known) return known;
    const { extension, follower, dialogs } = this.#tools;
    const panel = new PagePanel<State>({
      ...plan,
      panel: kept,
      extension,
      follower,
      onError: (error) => void dialogs.complain(toEngineFailure(error).advice),
      onClose: () => this.#opened.delete(name),
    });
    this.#opened.set(name, panel);
    return panel;
  }

  async #compareMessage(project: ProjectRef, message: PageMessage): Promise<void> {
    if (message.type === 'export') return this.#export(message);
    if (message.type === 'setOnlyDifferences') return this.#tools.state.update(ONLY_DIFFERENCES, message.value);
    if (message.type !== 'openRun') return;
    const { run } = await this.#tools.engine.api.runDetails(project, message.runId);
    this.openRun(project, run.runId, run.name);
  }

  async #openArtifact(project: ProjectRef, runId: string, artifact: string): Promise<void> {
    const folder = await this.#tools.engine.api.artifactFolder(project, runId, artifact);
    const file = await textArtifact(folder, artifact);
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

/** Which file that is, the engine says: what a page asks for is a name of three. */
async function openBatchFile({ preview: { files } }: BatchPanelState, name: BatchFileName): Promise<void> {
  const file = files[name];
  // Through the editor's own opener, which has a word for files that are too large.
  if (file !== null) await vscode.commands.executeCommand('vscode.open', vscode.Uri.file(file), { preview: true });
}
