import { isDeepStrictEqual } from 'node:util';
import {
  type Document,
  isMap,
  isScalar,
  isSeq,
  type Node,
  type Pair,
  parseDocument,
  type YAMLMap,
  type YAMLSeq,
} from 'yaml';
import { EngineError } from '../support/errors.ts';
import type { Schedule } from './schedule.ts';

/** Keys of a schedule that are written; the id and the operation always, the rest when they differ from their defaults. */
export type ScheduleEntry = Pick<Schedule, 'id' | 'operation' | 'cron' | 'timezone'> & Partial<Schedule>;

/** A change of one text into another. */
type Splice = { start: number; end: number; text: string };

/**
 * config.yaml with one more schedule at the end of `schedules:`, every other byte as it was.
 * @throws EngineError `invalid-config` when the file is no YAML
 */
export function withSchedule(text: string, entry: ScheduleEntry): string {
  const document = parsed(text);
  const list = listOf(document);
  const splice =
    list === null || list.items.length === 0 ? firstEntry(text, document, entry) : nextEntry(text, list, entry);
  return applied(text, splice, document, () => {
    if (list === null) document.set('schedules', document.createNode([entry]));
    else list.add(document.createNode(entry));
  });
}

/** config.yaml without the schedule at `index`; comments above it stay. */
export function withoutSchedule(text: string, index: number): string {
  const document = parsed(text);
  const list = listOf(document)!;
  const splice = list.flow ? removeFromFlow(list, index) : removeFromBlock(text, list, index);
  return applied(text, splice, document, () => document.deleteIn(['schedules', index]));
}

/** config.yaml with `enabled` of the schedule at `index` set. */
export function withEnabled(text: string, index: number, enabled: boolean): string {
  const document = parsed(text);
  const item = listOf(document)!.items[index] as YAMLMap;
  return applied(text, setEnabled(text, item, enabled), document, () =>
    document.setIn(['schedules', index, 'enabled'], enabled),
  );
}

function parsed(text: string): Document.Parsed {
  const document = parseDocument(text);
  const [error] = document.errors;
  if (!error) return document;
  throw new EngineError('invalid-config', `config.yaml is not valid YAML: ${error.message}`, {
    fix: 'Correct it, then run: gnu-mlops validate',
  });
}

function listOf(document: Document): YAMLSeq | null {
  const list = document.get('schedules');
  return isSeq(list) ? list : null;
}

/**
 * Splices, and makes sure that exactly the wanted change came of it. Where somebody writes YAML in a way that the splice does
 * not understand, the library writes the document: comments stay then, too, but not every space.
 */
function applied(text: string, splice: Splice | null, document: Document, change: () => void): string {
  change();
  if (splice !== null) {
    const spliced = text.slice(0, splice.start) + splice.text + text.slice(splice.end);
    const result = parseDocument(spliced);
    if (result.errors.length === 0 && isDeepStrictEqual(result.toJS(), document.toJS())) return spliced;
  }
  return document.toString();
}

/** The first schedule of a file: behind the key when it is there, else at the end. */
function firstEntry(text: string, document: Document, entry: ScheduleEntry): Splice | null {
  const end = lineEnd(text);
  const line = `${end}  - ${flowMap(entry)}`;
  const pair = pairOf(document.contents, 'schedules');
  if (pair === undefined) {
    const isBlock = document.contents === null || (isMap(document.contents) && !document.contents.flow);
    const separator = text === '' || text.endsWith('\n') ? '' : end;
    return isBlock
      ? { start: text.length, end: text.length, text: `${separator}${text === '' ? '' : end}schedules:${line}${end}` }
      : null;
  }
  const value = pair.value as Node | null;
  const colon = text.indexOf(':', (pair.key as Node).range![1]) + 1;
  const isEmptyFlow = isSeq(value) && value.flow;
  if (isEmptyFlow) {
    // A comment behind `[]` stays on the line of the key.
    const rest = endOfLine(text, value.range![1]);
    return { start: colon, end: rest, text: text.slice(value.range![1], rest) + line };
  }
  const rest = endOfLine(text, colon);
  return { start: rest, end: rest, text: line };
}

