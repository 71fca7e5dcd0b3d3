import { EngineError } from '../support/errors.ts';
import { deleteDbfs, getDbfsFile, hasDbfsFolder, isDbfs, listDbfsFolder, makeDbfsFolder, putDbfsFile } from './dbfs.ts';
import { type Content, readAll, type WorkspaceClient } from './workspace-client.ts';

/** An entry of a folder. */
export interface FileEntry {
  /** Absolute: `/Volumes/main/ml/data/a.csv`, or `/dbfs/data/a.csv`. */
  path: string;
  name: string;
  isFolder: boolean;
  /** Bytes; 0 for folders. */
  size: number;
}

interface DirectoryAnswer {
  contents?: { path: string; name: string; is_directory?: boolean; file_size?: number }[];
  next_page_token?: string;
}

const FILES = '/api/2.0/fs/files';
const FOLDERS = '/api/2.0/fs/directories';

/** `/Volumes/main/ml/data/a b.csv` as it stands in an address: every part escaped, the slashes kept. */
function escaped(path: string): string {
  return path.split('/').map(encodeURIComponent).join('/');
}

/** Writes a file whole, over one that is there. The folder in a Volume must exist. DBFS takes a buffer only. */
export async function putFile(
  client: WorkspaceClient,
  path: string,
  content: Buffer | { open: Content; size: number },
  signal?: AbortSignal,
): Promise<void> {
  if (isDbfs(path) && Buffer.isBuffer(content)) return putDbfsFile(client, path, content, signal);
  const { open, size } = Buffer.isBuffer(content) ? { open: () => content, size: content.length } : content;
  await client.upload({ method: 'PUT', path: FILES + escaped(path), query: { overwrite: true }, signal }, open, size);
}

/** @throws EngineError `not-found` */
export async function getFile(client: WorkspaceClient, path: string, signal?: AbortSignal): Promise<Buffer> {
  if (isDbfs(path)) return getDbfsFile(client, path, signal);
  return readAll((await openFile(client, path, signal)).body);
}

/** A file as it begins to come. @throws EngineError `not-found` */
export function openFile(client: WorkspaceClient, path: string, signal?: AbortSignal) {
  return client.open({ method: 'GET', path: FILES + escaped(path), signal });
}

export async function deleteFile(client: WorkspaceClient, path: string): Promise<void> {
  if (isDbfs(path)) return deleteDbfs(client, path);
  await client.text({ method: 'DELETE', path: FILES + escaped(path) });
}

/** Makes the folder and those above it; nothing happens to one that is there. */
export async function makeFolder(client: WorkspaceClient, path: string, signal?: AbortSignal): Promise<void> {
  if (isDbfs(path)) return makeDbfsFolder(client, path, signal);
  await client.text({ method: 'PUT', path: FOLDERS + escaped(path), signal });
}

/** Removes a folder that is empty. */
export async function deleteFolder(client: WorkspaceClient, path: string): Promise<void> {
  if (isDbfs(path)) return deleteDbfs(client, path);
  await client.text({ method: 'DELETE', path: FOLDERS + escaped(path) });
}

/** Whether a folder is there. */
export async function hasFolder(client: WorkspaceClient, path: string): Promise<boolean> {
  if (isDbfs(path)) return hasDbfsFolder(client, path);
  try {
    await client.text({ method: 'HEAD', path: FOLDERS + escaped(path) });
    return true;
  } catch (error) {
    if (EngineError.is(error, 'not-found')) return false;
    throw error;
  }
}

/** Everything directly below a folder, all pages. @throws EngineError `not-found` */
export async function listFolder(client: WorkspaceClient, path: string, signal?: AbortSignal): Promise<FileEntry[]> {
  if (isDbfs(path)) return listDbfsFolder(client, path, signal);
  const entries: FileEntry[] = [];
  let token: string | undefined;
  do {
    const query = token === undefined ? {} : { page_token: token };
    const answer = await client.call<DirectoryAnswer>({ method: 'GET', path: FOLDERS + escaped(path), query, signal });
    for (const { path: at, name, is_directory = false, file_size = 0 } of answer.contents ?? [])
      entries.push({ path: at, name, isFolder: is_directory, size: Number(file_size) });
    token = answer.next_page_token || undefined;
  } while (token !== undefined);
  return entries;
}

/** Every file below a folder, by its path relative to it; none when there is no such folder. */
export async function listTree(
  client: WorkspaceClient,
  root: string,
  signal?: AbortSignal,
): Promise<Map<string, FileEntry>> {
  const files = new Map<string, FileEntry>();
  const folders = [root];
  for (let folder = folders.pop(); folder !== undefined; folder = folders.pop()) {
    for (const entry of await entriesIfThere(client, folder, signal)) {
      if (entry.isFolder) folders.push(entry.path);
      else files.set(entry.path.slice(root.length + 1), entry);
    }
  }
  return files;
}

async function entriesIfThere(client: WorkspaceClient, folder: string, signal?: AbortSignal): Promise<FileEntry[]> {
  try {
    return await listFolder(client, folder, signal);
  } catch (error) {
    if (EngineError.is(error, 'not-found')) return [];
    throw error;
  }
}
