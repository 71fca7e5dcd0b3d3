import type { ConfigPath } from '../../../engine/config/config.ts';
import type { TextPosition } from '../../../protocol/engine-api.ts';

/** Where in config.yaml somebody is typing. */
export interface ConfigCursor {
  /** Path of the section or list that holds the cursor. */
  parent: ConfigPath;
  /** The key whose value is being typed; null while a key is. */
  key: string | null;
  /** Inside { } or [ ], where a new line starts nothing. */
  isInline: boolean;
}

/**
 * Finds out by indentation, because the text around a cursor is seldom valid YAML. Null in comments and quoted text.
 * Brackets that span several lines are not followed.
 */
export function locateCursor(text: string, { line, column }: TextPosition): ConfigCursor | null {
  const lines = text.split(/\r?\n/);
  const typed = (lines[line - 1] ?? '').slice(0, column - 1);
  if (/(^|\s)#/.test(typed)) return null;
  const { indent, items, content } = shapeOf(typed);
  const parent = [...parentsOf(lines.slice(0, line - 1), items > 0 ? dashIndent(typed) : indent), ...listIndex(items)];
  const pair = /^([\w.-]+)\s*:\s+(.*)$|^([\w.-]+)\s*:$/.exec(content);
  if (pair === null) return inBrackets(parent, content) ?? { parent, key: null, isInline: false };
  const key = pair[1] ?? pair[3]!;
  const value = pair[2] ?? '';
  if (/^["'|>]/.test(value)) return null;
  return inBrackets([...parent, key], value) ?? { parent, key, isInline: false };
}

function shapeOf(line: string): { indent: number; items: number; content: string } {
  const [lead] = /^\s*(?:- +)*/.exec(line)!;
  const dash = /^\s*(?:- +)*-$/.test(line);
  return {
    indent: lead.length,
    items: lead.includes('-') || dash ? 1 : 0,
    content: dash ? '' : line.slice(lead.length),
  };
}

function dashIndent(line: string): number {
  return line.search(/-/);
}

/** Which item does not matter: the schema is the same for all. */
function listIndex(items: number): ConfigPath {
  return items > 0 ? [0] : [];
}

/** Keys of the lines above that are less and less indented. */
function parentsOf(above: string[], indent: number): ConfigPath {
  const path: ConfigPath = [];
  let limit = indent;
  for (const line of above.toReversed()) {
    const step = stepUp(line, limit);
    if (step === null) continue;
    path.unshift(...step.keys);
    limit = step.indent;
    if (limit === 0 && step.keys[0] !== 0) break;
  }
  return path;
}

/** What a line adds to the path of lines that are indented by `limit`; null when they are not below it. */
function stepUp(line: string, limit: number): { indent: number; keys: ConfigPath } | null {
  const { indent, items, content } = shapeOf(line);
  if (content === '' && items === 0) return null;
  if (content.startsWith('#')) return null;
  if (items > 0) {
    const dash = dashIndent(line);
    // A line beside the item's first key, or below the key itself.
    if (dash >= limit) return null;
    const key = limit > indent ? keyOf(content) : undefined;
    return { indent: dash, keys: key === undefined ? [0] : [0, key] };
  }
  const key = keyOf(content);
  return indent < limit && key !== undefined ? { indent, keys: [key] } : null;
}

function keyOf(content: string): string | undefined {
  return /^([\w.-]+)\s*:/.exec(content)?.[1];
}

interface Bracket {
  kind: 'map' | 'list';
  key: string | null;
}

/** Follows { a: 1, b: [ ... ] } up to the cursor; null when no bracket is open there. */
function inBrackets(path: ConfigPath, value: string): ConfigCursor | null {
  const open: Bracket[] = [];
  for (const token of value.match(/[\w.-]+\s*:|[{}[\],]/g) ?? []) follow(open, token);
  const innermost = open.at(-1);
  if (innermost === undefined) return null;
  const below = open.flatMap(({ kind, key }): ConfigPath => {
    if (kind === 'list') return [0];
    return key === null ? [] : [key];
  });
  const parent = innermost.key === null ? below : below.slice(0, -1);
  return { parent: [...path, ...parent], key: innermost.key, isInline: true };
}

function follow(open: Bracket[], token: string): void {
  const top = open.at(-1);
  if (token === '{' || token === '[') open.push({ kind: token === '{' ? 'map' : 'list', key: null });
  else if (token === '}' || token === ']') open.pop();
  else if (top?.kind === 'map') top.key = token === ',' ? null : token.slice(0, -1).trim();
}
