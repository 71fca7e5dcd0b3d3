import * as vscode from 'vscode';
import type { ProjectRef, TextPosition, TextSpan } from '../../protocol/engine-api.ts';
import { isOurConfig } from '../editor/config-files.ts';

/** Whether the language features speak of a document. */
export function isConfigDocument(document: vscode.TextDocument): boolean {
  return document.uri.scheme === 'file' && isOurConfig(document.uri.path, document.getText());
}

/** The project that a configuration describes, active or not. */
export function projectOf(document: vscode.TextDocument): ProjectRef {
  return { configFile: document.uri.fsPath, trusted: vscode.workspace.isTrusted };
}

export function toPosition({ line, character }: vscode.Position): TextPosition {
  return { line: line + 1, column: character + 1 };
}

export function toRange({ line, column, endLine, endColumn }: TextSpan): vscode.Range {
  return new vscode.Range(line - 1, column - 1, endLine - 1, endColumn - 1);
}
