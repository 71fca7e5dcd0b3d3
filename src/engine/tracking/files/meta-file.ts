import { type Dirent, existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { parse } from 'yaml';

/** What MLflow's FileStore keeps in a `meta.yaml`: times in ms, missing values as null. */
export type Meta = Record<string, unknown>;

/** What could not be read, and why: whoever moves a store must know what stays behind. */
export class Losses {
  readonly #found = new Set<string>();

  add(place: string, why: string): void {
    this.#found.add(`${place} (${why})`);
  }

  /** Nothing is lost where a file is gone: somebody removed it while its folder was read. */
  addError(place: string, error: unknown): void {
    if (!isGone(error)) this.add(place, error instanceof Error ? error.message.split('\n')[0]! : String(error));
  }

  /** One sentence, or none. */
  sentences(): string[] {
    const all = [...this.#found].sort();
    if (all.length === 0) return [];
    const more = all.length - MOST_NAMED;
    const named = all.slice(0, MOST_NAMED).join(', ') + (more > 0 ? ` and ${more} more` : '');
    return [`Not everything could be read, so it is missing here: ${named}.`];
  }
}

const MOST_NAMED = 10;

function isGone(error: unknown): boolean {
  const { code } = error as NodeJS.ErrnoException;
  return code === 'ENOENT' || code === 'ENOTDIR';
}

/**
 * The `meta.yaml` of a folder; null where there is none, or one that cannot be read.
 * @param key that it must have
 * @param isExpected a folder without one has lost it
 */
export async function readMeta(
  folder: string,
  { losses, key, isExpected = false }: { losses: Losses; key?: string; isExpected?: boolean },
): Promise<Meta | null> {
  const file = path.join(folder, 'meta.yaml');
  try {
    // Ids of experiments are numbers too long for JavaScript when Python wrote them without quotes.
    const meta: unknown = parse(await readFile(file, 'utf8'), { intAsBigInt: true });
    const isWhole = typeof meta === 'object' && meta !== null && (key === undefined || key in meta);
    if (isWhole) return meta as Meta;
    losses.add(file, key === undefined ? 'not a list of fields' : `without ${key}`);
  } catch (error) {
    losses.addError(file, error);
    if (isExpected && isGone(error) && existsSync(folder)) losses.add(file, 'missing');
  }
  return null;
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
export async function foldersOf(folder: string, losses: Losses): Promise<string[]> {
  const entries = await entriesOf(folder, false, losses);
  for (const entry of entries.filter((each) => each.isSymbolicLink())) {
    losses.add(path.join(folder, entry.name), 'a link, which is not followed');
  }
  return entries.filter((entry) => entry.isDirectory()).map((entry) => entry.name);
}

/** The text of every file below `folder` by its path: how MLflow keeps params, tags, metrics and aliases. */
export async function textsOf(folder: string, losses: Losses): Promise<Record<string, string>> {
  const entries = await entriesOf(folder, true, losses);
  const files = entries.filter((entry) => entry.isFile()).map((entry) => path.join(entry.parentPath, entry.name));
  const key = (file: string) => path.relative(folder, file).replaceAll(path.sep, '/');
  // A tag that cannot be read, or that somebody takes away meanwhile, must not hide the run.
  const read = (file: string) =>
    readFile(file, 'utf8').catch((error) => {
      losses.addError(file, error);
      return null;
    });
  const texts = await Promise.all(files.map(async (file) => [key(file), await read(file)] as const));
  return Object.fromEntries(texts.filter((entry): entry is [string, string] => entry[1] !== null));
}

async function entriesOf(folder: string, recursive: boolean, losses: Losses): Promise<Dirent[]> {
  try {
    return await readdir(folder, { withFileTypes: true, recursive });
  } catch (error) {
    losses.addError(folder, error);
    return [];
  }
}
