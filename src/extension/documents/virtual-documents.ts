import * as vscode from 'vscode';

const SCHEME = 'gnu-mlops';

/** Reports that are read like a file and kept nowhere: plans, production history, logs. */
export class VirtualDocuments implements vscode.TextDocumentContentProvider, vscode.Disposable {
  readonly #texts = new Map<string, string>();
  readonly #changed = new vscode.EventEmitter<vscode.Uri>();
  readonly #registration: vscode.Disposable;

  readonly onDidChange = this.#changed.event;

  constructor() {
    this.#registration = vscode.workspace.registerTextDocumentContentProvider(SCHEME, this);
  }

  provideTextDocumentContent(uri: vscode.Uri): string {
    return this.#texts.get(uri.toString()) ?? '';
  }

  /** Shows Markdown as a page. A report of the same name is replaced. */
  async showMarkdown(name: string, text: string): Promise<vscode.Uri> {
    const uri = this.#place(`${name}.md`, text);
    await vscode.commands.executeCommand('markdown.showPreview', uri);
    return uri;
  }

  async showText(name: string, text: string): Promise<vscode.Uri> {
    const uri = this.#place(name, text);
    await vscode.window.showTextDocument(uri, { preview: true });
    return uri;
  }

  dispose(): void {
    this.#registration.dispose();
    this.#changed.dispose();
  }

  #place(name: string, text: string): vscode.Uri {
    const uri = vscode.Uri.from({ scheme: SCHEME, path: `/${name.replaceAll(/[/\\?#]/g, '-')}` });
    this.#texts.set(uri.toString(), text);
    this.#changed.fire(uri);
    return uri;
  }
}
