import {
  type Document,
  isMap,
  isPair,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  type Pair,
  parse,
  parseDocument,
  Scalar,
  visit,
} from 'yaml';
import type { ConfigPath } from './config.ts';
import type { Finding, TextRange } from './finding.ts';
import { expectsText } from './schema.ts';

/** A parsed config.yaml that still knows where each value stands. */
export interface ConfigDocument {
  /** Plain values, with `${NAME}` replaced. */
  values: unknown;
  /** Syntax errors; `values` is unusable when there are any. */
  findings: Finding[];
  /** Range of the key (`'key'`) or value at `path`; of the nearest parent that exists when the file has no such path. */
  rangeOf(path: ConfigPath, part: 'key' | 'value'): TextRange;
  /** The text at `path` as written, before variables were replaced; undefined where no text stands. */
  writtenText(path: ConfigPath): string | undefined;
  /** Variables that were named at `path` but are not set. */
  unsetVariables(path: ConfigPath): string[];
}

const VARIABLE = /\$\{([A-Za-z_][A-Za-z0-9_]*)(?::-([^}]*))?\}/g;

/** Parses YAML and replaces `${NAME}` and `${NAME:-default}` from `env`. */
export function parseConfigDocument(text: string, env: Record<string, string | undefined>): ConfigDocument {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, uniqueKeys: true, prettyErrors: false });
  const rangeAt = (start: number, end: number): TextRange => {
    const from = lines.linePos(start);
    const to = lines.linePos(Math.max(start, end));
    return { line: from.line, column: from.col, endLine: to.line, endColumn: to.col };
  };
  const findings: Finding[] = [];
  const addSyntaxError = (message: string, start: number, end: number) =>
    findings.push({ severity: 'error', path: [], message: `not valid YAML: ${message}`, range: rangeAt(start, end) });
  for (const error of document.errors) addSyntaxError(error.message.replace(/\s+/g, ' '), ...error.pos);
  const raw = new Map<Node, string>();
  const unset = new Map<Node, string[]>();
  visit(document, {
    Alias(_key, node) {
      if (node.resolve(document)) return;
      const message = `the alias *${node.source} is defined nowhere; put the text in quotes: "*${node.source}"`;
      addSyntaxError(message, node.range![0], node.range![1]);
    },
    Scalar(key, node, ancestors) {
      if (key === 'key' || typeof node.value !== 'string' || !node.value.includes('${')) return;
      raw.set(node, node.value);
      const missing: string[] = [];
      node.value = substitute(node, pathOf([...ancestors, node]), env, missing);
      if (missing.length > 0) unset.set(node, missing);
    },
  });
  const values = findings.length > 0 ? null : plainValues(document, (message) => addSyntaxError(message, 0, 0));
  const nodeAt = (path: ConfigPath) =>
    (path.length === 0 ? document.contents : document.getIn(path, true)) as Node | null;
  return {
    values,
    findings,
    writtenText: (path) => {
      const node = nodeAt(path);
      const text = isScalar(node) ? (raw.get(node) ?? node.value) : undefined;
      return typeof text === 'string' ? text : undefined;
    },
    unsetVariables: (path) => unset.get(nodeAt(path) as Node) ?? [],
    rangeOf: (path, part) => {
      for (let depth = path.length; depth > 0; depth--) {
        const node = nodeFor(document.contents, path.slice(0, depth), part);
        if (node?.range) return rangeAt(node.range[0], node.range[1]);
      }
      return rangeAt(0, 0);
    },
  };
}

/** The document as plain values; refuses aliases that expand without end. */
function plainValues(document: Document, complain: (message: string) => void): unknown {
  try {
    return document.toJS() ?? {};
  } catch (error) {
    complain((error as Error).message);
    return null;
  }
}

/** Keys from the root to the last of a chain of nodes. */
function pathOf(chain: readonly unknown[]): ConfigPath {
  return chain.flatMap((node, i): ConfigPath => {
    if (isPair(node)) return [String(isScalar(node.key) ? node.key.value : node.key)];
    return isSeq(node) ? [node.items.indexOf(chain[i + 1])] : [];
  });
}

/**
 * The text with variables replaced. An unquoted value is read as YAML again, so `port: ${PORT}` is a number; not where text
 * is expected, because a password may look like anything.
 */
function substitute(
  node: Scalar,
  path: ConfigPath,
  env: Record<string, string | undefined>,
  missing: string[],
): unknown {
  const text = (node.value as string).replace(VARIABLE, (_whole, name: string, fallback: string | undefined) => {
    const value = env[name] || fallback;
    if (value === undefined) missing.push(name);
    return value ?? '';
  });
  if (text === '') return null;
  return node.type === Scalar.PLAIN && !expectsText(path) ? readPlain(text) : text;
}

function readPlain(text: string): unknown {
  try {
    return parse(text);
  } catch {
    return text;
  }
}

function nodeFor(contents: unknown, path: ConfigPath, part: 'key' | 'value'): Node | null {
  let node = contents;
  for (const [depth, key] of path.entries()) {
    const pair = pairAt(node, key);
    if (isSeq(node)) node = node.items[Number(key)];
    else if (part === 'key' && depth === path.length - 1) node = pair?.key;
    else node = pair?.value ?? pair?.key;
  }
  return (node as Node | undefined) ?? null;
}

function pairAt(node: unknown, key: string | number): Pair | undefined {
  return isMap(node) ? node.items.find((pair) => isScalar(pair.key) && pair.key.value === key) : undefined;
}
