import { EngineError } from '../support/errors.ts';
import type { FileEntry } from './files.ts';
import type { WorkspaceClient } from './workspace-client.ts';

/** Where clusters have DBFS in their own tree of files: `/dbfs/gnu_mlops/a.csv` is `dbfs:/gnu_mlops/a.csv`. */
const MOUNT = '/dbfs/';

/** The most that one request of the DBFS API takes or gives, bytes. */
const BLOCK_BYTES = 1 << 20;

/** A file whose upload breaks off is begun anew so often. */
const TRIES = 3;

const API = '/api/2.0/dbfs/';

interface DbfsStatus {
  path: string;
  is_dir: boolean;
  file_size: number;
}

/** Whether a path is one of DBFS, and none of a Volume. */
export function isDbfs(path: string): boolean {
  return path.startsWith(MOUNT);
}

/** As the API of DBFS names it. */
function inDbfs(path: string): string {
  return path.slice(MOUNT.length - 1);
}

/**
 * Writes a file whole, over one that is there: block by block, as this API wants it. Blocks are appended, so one whose answer was
 * lost must not be sent again; the file is begun anew then, and what is left of it in the end is removed.
 */
export async function putDbfsFile(
  client: WorkspaceClient,
  path: string,
  bytes: Buffer,
  signal?: AbortSignal,
): Promise<void> {
  for (let tries = 1; ; tries++) {
    try {
      return await writeBlocks(client, inDbfs(path), bytes, signal);
    } catch (error) {
      // Half a file has another size than ours, so that the next upload replaces it where even this does not get through.
      await deleteDbfs(client, path).catch(() => undefined);
      if (!EngineError.is(error, 'unreachable') || tries === TRIES) throw error;
    }
  }
}

async function writeBlocks(client: WorkspaceClient, path: string, bytes: Buffer, signal?: AbortSignal): Promise<void> {
  const post = <T>(what: string, body: object) =>
    client.call<T>({ method: 'POST', path: API + what, body, isRepeatable: what === 'create', signal });
  const { handle } = await post<{ handle: number }>('create', { path, overwrite: true });
  for (let start = 0; start < bytes.length; start += BLOCK_BYTES) {
    await post('add-block', { handle, data: bytes.toString('base64', start, start + BLOCK_BYTES) });
  }
  await post('close', { handle });
}

/** @throws EngineError `not-found` */
export async function getDbfsFile(client: WorkspaceClient, path: string, signal?: AbortSignal): Promise<Buffer> {
  const parts: Buffer[] = [];
  for (let offset = 0; ; ) {
    const query = { path: inDbfs(path), offset, length: BLOCK_BYTES };
    const { data } = await client.call<{ data: string }>({ method: 'GET', path: `${API}read`, query, signal });
    const part = Buffer.from(data, 'base64');
    if (part.length === 0) return Buffer.concat(parts);
    parts.push(part);
    offset += part.length;
  }
}

/** Makes the folder and those above it; nothing happens to one that is there. */
export async function makeDbfsFolder(client: WorkspaceClient, path: string, signal?: AbortSignal): Promise<void> {
  const body = { path: inDbfs(path) };
  await client.call({ method: 'POST', path: `${API}mkdirs`, body, isRepeatable: true, signal });
}

/** Removes a file, or a folder that is empty. */
export async function deleteDbfs(client: WorkspaceClient, path: string): Promise<void> {
  const body = { path: inDbfs(path), recursive: false };
  await client.call({ method: 'POST', path: `${API}delete`, body, isRepeatable: true });
}

export async function hasDbfsFolder(client: WorkspaceClient, path: string): Promise<boolean> {
  try {
    const query = { path: inDbfs(path) };
    return (await client.call<DbfsStatus>({ method: 'GET', path: `${API}get-status`, query })).is_dir;
  } catch (error) {
    if (EngineError.is(error, 'not-found')) return false;
    throw error;
  }
}

/** Everything directly below a folder; this API has no pages. @throws EngineError `not-found` */
export async function listDbfsFolder(
  client: WorkspaceClient,
  path: string,
  signal?: AbortSignal,
): Promise<FileEntry[]> {
  const query = { path: inDbfs(path) };
  const { files = [] } = await client.call<{ files?: DbfsStatus[] }>({
    method: 'GET',
    path: `${API}list`,
    query,
    signal,
  });
  return files.map(({ path: at, is_dir, file_size }) => ({
    path: MOUNT + at.slice(1),
    name: at.slice(at.lastIndexOf('/') + 1),
    isFolder: is_dir,
    size: is_dir ? 0 : Number(file_size),
  }));
}
