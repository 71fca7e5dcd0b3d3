import { createReadStream, createWriteStream, lstatSync } from 'node:fs';
import { mkdir, readdir, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { EngineError } from '../support/errors.ts';
import { throwIfCancelled } from '../support/progress.ts';
import { insideFolder } from './artifact-path.ts';
import { byteCount } from './byte-count.ts';
import type { ArtifactFile, ArtifactRepository, ListOptions, TransferControl } from './repository.ts';

/** Artifacts in a folder of this machine. */
export class LocalRepository implements ArtifactRepository {
  readonly location: string;

  /** @param folder need not exist */
  constructor(folder: string) {
    this.location = folder;
  }

  async list({ most = Number.POSITIVE_INFINITY, signal }: ListOptions = {}): Promise<ArtifactFile[]> {
    const found: ArtifactFile[] = [];
    const visit = async (relative: string): Promise<void> => {
      for (const name of (await namesIn(path.join(this.location, relative))).sort()) {
        if (found.length >= most) return;
        throwIfCancelled(signal);
        const inside = relative === '' ? name : `${relative}/${name}`;
        const stats = lstatSync(path.join(this.location, inside), { throwIfNoEntry: false });
        if (stats?.isDirectory()) await visit(inside);
        else if (stats?.isFile()) found.push({ path: inside, size: stats.size, tag: null });
      }
    };
    await visit('');
    return found;
  }

  async open(name: string, signal?: AbortSignal): Promise<Readable> {
    return createReadStream(this.#existing(name), signal ? { signal } : {});
  }

  async put(name: string, file: string, { signal, onBytes }: TransferControl = {}): Promise<void> {
    const target = insideFolder(this.location, name);
    await mkdir(path.dirname(target), { recursive: true });
    // Always the same name, so that a copy that was killed is written over by the next one.
    const beside = path.join(path.dirname(target), `.${path.basename(target)}.partial`);
    try {
      const total = lstatSync(file).size;
      const count = byteCount((done) => onBytes?.(done, total));
      const written = createWriteStream(beside, { flush: true });
      await pipeline(createReadStream(file), count, written, signal ? { signal } : {});
      await rename(beside, target);
    } finally {
      await rm(beside, { force: true });
    }
  }

  /** @throws EngineError `not-found` for what is missing, no file, or reached by a link below the folder */
  #existing(name: string): string {
    const file = insideFolder(this.location, name);
    let parent = this.location;
    for (const part of path.dirname(name).split('/')) {
      parent = path.join(parent, part);
      if (lstatSync(parent, { throwIfNoEntry: false })?.isDirectory() === false) throw missing(file);
    }
    if (!lstatSync(file, { throwIfNoEntry: false })?.isFile()) throw missing(file);
    return file;
  }
}

function missing(file: string): EngineError {
  return new EngineError('not-found', `There is no artifact ${file}.`);
}

/** Nothing when the folder is missing, or was removed while its parent was read. */
async function namesIn(folder: string): Promise<string[]> {
  try {
    return await readdir(folder);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') return [];
    throw error;
  }
}
