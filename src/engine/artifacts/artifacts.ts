import { randomUUID } from 'node:crypto';
import { mkdirSync, rmSync, statSync } from 'node:fs';
import path from 'node:path';
import { EngineError } from '../support/errors.ts';
import { ArtifactCache } from './cache.ts';
import { LocalRepository } from './local.ts';
import type { ArtifactFile, ArtifactRepository, RepositoryOpener, TransferControl } from './repository.ts';
import { readWhole, uploadTree } from './transfer.ts';

export interface ArtifactsOptions {
  /** The folder on this machine behind an artifact URI of the store; null when only a server or a cloud has it. */
  localFolder: (uri: string) => string | null;
  /** Tried in order for everything else. */
  remotes?: RepositoryOpener[];
  /** Where copies of remote artifacts are kept; made when needed. */
  cacheFolder: string;
}

/** One file that is read as a whole, such as evaluation.json, is not larger than this. */
const MOST_BYTES = 64 * 2 ** 20;

/**
 * The artifacts of a tracking store by their URIs, wherever they lie. What is on this machine is used where it is; what is elsewhere
 * is copied: before it is read, and after it was written.
 */
export class Artifacts {
  /** The folder on this machine behind an artifact URI; null when only a server or a cloud has it. It need not exist. */
  readonly localFolder: (uri: string) => string | null;
  readonly #remotes: RepositoryOpener[];
  readonly #cacheFolder: string;
  readonly #cache: ArtifactCache;

  constructor({ localFolder, remotes = [], cacheFolder }: ArtifactsOptions) {
    this.localFolder = localFolder;
    this.#remotes = remotes;
    this.#cacheFolder = cacheFolder;
    this.#cache = new ArtifactCache(cacheFolder);
  }

  /** @throws EngineError `unsupported` for URIs that nobody here can open */
  repository(uri: string): ArtifactRepository {
    const folder = this.localFolder(uri);
    if (folder !== null) return new LocalRepository(folder);
    for (const open of this.#remotes) {
      const repository = open(uri);
      if (repository !== null) return repository;
    }
    throw new EngineError('unsupported', `Artifacts are kept at ${uri}, which cannot be read or written from here.`, {
      fix: 'Work with a store whose artifacts lie in a folder, in S3 or behind an MLflow server.',
    });
  }

  /**
   * Lets `body` write files that become artifacts at `uri`: into the real folder when it is on this machine, else into a private one
   * that is uploaded afterwards, MLmodel last.
   */
  async write<T>(uri: string, body: (folder: string) => T | Promise<T>, control: TransferControl = {}): Promise<T> {
    const local = this.localFolder(uri);
    if (local !== null) {
      mkdirSync(local, { recursive: true });
      return body(local);
    }
    const repository = this.repository(uri);
    const draft = path.join(this.#cacheFolder, `.upload-${randomUUID()}`);
    mkdirSync(draft, { recursive: true, mode: 0o700 });
    try {
      const result = await body(draft);
      await uploadTree(draft, repository, control);
      return result;
    } finally {
      rmSync(draft, { recursive: true, force: true });
    }
  }

  /**
   * A folder with everything at `uri`, not to be written to: the real one when it is on this machine, else a copy that has the same
   * names and sizes. Null when there is nothing.
   * @param control `fresh` copies again, for those who want to know what is there now
   */
  async folder(uri: string, control: TransferControl & { fresh?: boolean | undefined } = {}): Promise<string | null> {
    const local = this.localFolder(uri);
    if (local === null) return this.#cache.folder(this.repository(uri), uri, control);
    return statSync(local, { throwIfNoEntry: false }) === undefined ? null : local;
  }

  /**
   * A folder with one file of those at `uri`, to be looked at by other programs: the real one, or one that holds a copy of this file alone.
   * @throws EngineError `not-found`
   */
  async folderWith(uri: string, name: string, signal?: AbortSignal): Promise<string> {
    const local = this.localFolder(uri);
    if (local !== null) return local;
    const content = await readWhole(this.repository(uri), name, MOST_BYTES, signal);
    return this.#cache.keep(uri, name, content);
  }

  /** The content of one small file at `uri`; null when it is not there. */
  async file(uri: string, name: string, signal?: AbortSignal): Promise<Buffer | null> {
    try {
      return await readWhole(this.repository(uri), name, MOST_BYTES, signal);
    } catch (error) {
      if (EngineError.is(error, 'not-found')) return null;
      throw error;
    }
  }

  /** The files at `uri`, at most `most`. */
  list(uri: string, most?: number, signal?: AbortSignal): Promise<ArtifactFile[]> {
    return this.repository(uri).list({ most, signal });
  }
}
