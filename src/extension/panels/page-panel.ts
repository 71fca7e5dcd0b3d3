import * as vscode from 'vscode';
import {
  type HostMessage,
  isPageMessage,
  type PageMessage,
  type PanelKey,
  type PanelState,
} from '../../protocol/panels.ts';
import type { StoreFollower } from '../editor/store-follower.ts';
import { toEngineFailure } from '../engine/engine-failure.ts';
import { assetFolder, pageHtml } from './page.ts';

export interface PagePanelOptions<State extends PanelState> {
  key: PanelKey & { panel: State['panel'] };
  title: string;
  icon: string;
  /** An empty panel that the editor kept over a reload; a new one unless given. */
  panel: vscode.WebviewPanel | undefined;
  extension: vscode.Uri;
  follower: StoreFollower;
  /** The whole snapshot; asked for whenever the page is ready and whenever the store changes. */
  load(): Promise<State>;
  onMessage(message: PageMessage): Promise<void>;
  /** An error while a message was handled; errors of `load` show in the page. */
  onError(error: unknown): void;
  onClose(): void;
}

/** A webview in an editor tab. Nothing is sent before the page says that it is ready; a hidden page is made anew. */
export class PagePanel<State extends PanelState> {
  readonly #options: PagePanelOptions<State>;
  readonly #panel: vscode.WebviewPanel;
  readonly #follower: vscode.Disposable;
  #isReady = false;
  /** Number of the newest snapshot that was asked for; older ones that arrive late are dropped. */
  #asked = 0;
  /** What the page was last told. */
  lastState: State | undefined;

  constructor(options: PagePanelOptions<State>) {
    const { key, title, icon, extension, follower } = options;
    this.#options = options;
    this.#panel = options.panel ?? newPanel(key.panel, title);
    this.#panel.webview.options = { enableScripts: true, localResourceRoots: [assetFolder(extension)] };
    this.#panel.iconPath = new vscode.ThemeIcon(icon);
    this.#panel.webview.onDidReceiveMessage((message: unknown) => this.#receive(message));
    this.#panel.onDidDispose(() => this.#closed());
    this.#panel.onDidChangeViewState(() => this.#viewChanged());
    this.#follower = follower.onDidChange(() => void this.update());
    follower.setVisible(this, true);
    this.#panel.webview.html = pageHtml(this.#panel.webview, extension, key.panel, title);
  }

  reveal(): void {
    this.#panel.reveal();
  }

  close(): void {
    this.#panel.dispose();
  }

  /** Sends the page a new snapshot, when it is there to take it. */
  async update(): Promise<void> {
    if (!this.#isReady) return;
    this.#asked += 1;
    const number = this.#asked;
    const message = await this.#message();
    if (number !== this.#asked || !this.#isReady) return;
    if (message.type === 'state') this.lastState = message.state;
    await this.#panel.webview.postMessage(message);
  }

  async #message(): Promise<HostMessage<State>> {
    try {
      return { type: 'state', state: await this.#options.load(), key: this.#options.key };
    } catch (error) {
      return { type: 'problem', message: toEngineFailure(error).advice };
    }
  }

  #receive(message: unknown): void {
    if (!isPageMessage(message)) return;
    if (message.type === 'ready') {
      this.#isReady = true;
      void this.update();
      return;
    }
    this.#options.onMessage(message).catch(this.#options.onError);
  }

  /** The editor throws a hidden page away; the one that comes back says ready again. */
  #viewChanged(): void {
    const { visible } = this.#panel;
    if (!visible) this.#isReady = false;
    this.#options.follower.setVisible(this, visible);
  }

  #closed(): void {
    this.#isReady = false;
    this.#follower.dispose();
    this.#options.follower.setVisible(this, false);
    this.#options.onClose();
  }
}

/** The type by which the editor keeps a panel over a reload. */
export function panelType(name: PanelState['panel']): string {
  return `gnuMlops.${name}`;
}

function newPanel(name: PanelState['panel'], title: string): vscode.WebviewPanel {
  return vscode.window.createWebviewPanel(panelType(name), title, vscode.ViewColumn.Active);
}
