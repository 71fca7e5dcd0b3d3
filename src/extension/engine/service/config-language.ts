import { isMap, isScalar, LineCounter, type Node, type Pair, parseDocument, visit } from 'yaml';
import { type Config, type ConfigPath, formatPath } from '../../../engine/config/config.ts';
import { parseConfigDocument } from '../../../engine/config/document.ts';
import type { Finding } from '../../../engine/config/finding.ts';
import { inspectConfig } from '../../../engine/config/load.ts';
import { configProblems } from '../../../engine/setup/config-problems.ts';
import { EngineError, toEngineError } from '../../../engine/support/errors.ts';
import type {
  ConfigDiagnostic,
  ConfigHover,
  ConfigProposal,
  EngineApi,
  ProjectRef,
  TextPosition,
  TextSpan,
} from '../../../protocol/engine-api.ts';
import { type ConfigCursor, locateCursor } from './config-cursor.ts';
import { knownNames } from './config-names.ts';
import { isSection, keysOf, markdownOf, type SchemaNode, schemaAt, summaryOf } from './config-schema.ts';
import type { ProjectPool } from './project-pool.ts';

const START: TextSpan = { line: 1, column: 1, endLine: 1, endColumn: 1 };

/** What the editor says about config.yaml while somebody types: by the schema, and by what exists. */
export function configLanguage(pool: ProjectPool): Pick<EngineApi, 'diagnose' | 'complete' | 'hover'> {
  return {
    diagnose: async ({ configFile }, text) => diagnose(configFile, text),
    complete: async (ref, text, at) => {
      const cursor = locateCursor(text, at);
      if (cursor === null) return [];
      const config = configOf(ref, text);
      const isKey = cursor.key === null && Object.keys(keysOf(cursor.parent, config.model.algorithm)).length > 0;
      return isKey ? keyProposals(cursor, config, text) : valueProposals(cursor, config, ref, pool);
    },
    hover: async (ref, text, at) => hover(configOf(ref, text), text, at),
  };
}

function diagnose(file: string, text: string): ConfigDiagnostic[] {
  try {
    const loaded = inspectConfig({ file, text });
    const { findings } = loaded;
    const isSound = findings.every(({ severity }) => severity !== 'error');
    const problems = isSound ? configProblems(loaded).map(({ finding }) => finding) : [];
    return [...findings, ...problems].map(toDiagnostic);
  } catch (error) {
    const { message, details } = toEngineError(error);
    const fix = details.fix === undefined ? '' : ` ${details.fix}`;
    return [{ severity: 'error', message: message + fix, range: spanOf(text, ['env_file'], 'value') }];
  }
}

function toDiagnostic({ severity, message, range, origin, replacement }: Finding): ConfigDiagnostic {
  return {
    severity,
    message: origin === undefined ? message : `${origin}: ${message}`,
    range: range ?? START,
    ...(replacement === undefined ? {} : { replacement }),
  };
}

function spanOf(text: string, at: ConfigPath, part: 'key' | 'value'): TextSpan {
  return parseConfigDocument(text, process.env).rangeOf(at, part);
}

/** The best that can be made of a text that is being typed. */
function configOf({ configFile }: ProjectRef, text: string): Config {
  try {
    return inspectConfig({ file: configFile, text }).config;
  } catch (error) {
    // A broken env_file hides nothing that completion needs.
    if (EngineError.is(error)) return inspectConfig({ file: configFile, text: '{}' }).config;
    throw error;
  }
}

function keyProposals({ parent, isInline }: ConfigCursor, config: Config, text: string): ConfigProposal[] {
  const present = presentKeys(text, parent);
  return Object.entries(keysOf(parent, config.model.algorithm))
    .filter(([name]) => !present.has(name))
    .map(([name, node]) => ({
      kind: isSection(node) ? 'section' : 'key',
      label: name,
      detail: summaryOf(node),
      documentation: markdownOf(formatPath([...parent, name]), node),
      insert: isSection(node) && !isInline ? `${name}:\n  ` : `${name}: `,
    }));
}

function presentKeys(text: string, at: ConfigPath): Set<string> {
  const section = at.length === 0 ? parseDocument(text).contents : parseDocument(text).getIn(at, true);
  const keys = isMap(section) ? section.items.map(({ key }) => (isScalar(key) ? String(key.value) : '')) : [];
  return new Set(keys);
}

async function valueProposals(
  { parent, key }: ConfigCursor,
  config: Config,
  ref: ProjectRef,
  pool: ProjectPool,
): Promise<ConfigProposal[]> {
  const at = key === null ? parent : [...parent, key];
  const node = schemaAt(at, config.model.algorithm);
  if (node === undefined) return [];
  const documentation = markdownOf(formatPath(at), node);
  const values = allowedValues(node).map((value): ConfigProposal => {
    const detail = value === node.default ? 'default' : '';
    return { kind: 'value', label: String(value), detail, documentation, insert: yamlText(value) };
  });
  const known = await knownNames(at, config, ref, pool);
  const names = (known?.names ?? []).map((name): ConfigProposal => {
    return { kind: 'name', label: name, detail: known!.source, documentation, insert: yamlText(name) };
  });
  return [...names, ...values];
}

function allowedValues(node: SchemaNode): unknown[] {
  if (node.enum) return node.enum;
  if (node.type === 'boolean') return [true, false];
  const fallback = node.default;
  return fallback === undefined || typeof fallback === 'object' ? [] : [fallback];
}

/** JSON's strings are YAML's; plain where that reads back as the same text. */
function yamlText(value: unknown): string {
  if (typeof value !== 'string') return String(value);
  const isPlain = /^[A-Za-z_][\w ./-]*$/.test(value) && !/^(true|false|yes|no|on|off|null|y|n)$/i.test(value);
  return isPlain ? value : JSON.stringify(value);
}

function hover(config: Config, text: string, at: TextPosition): ConfigHover | null {
  const found = pairAt(text, at);
  if (found === null) return null;
  const node = schemaAt(found.path, config.model.algorithm);
  return node === undefined ? null : { markdown: markdownOf(formatPath(found.path), node), range: found.range };
}

/** The innermost key at a place, with its path. */
function pairAt(text: string, at: TextPosition): { path: ConfigPath; range: TextSpan } | null {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines });
  const offset = (lines.lineStarts[at.line - 1] ?? 0) + at.column - 1;
  let found: { path: ConfigPath; range: TextSpan } | null = null;
  visit(document, {
    Pair(_index, pair: Pair, ancestors) {
      const key = pair.key as Node | null;
      const [start, end] = key?.range ?? [0, -1];
      if (!isScalar(key) || offset < start || offset > end) return;
      const [from, to] = [lines.linePos(start), lines.linePos(end)];
      const range = { line: from.line, column: from.col, endLine: to.line, endColumn: to.col };
      found = { path: [...pathOf(ancestors), String(key.value)], range };
    },
  });
  return found;
}

/** Keys of the pairs, and 0 for any item of a list. */
function pathOf(ancestors: readonly unknown[]): ConfigPath {
  return ancestors.flatMap((ancestor, i): ConfigPath => {
    const above = ancestors[i - 1];
    const isItem = typeof above === 'object' && above !== null && 'items' in above && !isMap(above);
    const { key } = ancestor as Partial<Pair>;
    return [...(isItem ? [0] : []), ...(isScalar(key) ? [String(key.value)] : [])];
  });
}