/** Behind the last one, written as it is written. */
function nextEntry(text: string, list: YAMLSeq, entry: ScheduleEntry): Splice | null {
  const last = list.items.at(-1) as Node;
  if (!last.range) return null;
  if (list.flow) return { start: last.range[1], end: last.range[1], text: `, ${flowMap(entry)}` };
  const indent = columnOf(text, list.range![0]);
  const end = lineEnd(text);
  const isBlock = isMap(last) && !last.flow;
  const written = isBlock ? blockMap(entry, `${end}${indent}  `) : flowMap(entry);
  const at = endOfLine(text, lastByte(text, last));
  return { start: at, end: at, text: `${end}${indent}- ${written}` };
}

function removeFromFlow(list: YAMLSeq, index: number): Splice {
  const range = (item: unknown) => (item as Node).range!;
  const before = list.items[index - 1];
  const after = list.items[index + 1];
  if (after !== undefined) return { start: range(list.items[index])[0], end: range(after)[0], text: '' };
  const start = before === undefined ? list.range![0] + 1 : range(before)[1];
  return { start, end: before === undefined ? list.range![1] - 1 : range(list.items[index])[1], text: '' };
}

function removeFromBlock(text: string, list: YAMLSeq, index: number): Splice {
  const item = list.items[index] as Node;
  // The dash stands before the item's own first character.
  const dash = text.lastIndexOf('-', item.range![0]);
  const start = text.lastIndexOf('\n', dash) + 1;
  const last = endOfLine(text, lastByte(text, item));
  if (list.items.length > 1) return { start, end: Math.min(last + lineEnd(text).length, text.length), text: '' };
  const colon = text.lastIndexOf(':', dash);
  if (text.slice(colon + 1, dash).trim() === '') return { start: colon + 1, end: last, text: ' []' };
  return { start, end: last, text: `${text.slice(start, dash)}[]` };
}

function setEnabled(text: string, item: YAMLMap, enabled: boolean): Splice | null {
  const value = pairOf(item, 'enabled')?.value as Node | undefined;
  if (value?.range) return { start: value.range[0], end: value.range[1], text: String(enabled) };
  const last = item.items.at(-1)?.value as Node | null | undefined;
  if (!last?.range) return null;
  if (item.flow) return { start: last.range[1], end: last.range[1], text: `, enabled: ${enabled}` };
  const at = endOfLine(text, lastByte(text, last));
  const indent = columnOf(text, (item.items[0]!.key as Node).range![0]);
  return { start: at, end: at, text: `${lineEnd(text)}${indent}enabled: ${enabled}` };
}

function pairOf(map: unknown, key: string): Pair | undefined {
  return isMap(map) ? map.items.find((pair) => isScalar(pair.key) && pair.key.value === key) : undefined;
}

/** Where a node's last visible character stands; a block's range reaches over the empty lines behind it. */
function lastByte(text: string, node: Node): number {
  return text.slice(0, node.range![1]).trimEnd().length;
}

function endOfLine(text: string, from: number): number {
  const found = text.slice(from).search(/\r?\n/);
  return found < 0 ? text.length : from + found;
}

/** As many spaces as stand before a position, counting a dash as one. */
function columnOf(text: string, at: number): string {
  return ' '.repeat(at - (text.lastIndexOf('\n', at - 1) + 1));
}

function lineEnd(text: string): string {
  return text.includes('\r\n') ? '\r\n' : '\n';
}

function flowMap(entry: ScheduleEntry): string {
  return `{ ${fields(entry).join(', ')} }`;
}

function blockMap(entry: ScheduleEntry, separator: string): string {
  return fields(entry).join(separator);
}

/** JSON's strings are YAML's. */
function fields(entry: ScheduleEntry): string[] {
  return Object.entries(entry).map(([key, value]) => {
    const isWord =
      typeof value === 'string' &&
      /^[A-Za-z][\w/-]*$/.test(value) &&
      !/^(true|false|yes|no|on|off|null|y|n)$/i.test(value);
    return `${key}: ${isWord ? value : JSON.stringify(value)}`;
  });
}
