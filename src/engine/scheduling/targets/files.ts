import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { flushFolder, writeFileWhole } from '../../support/atomic-file.ts';

/** Files of a target that lie in one folder, one or more for each schedule, and say whose they are. */
export interface EntryFiles {
  folder: string;
  /** Names of a schedule's files; the parts of its entry in that order. */
  namesOf(id: string): string[];
  /** The schedule that a file name belongs to, by the name of its first file. */
  idOf(name: string): string | null;
  /** Stands in each file and says that it is this project's. */
  marker: string;
}

/** Stands between the files of one entry when it is shown as one text. */
const SEPARATOR = '\n--- ';

/** One entry of several files as one text. */
export function joinParts(names: string[], parts: string[]): string {
  return names.length === 1 ? parts[0]! : names.map((name, i) => `${SEPARATOR}${name}\n${parts[i]}`).join('');
}

/** Entries that are there and are this project's. */
export function readEntries({ folder, namesOf, idOf, marker }: EntryFiles): Map<string, string> {
  const names = existsSync(folder) ? readdirSync(folder).sort() : [];
  const entries = names.flatMap((name) => {
    const id = idOf(name);
    if (id === null || !readIfThere(path.join(folder, name)).includes(marker)) return [];
    const own = namesOf(id);
    return [
      [
        id,
        joinParts(
          own,
          own.map((each) => readIfThere(path.join(folder, each))),
        ),
      ] as const,
    ];
  });
  return new Map(entries);
}

/** Writes each file whole and removes those of schedules that are not wanted any more. */
export function writeEntries(files: EntryFiles, entries: Map<string, string>): void {
  const before = readEntries(files);
  for (const id of before.keys()) {
    if (entries.has(id)) continue;
    for (const name of files.namesOf(id)) rmSync(path.join(files.folder, name), { force: true });
    flushFolder(files.folder);
  }
  for (const [id, entry] of entries) {
    if (before.get(id) === entry) continue;
    const names = files.namesOf(id);
    for (const [i, part] of splitParts(names, entry).entries())
      writeFileWhole(path.join(files.folder, names[i]!), part);
  }
}

function splitParts(names: string[], entry: string): string[] {
  if (names.length === 1) return [entry];
  const starts = names.map((name) => entry.indexOf(`${SEPARATOR}${name}\n`));
  return names.map((name, i) => entry.slice(starts[i]! + SEPARATOR.length + name.length + 1, starts[i + 1]));
}

function readIfThere(file: string): string {
  return existsSync(file) ? readFileSync(file, 'utf8') : '';
}
