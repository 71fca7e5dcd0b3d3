import { createHash, randomUUID } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { insideFolder } from './artifact-path.ts';
import type { ArtifactFile, ArtifactRepository, TransferControl } from './repository.ts';
import { downloadTree } from './transfer.ts';

/** What was copied from one URI, and into which folder of the cache. */
interface Copy {
  schema: 1;
  folder: string;
  files: ArtifactFile[];
}

export interface CacheControl extends TransferControl {
  /** Copy again, though names, sizes and tags are those of the last copy. */
  fresh?: boolean | undefined;
  /** What to copy: everything that the repository lists unless given. */
  files?: ArtifactFile[];
}

const GIB = 2 ** 30;
const HOUR_MS = 3_600_000;

/**
 * Copies of remote artifacts on this disk: `<hash of the URI>.json` tells what was copied, beside it lies the folder, whole or not
 * at all. A copy is never changed, only followed by another one, because other processes may read it.
 */
export class ArtifactCache {
  readonly #folder: string;
  readonly #mostBytes: number;

  /** @param mostBytes what was not used for longest goes when the copies together are larger */
  constructor(folder: string, mostBytes = 5 * GIB) {
    this.#folder = folder;
    this.#mostBytes = mostBytes;
  }

  /**
   * A folder with what the repository holds now; null when that is nothing.
   */
  async folder(repository: ArtifactRepository, uri: string, control: CacheControl = {}): Promise<string | null> {
    const files = control.files ?? (await repository.list({ signal: control.signal }));
    if (files.length === 0) return null;
    const record = path.join(this.#folder, `${hashOf(uri)}.json`);
    const known = control.fresh ? null : this.#read(record);
    if (known !== null && this.#holds(known, files)) {
      touch(record);
      return path.join(this.#folder, known.folder);
    }
    const copy: Copy = { schema: 1, folder: `${hashOf(uri)}-${randomUUID().slice(0, 8)}`, files };
    const folder = await this.#download(repository, copy, control);
    this.#write(record, copy);
    this.#evict(copy.folder);
    return folder;
  }

  /** Puts one file into a folder of its URI's own and returns that folder. */
  keep(uri: string, name: string, content: Uint8Array): string {
    const folder = path.join(this.#folder, `${hashOf(uri)}-files`);
    const file = insideFolder(folder, name);
    mkdirSync(path.dirname(file), { recursive: true, mode: 0o700 });
    writeFileSync(file, content);
    return folder;
  }

  async #download(repository: ArtifactRepository, copy: Copy, control: TransferControl): Promise<string> {
    mkdirSync(this.#folder, { recursive: true, mode: 0o700 });
    const draft = path.join(this.#folder, `.partial-${randomUUID()}`);
    try {
      await downloadTree(repository, draft, { ...control, files: copy.files });
      const folder = path.join(this.#folder, copy.folder);
      renameSync(draft, folder);
      return folder;
    } finally {
      rmSync(draft, { recursive: true, force: true });
    }
  }

  /** Not flushed: what a power cut takes from a cache is copied again. */
  #write(record: string, copy: Copy): void {
    const draft = path.join(this.#folder, `.record-${randomUUID()}`);
    writeFileSync(draft, JSON.stringify(copy));
    renameSync(draft, record);
  }

  #read(record: string): Copy | null {
    try {
      const copy = JSON.parse(readFileSync(record, 'utf8')) as Partial<Copy>;
      return copy.schema === 1 && /^[0-9a-f-]+$/.test(copy.folder ?? '') ? (copy as Copy) : null;
    } catch {
      return null;
    }
  }

  /** Whether the copy is of these files, and still there. */
  #holds(copy: Copy, files: ArtifactFile[]): boolean {
    const folder = path.join(this.#folder, copy.folder);
    const isThere = ({ path: name, size }: ArtifactFile) =>
      statSync(insideFolder(folder, name), { throwIfNoEntry: false })?.size === size;
    return JSON.stringify(copy.files) === JSON.stringify(files) && existsSync(folder) && copy.files.every(isThere);
  }

  /** Makes room, but leaves what somebody may still be reading: whatever was used within the last hour. */
  #evict(justMade: string): void {
    const records = readdirSync(this.#folder).filter((name) => name.endsWith('.json'));
    const copies = records.flatMap((name) => {
      const record = path.join(this.#folder, name);
      const copy = this.#read(record);
      const usedAt = statSync(record, { throwIfNoEntry: false })?.mtimeMs;
      return copy === null || usedAt === undefined ? [] : [{ record, copy, usedAt }];
    });
    let bytes = 0;
    for (const { record, copy, usedAt } of copies.sort((a, b) => b.usedAt - a.usedAt)) {
      bytes += copy.files.reduce((sum, { size }) => sum + size, 0);
      if (bytes > this.#mostBytes && isIdle(usedAt) && copy.folder !== justMade) rmSync(record, { force: true });
    }
    const kept = new Set(copies.filter(({ record }) => existsSync(record)).map(({ copy }) => copy.folder));
    for (const name of readdirSync(this.#folder)) {
      const entry = path.join(this.#folder, name);
      const stats = statSync(entry, { throwIfNoEntry: false });
      // A name with a dot is a draft: of somebody who is still at work, or was killed a day ago.
      const patience = name.startsWith('.') ? 24 : 1;
      if (!stats?.isDirectory() || kept.has(name) || !isIdle(stats.mtimeMs, patience)) continue;
      rmSync(entry, { recursive: true, force: true });
    }
  }
}

function isIdle(usedAt: number, hours = 1): boolean {
  return Date.now() - usedAt > hours * HOUR_MS;
}

function touch(file: string): void {
  const now = new Date();
  utimesSync(file, now, now);
}

function hashOf(uri: string): string {
  return createHash('sha256').update(uri).digest('hex').slice(0, 32);
}
