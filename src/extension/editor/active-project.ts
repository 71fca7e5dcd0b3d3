import * as vscode from 'vscode';
import type { ProjectRef } from '../../protocol/engine-api.ts';
import { CONFIG_PATTERN, findConfigFiles, mayBeConfig } from './config-files.ts';

const STATE_KEY = 'configFile';

/** The configuration file that commands, views and status bar speak of. */
export class ActiveProject implements vscode.Disposable {
  readonly #state: vscode.Memento;
  readonly #changed = new vscode.EventEmitter<void>();
  readonly #disposables: vscode.Disposable[] = [this.#changed];
  #file: vscode.Uri | undefined;
  #files: vscode.Uri[] = [];

  /** Another file was chosen, the file was edited, or the workspace became trusted. */
  readonly onDidChange = this.#changed.event;

  constructor(state: vscode.Memento) {
    this.#state = state;
    const watcher = vscode.workspace.createFileSystemWatcher(CONFIG_PATTERN);
    this.#disposables.push(
      watcher,
      watcher.onDidCreate((uri) => this.#appeared(uri)),
      watcher.onDidDelete((uri) => this.#appeared(uri)),
      watcher.onDidChange((uri) => this.#edited(uri)),
      vscode.workspace.onDidChangeWorkspaceFolders(() => void this.look()),
      vscode.workspace.onDidGrantWorkspaceTrust(() => this.#changed.fire()),
    );
  }

  get file(): vscode.Uri | undefined {
    return this.#file;
  }

  /** Every configuration of the workspace. */
  get files(): readonly vscode.Uri[] {
    return this.#files;
  }

  /** What requests to the engine name the project by. */
  get ref(): ProjectRef | undefined {
    if (this.#file === undefined) return undefined;
    return { configFile: this.#file.fsPath, trusted: vscode.workspace.isTrusted };
  }

  /** Folder of the configuration, else the first of the workspace. */
  get folder(): vscode.Uri | undefined {
    if (this.#file) return vscode.Uri.joinPath(this.#file, '..');
    return vscode.workspace.workspaceFolders?.[0]?.uri;
  }

  /** Looks for configuration files again. */
  async look(): Promise<void> {
    this.#files = await findConfigFiles();
    const wanted = this.#file?.toString() ?? this.#state.get<string>(STATE_KEY);
    const file = this.#files.find((uri) => uri.toString() === wanted) ?? this.#files[0];
    await this.#use(file);
  }

  /** Makes a file the active one, also for the next time the workspace is opened. */
  async choose(file: vscode.Uri): Promise<void> {
    await this.#state.update(STATE_KEY, file.toString());
    await this.#use(file);
  }

  dispose(): void {
    for (const disposable of this.#disposables) disposable.dispose();
  }

  async #use(file: vscode.Uri | undefined): Promise<void> {
    const isSame = file?.toString() === this.#file?.toString();
    this.#file = file;
    await vscode.commands.executeCommand('setContext', 'gnuMlops.hasConfig', file !== undefined);
    if (!isSame) this.#changed.fire();
  }

  /** Or vanished. Every run keeps a copy of its configuration, which is nobody's project. */
  #appeared(uri: vscode.Uri): void {
    if (mayBeConfig(uri.path)) void this.look();
  }

  #edited(uri: vscode.Uri): void {
    // A file that was empty may have become a configuration.
    if (!this.#files.some((file) => file.toString() === uri.toString())) this.#appeared(uri);
    else if (uri.toString() === this.#file?.toString()) this.#changed.fire();
  }
}
