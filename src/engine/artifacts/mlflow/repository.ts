import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream';
import type { HttpClient } from '../../http/client.ts';
import { EngineError } from '../../support/errors.ts';
import { throwIfCancelled } from '../../support/progress.ts';
import { safeArtifactPath } from '../artifact-path.ts';
import { byteCount } from '../byte-count.ts';
import type {
  ArtifactFile,
  ArtifactRepository,
  ListOptions,
  RepositoryOpener,
  TransferControl,
} from '../repository.ts';

const API = 'api/2.0/mlflow-artifacts/artifacts';
/** Read from the disk at once: large files travel a third faster than by the usual 64 KB. */
const CHUNK_BYTES = 1 << 20;

/**
 * Opens `mlflow-artifacts:/path` and `mlflow-artifacts://host/path`: what an MLflow server keeps for its clients
 * (`mlflow server --serve-artifacts`), of the server that `http` asks.
 */
export function mlflowOpener(http: HttpClient): RepositoryOpener {
  const own = new URL(http.location).host;
  return (uri) => {
    const [, host, root] = /^mlflow-artifacts:(?:\/\/([^/]*))?\/*(.*)$/.exec(uri) ?? [];
    if (root === undefined || (host && host !== own)) return null;
    return new MlflowRepository(http, root.replace(/\/+$/, ''));
  };
}

interface Listed {
  /** The last part of its name. */
  path: string;
  is_dir?: boolean;
  file_size?: number | string;
}

/** Files below a path of the artifacts that an MLflow server serves (mlflow/server/handlers.py, "mlflow-artifacts"). */
export class MlflowRepository implements ArtifactRepository {
  readonly location: string;
  readonly #http: HttpClient;
  readonly #root: string;

  /** @param root path without slashes at its ends */
  constructor(http: HttpClient, root: string) {
    this.#http = http;
    this.#root = root;
    this.location = `mlflow-artifacts:/${root} of ${http.location}`;
  }

  async list({ most = Number.POSITIVE_INFINITY, signal }: ListOptions = {}): Promise<ArtifactFile[]> {
    const found: ArtifactFile[] = [];
    const folders = [''];
    for (const folder of folders) {
      if (found.length >= most) break;
      throwIfCancelled(signal);
      for (const { path, is_dir = false, file_size = 0 } of await this.#listed(folder, signal)) {
        // Some servers answer with the last part of the name, some with all of it.
        const name = safeArtifactPath(folder === '' ? path : `${folder}/${path.split('/').at(-1)}`, this.location);
        if (is_dir) folders.push(name);
        else found.push({ path: name, size: Number(file_size), tag: null });
      }
    }
    return found.slice(0, most).sort((a, b) => (a.path < b.path ? -1 : 1));
  }

  async open(path: string, signal?: AbortSignal): Promise<Readable> {
    try {
      return (await this.#http.open({ method: 'GET', path: this.#address(path), signal })).body;
    } catch (error) {
      // For a file that is not there some versions answer 500, for a folder 400 or 500.
      if (!EngineError.is(error) || !('status' in error.details) || (await this.#isThere(path, signal))) throw error;
      throw new EngineError('not-found', `${this.location} has no file ${path}.`);
    }
  }

  async put(path: string, file: string, { signal, onBytes }: TransferControl = {}): Promise<void> {
    const { size } = await stat(file);
    const body = () => {
      const source = createReadStream(file, { highWaterMark: CHUNK_BYTES });
      return pipeline(
        source,
        byteCount((done) => onBytes?.(done, size)),
        () => undefined,
      );
    };
    const headers = { 'Content-Type': 'application/octet-stream', 'Content-Length': String(size) };
    const request = { method: 'PUT', path: this.#address(path), body, headers, isRepeatable: true, signal } as const;
    // A server that took the file answers with JSON or nothing; a sign-in page in between does not, though it says 200.
    await this.#http.json({ ...request, mayBeEmpty: true });
  }

  /** Also true when nobody can tell. */
  async #isThere(path: string, signal: AbortSignal | undefined): Promise<boolean> {
    const parts = path.split('/');
    const name = parts.pop();
    const siblings = await this.#listed(parts.join('/'), signal).catch(() => null);
    return siblings === null || siblings.some((each) => !each.is_dir && each.path.split('/').at(-1) === name);
  }

  async #listed(folder: string, signal: AbortSignal | undefined): Promise<Listed[]> {
    const path = [this.#root, folder].filter(Boolean).join('/');
    const answer = await this.#http.json<{ files?: Listed[] }>({ method: 'GET', path: API, query: { path }, signal });
    return answer.files ?? [];
  }

  #address(path: string): string {
    const whole = [this.#root, safeArtifactPath(path, this.location)].filter(Boolean).join('/');
    return `${API}/${whole.split('/').map(encodeURIComponent).join('/')}`;
  }
}
