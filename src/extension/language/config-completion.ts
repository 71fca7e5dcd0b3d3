import * as vscode from 'vscode';
import type { ConfigProposal } from '../../protocol/engine-api.ts';
import type { EngineClient } from '../engine/engine-client.ts';
import { isConfigDocument, projectOf, toPosition, toRange } from './config-documents.ts';

const KINDS: Record<ConfigProposal['kind'], vscode.CompletionItemKind> = {
  section: vscode.CompletionItemKind.Module,
  key: vscode.CompletionItemKind.Property,
  value: vscode.CompletionItemKind.EnumMember,
  name: vscode.CompletionItemKind.Reference,
};

/** Keys and values that may stand at the cursor, from the schema and from what exists; what a key means on hover. */
export class ConfigCompletion implements vscode.CompletionItemProvider, vscode.HoverProvider {
  readonly #engine: EngineClient;

  constructor(engine: EngineClient) {
    this.#engine = engine;
  }

  async provideCompletionItems(document: vscode.TextDocument, position: vscode.Position) {
    if (!isConfigDocument(document)) return [];
    const at = toPosition(position);
    const proposals = await this.#engine.api.complete(projectOf(document), document.getText(), at);
    return proposals.map((proposal, order) => toItem(proposal, order));
  }

  async provideHover(document: vscode.TextDocument, position: vscode.Position) {
    if (!isConfigDocument(document)) return null;
    const hover = await this.#engine.api.hover(projectOf(document), document.getText(), toPosition(position));
    return hover === null ? null : new vscode.Hover(new vscode.MarkdownString(hover.markdown), toRange(hover.range));
  }
}

function toItem({ kind, label, detail, documentation, insert }: ConfigProposal, order: number): vscode.CompletionItem {
  const item = new vscode.CompletionItem(label, KINDS[kind]);
  item.detail = detail;
  item.documentation = new vscode.MarkdownString(documentation);
  item.insertText = insert;
  // As the schema orders them.
  item.sortText = String(order).padStart(4, '0');
  if (kind === 'key' || kind === 'section') {
    item.command = { command: 'editor.action.triggerSuggest', title: 'Suggest' };
  }
  return item;
}
