import { createHash, randomUUID } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { writeFileWhole } from '../support/atomic-file.ts';
import { EngineError } from '../support/errors.ts';
import { splitName } from './input-format.ts';
import type { InputIdentity } from './results.ts';

/**
 * What a run means to do with an input, written before it does any of it. As long as the entry is there the input is not done
 * with: the next run looks whether the manifest stands (then only putting away is left) or does it again under the same names.
 */
export interface JournalEntry {
  id: string;
  /** Absolute path of the input. */
  input: string;
  identity: InputIdentity;
  /** When it was taken on, ISO 8601 UTC: stands in the names and in every row. */
  started: string;
  /** Absolute paths. */
  output: string;
  refusedOutput: string;
  manifest: string;
  /** Null when inputs stay where they are. */
  archived: string | null;
}

export interface Places {
  outputFolder: string;
  archiveFolder: string | null;
}

/** Inputs that were taken on together: small ones share the waits for the disk. */
export interface JournalGroup {
  id: string;
  entries: JournalEntry[];
}

/** The journal of an input folder: one file per group of inputs that is not done with. Whoever uses it holds the folder's lock. */
export class Journal {
  readonly #folder: string;

  /**
   * @param stateFolder `.gnu-mlops` of the project
   * @param inputFolder real path
   */
  constructor(stateFolder: string, inputFolder: string) {
    const name = createHash('sha256').update(inputFolder).digest('hex').slice(0, 16);
    this.#folder = path.join(stateFolder, 'journal', name);
  }

  /** Writes what will be done with inputs; on the disk when this returns. */
  begin(entries: JournalEntry[]): JournalGroup {
    const group = { id: randomUUID(), entries };
    writeFileWhole(this.#file(group), `${JSON.stringify(group)}\n`);
    return group;
  }

  /** Groups that no run has finished, oldest first. */
  unfinished(): JournalGroup[] {
    const names = existsSync(this.#folder) ? readdirSync(this.#folder) : [];
    const files = names.filter((name) => GROUP_FILE.test(name)).map((name) => path.join(this.#folder, name));
    const groups = files.map((file) => JSON.parse(readFileSync(file, 'utf8')) as JournalGroup);
    return groups.sort((a, b) => (a.entries[0]!.started < b.entries[0]!.started ? -1 : 1));
  }

  /** Removes what a run that was killed while it wrote here left half written. */
  sweep(): void {
    const names = existsSync(this.#folder) ? readdirSync(this.#folder) : [];
    for (const name of names.filter((each) => !GROUP_FILE.test(each))) rmSync(path.join(this.#folder, name));
  }

  /** Only these entries of the group are still to be done. */
  keep(group: JournalGroup): void {
    writeFileWhole(this.#file(group), `${JSON.stringify(group)}\n`);
  }

  /** The inputs are done with, or were given up before anything came of them. */
  end(group: JournalGroup): void {
    rmSync(this.#file(group), { force: true });
  }

  #file({ id }: JournalGroup): string {
    return path.join(this.#folder, `${id}.json`);
  }
}

const GROUP_FILE = /^[0-9a-f-]{36}\.json$/;

/** File systems allow 255 bytes; the time, the digest and the endings of our own files take the rest. */
const LONGEST_STEM = 180;

/**
 * What will be done with an input that is taken on now; its names are free in both folders.
 * @param planned outputs that will be written though they are not there yet
 * @throws EngineError `invalid-data` for a name that is too long
 */
export function planEntry(
  input: string,
  identity: InputIdentity,
  now: Date,
  { outputFolder, archiveFolder, planned }: Places & { planned: ReadonlySet<string> },
): JournalEntry {
  const { stem, ending } = splitName(identity.name);
  if (Buffer.byteLength(stem) > LONGEST_STEM) {
    throw new EngineError(
      'invalid-data',
      `Its name is longer than ${LONGEST_STEM} bytes, so that no output can be named after it.`,
      {
        fix: 'Rename it.',
      },
    );
  }
  // The same content twice within a second: the later one is named for the next second.
  for (let second = now.getTime(); ; second += 1000) {
    const stamp = new Date(second).toISOString().replace(/[-:]|\.\d+/g, '');
    const name = `${stem}__${stamp}__${identity.sha256.slice(0, 8)}`;
    const entry = {
      id: randomUUID(),
      input,
      identity,
      started: now.toISOString(),
      output: path.join(outputFolder, `${name}.csv`),
      refusedOutput: path.join(outputFolder, `${name}.refused.csv`),
      manifest: path.join(outputFolder, `${name}.manifest.json`),
      archived: archiveFolder === null ? null : path.join(archiveFolder, `${name}${ending}`),
    };
    const files = [entry.output, entry.manifest, entry.archived].filter((file) => file !== null);
    const isTaken = files.some((file) => existsSync(file)) || planned.has(entry.output);
    if (!isTaken) return entry;
  }
}
