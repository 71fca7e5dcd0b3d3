import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { parse } from 'yaml';

/** What MLflow's FileStore keeps in a `meta.yaml`: times in ms, missing values as null. */
export type Meta = Record<string, unknown>;

/** The `meta.yaml` of a folder; null where there is none, or one that was cut off. */
export async function readMeta(folder: string): Promise<Meta | null> {
  try {
    // Ids of experiments are numbers too long for JavaScript when Python wrote them without quotes.
    const meta: unknown = parse(await readFile(path.join(folder, 'meta.yaml'), 'utf8'), { intAsBigInt: true });
    return typeof meta === 'object' && meta !== null ? (meta as Meta) : null;
  } catch {
    return null;
  }
}

/** A value as text; empty for null. */
export function textOf(value: unknown): string {
  return value === null || value === undefined ? '' : String(value);
}

/** A value as a number, or null. */
export function numberOf(value: unknown): number | null {
  return value === null || value === undefined ? null : Number(value);
}

/** Folders directly below `folder`; none when it is missing. */
export async function foldersOf(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
  return entries.filter((entry) => entry.isDirectory()).map((entry) => entry.name);
}

/** The text of every file below `folder` by its path: how MLflow keeps params, tags, metrics and aliases. */
export async function textsOf(folder: string): Promise<Record<string, string>> {
  const entries = await readdir(folder, { withFileTypes: true, recursive: true }).catch(() => []);
  const files = entries.filter((entry) => entry.isFile()).map((entry) => path.join(entry.parentPath, entry.name));
  const key = (file: string) => path.relative(folder, file).replaceAll(path.sep, '/');
  // What is removed in between is not there; a tag that somebody takes away must not hide the run.
  const read = (file: string) => readFile(file, 'utf8').catch(() => null);
  const texts = await Promise.all(files.map(async (file) => [key(file), await read(file)] as const));
  return Object.fromEntries(texts.filter((entry): entry is [string, string] => entry[1] !== null));
}
