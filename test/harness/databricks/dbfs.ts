import { type Answer, ApiError, type Call, done, exists, invalid, json, missing, type Route } from './call.ts';
import { digits, filled, flag, integer, object, text } from './shape.ts';
import type { Workspace } from './workspace.ts';

const MOST_BYTES = 1 << 20;
const path = { path: filled };

/** DBFS: blocks of a megabyte, base64. */
export const dbfsRoutes: Route[] = [
  { method: 'POST', path: '/api/2.0/dbfs/create', body: object(path, { overwrite: flag }), answer: create },
  {
    method: 'POST',
    path: '/api/2.0/dbfs/add-block',
    body: object({ handle: integer, data: text }),
    answer: ({ body }, workspace) => {
      const { path: file, parts } = handleOf(workspace, body);
      parts.push(decoded(body.data as string));
      // Whoever looks now sees as much as there is.
      workspace.dbfs.set(file, Buffer.concat(parts));
      return done;
    },
  },
  {
    method: 'POST',
    path: '/api/2.0/dbfs/close',
    body: object({ handle: integer }),
    answer: ({ body }, workspace) => {
      handleOf(workspace, body);
      workspace.dbfsHandles.delete(String(body.handle));
      return done;
    },
  },
  {
    method: 'POST',
    path: '/api/2.0/dbfs/put',
    body: object(path, { contents: text, overwrite: flag }),
    answer: ({ body }, workspace) => {
      requireFree(workspace, body);
      workspace.dbfs.set(absolute(body.path), decoded((body.contents as string | undefined) ?? ''));
      return done;
    },
  },
  { method: 'GET', path: '/api/2.0/dbfs/list', query: object(path), answer: list },
  {
    method: 'GET',
    path: '/api/2.0/dbfs/get-status',
    query: object(path),
    answer: ({ query }, workspace) => json(status(workspace, absolute(query.path))),
  },
  {
    method: 'GET',
    path: '/api/2.0/dbfs/read',
    query: object(path, { offset: digits, length: digits }),
    answer: ({ query }, { dbfs }) => {
      const bytes = dbfs.get(absolute(query.path));
      if (bytes === undefined) throw missing(`No file or directory exists on path ${query.path}.`);
      const length = Number(query.length ?? 500_000);
      if (length > MOST_BYTES) throw new ApiError(400, 'MAX_READ_SIZE_EXCEEDED', 'at most 1 MB');
      const start = Number(query.offset ?? 0);
      const part = bytes.subarray(start, start + length);
      return json({ bytes_read: part.length, data: part.toString('base64') });
    },
  },
  {
    method: 'POST',
    path: '/api/2.0/dbfs/mkdirs',
    body: object(path),
    answer: ({ body }, { dbfsFolders }) => {
      const parts = absolute(body.path).split('/');
      for (let depth = 2; depth <= parts.length; depth++) dbfsFolders.add(parts.slice(0, depth).join('/'));
      return done;
    },
  },
  {
    method: 'POST',
    path: '/api/2.0/dbfs/delete',
    body: object(path, { recursive: flag }),
    answer: ({ body }, { dbfs, dbfsFolders }) => {
      const root = absolute(body.path);
      const below = [...dbfs.keys(), ...dbfsFolders].filter((file) => file.startsWith(`${root}/`));
      if (below.length > 0 && body.recursive !== true) throw new ApiError(400, 'IO_ERROR', `${root} is not empty`);
      for (const file of [root, ...below]) {
        dbfs.delete(file);
        dbfsFolders.delete(file);
      }
      return done;
    },
  },
];

function absolute(value: unknown): string {
  const file = value as string;
  if (!file.startsWith('/')) throw invalid(`Path must be absolute: ${file}`);
  if (file.startsWith('/databricks/mlflow-tracking'))
    throw new ApiError(403, 'PERMISSION_DENIED', 'No operations allowed');
  return file;
}

function create({ body }: Call, workspace: Workspace): Answer {
  requireFree(workspace, body);
  const handle = workspace.dbfsHandles.size + 7;
  workspace.dbfsHandles.set(String(handle), { path: absolute(body.path), parts: [] });
  workspace.dbfs.set(absolute(body.path), Buffer.alloc(0));
  return json({ handle });
}

function requireFree({ dbfs }: Workspace, body: Record<string, unknown>): void {
  if (dbfs.has(absolute(body.path)) && body.overwrite !== true) throw exists(`A file or directory at ${body.path}`);
}

function handleOf({ dbfsHandles }: Workspace, body: Record<string, unknown>) {
  const found = dbfsHandles.get(String(body.handle));
  if (found === undefined) throw missing(`No stream with handle ${body.handle}`);
  return found;
}

function decoded(data: string): Buffer {
  const bytes = Buffer.from(data, 'base64');
  if (bytes.length > MOST_BYTES) throw new ApiError(400, 'MAX_BLOCK_SIZE_EXCEEDED', 'at most 1 MB');
  return bytes;
}

function list({ query }: Call, workspace: Workspace): Answer {
  const root = absolute(query.path).replace(/\/$/, '');
  status(workspace, root === '' ? '/' : root);
  // Names directly below, of files and of folders that hold something or were made.
  const below = [...workspace.dbfs.keys(), ...workspace.dbfsFolders].filter((file) => file.startsWith(`${root}/`));
  const files = [...new Set(below.map((file) => `${root}/${file.slice(root.length + 1).split('/')[0]}`))];
  return json(files.length === 0 ? {} : { files: files.map((file) => status(workspace, file)) });
}

function status({ dbfs, dbfsFolders }: Workspace, file: string): object {
  const bytes = dbfs.get(file);
  if (bytes !== undefined)
    return { path: file, is_dir: false, file_size: bytes.length, modification_time: 1795490634075 };
  const isFolder = dbfsFolders.has(file) || [...dbfs.keys()].some((each) => each.startsWith(`${file}/`));
  if (!isFolder) throw missing(`No file or directory exists on path ${file}.`);
  return { path: file, is_dir: true, file_size: 0, modification_time: 1795490634075 };
}
