import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { pipeline, type Readable } from 'node:stream';
import { listTree, makeFolder, openFile, putFile } from '../../databricks/files.ts';
import type { Content, WorkspaceClient } from '../../databricks/workspace-client.ts';
import { EngineError, type ErrorReason } from '../../support/errors.ts';
import { safeArtifactPath } from '../artifact-path.ts';
import { byteCount } from '../byte-count.ts';
import type {
  ArtifactFile,
  ArtifactRepository,
  ListOptions,
  RepositoryOpener,
  TransferControl,
} from '../repository.ts';
import { SignedFiles, type SignedOwner } from './signed-files.ts';

const TRACKING = /^dbfs:\/+databricks\/mlflow-tracking\/([^/]+)\/(?:(logged_models)\/)?([^/]+)\/artifacts\/?(.*)$/;

/**
 * Opens `dbfs:/databricks/mlflow-tracking/...`, where runs and models of MLflow 3 keep their files in Databricks' own storage (which is
 * no DBFS, whatever it looks like), and `dbfs:/Volumes/...`.
 */
export function databricksOpener(client: WorkspaceClient): RepositoryOpener {
  return (uri) => {
    const volume = /^dbfs:\/*(\/Volumes\/.*?)\/*$/.exec(uri)?.[1];
    if (volume !== undefined) return new DatabricksRepository(client, { location: uri, root: volume, prefix: '' });
    const [, experiment, isModel, id, rest] = TRACKING.exec(uri) ?? [];
    if (experiment === undefined || id === undefined) return null;
    const owner: SignedOwner = { kind: isModel ? 'model' : 'run', id };
    const folder = `${isModel ? 'LoggedModels' : 'Runs'}/${id}/artifacts`;
    const prefix = (rest ?? '').replace(/\/+$/, '');
    const root = ['/WorkspaceInternal/Mlflow/Artifacts', experiment, folder, prefix].filter(Boolean).join('/');
    return new DatabricksRepository(client, { location: uri, root, prefix, owner });
  };
}

interface Place {
  location: string;
  /** Folder of the Files API. */
  root: string;
  /** Path below the artifacts of the owner, for signed addresses. */
  prefix: string;
  /** Whose files they are where signed addresses are to be had. */
  owner?: SignedOwner;
}

/** Failures of the Files API after which signed addresses are tried: not every workspace opens that root. */
export const CLOSED: ErrorReason[] = ['unauthorized', 'not-found', 'usage'];

/** Files below one address, by the Files API, and where that is closed by signed addresses: as MLflow's own client does. */
class DatabricksRepository implements ArtifactRepository {
  readonly location: string;
  readonly #client: WorkspaceClient;
  readonly #place: Place;
  readonly #signed: SignedFiles | null;
  readonly #made = new Set<string>();

  constructor(client: WorkspaceClient, place: Place) {
    this.location = place.location;
    this.#client = client;
    this.#place = place;
    this.#signed = place.owner === undefined ? null : new SignedFiles(client, place.owner);
  }

  async list({ most = Number.POSITIVE_INFINITY, signal }: ListOptions = {}): Promise<ArtifactFile[]> {
    const files = await this.#either(
      () => this.#listed(signal),
      (signed) => this.#listedSigned(signed, signal),
    );
    const safe = files.map((file) => ({ ...file, path: safeArtifactPath(file.path, this.location) }));
    return safe.sort((a, b) => (a.path < b.path ? -1 : 1)).slice(0, most);
  }

  async open(path: string, signal?: AbortSignal): Promise<Readable> {
    const name = safeArtifactPath(path, this.location);
    return this.#either(
      async () => (await openFile(this.#client, `${this.#place.root}/${name}`, signal)).body,
      (signed) => signed.open(this.#below(name), signal),
    );
  }

  async put(path: string, file: string, { signal, onBytes }: TransferControl = {}): Promise<void> {
    const name = safeArtifactPath(path, this.location);
    const { size } = await stat(file);
    let told = 0;
    // The second way begins anew, and nobody wants to see it go back.
    const tell = (done: number) => {
      told = Math.max(told, done);
      onBytes?.(told, size);
    };
    const open: Content = () => pipeline(createReadStream(file), byteCount(tell), () => undefined);
    await this.#either(
      async () => {
        const target = `${this.#place.root}/${name}`;
        await this.#makeParent(target, signal);
        await putFile(this.#client, target, size === 0 ? Buffer.alloc(0) : { open, size }, signal);
      },
      (signed) => signed.put(this.#below(name), size === 0 ? () => Buffer.alloc(0) : open, size, signal),
    );
  }

  #below(name: string): string {
    return this.#place.prefix === '' ? name : `${this.#place.prefix}/${name}`;
  }

  /** A Volume wants folders before files. */
  async #makeParent(target: string, signal: AbortSignal | undefined): Promise<void> {
    const folder = target.slice(0, target.lastIndexOf('/'));
    if (!folder.startsWith('/Volumes/') || this.#made.has(folder)) return;
    await makeFolder(this.#client, folder, signal);
    this.#made.add(folder);
  }

  async #listed(signal: AbortSignal | undefined): Promise<ArtifactFile[]> {
    const tree = await listTree(this.#client, this.#place.root, signal);
    const files = [...tree].map(([path, { size }]) => ({ path, size, tag: null }));
    // A root that is closed may look like one that is empty.
    if (files.length === 0 && this.#signed !== null) return this.#listedSigned(this.#signed, signal);
    return files;
  }

  async #listedSigned(signed: SignedFiles, signal: AbortSignal | undefined): Promise<ArtifactFile[]> {
    const found: ArtifactFile[] = [];
    const { prefix } = this.#place;
    const folders = [prefix];
    for (const folder of folders) {
      for (const { path, is_dir = false, file_size = 0 } of await signed.list(folder, signal)) {
        if (is_dir) folders.push(safeArtifactPath(path, this.location));
        else
          found.push({
            path: prefix === '' ? path : path.slice(prefix.length + 1),
            size: Number(file_size),
            tag: null,
          });
      }
    }
    return found;
  }

  async #either<T>(byFiles: () => Promise<T>, bySignedAddress: (signed: SignedFiles) => Promise<T>): Promise<T> {
    try {
      return await byFiles();
    } catch (error) {
      const mayTry = EngineError.is(error) && CLOSED.includes(error.reason);
      if (this.#signed === null || !mayTry) throw error;
      return bySignedAddress(this.#signed);
    }
  }
}
