import { type Answer, ApiError, type Call, exists, invalid, json, missing, page, type Route } from './call.ts';
import { requirePlace } from './file-places.ts';
import { digits, filled, object, oneOf, text, truth } from './shape.ts';
import type { Workspace } from './workspace.ts';

const FILE = '/api/2.0/fs/files{path*}';
const FOLDER = '/api/2.0/fs/directories{path*}';

/** The Files API: Volumes, and the roots below which models and artifacts lie. */
export const fileRoutes: Route[] = [
  { method: 'PUT', path: FILE, takesBytes: true, query: object({}, { overwrite: truth }), answer: put },
  { method: 'GET', path: FILE, answer: get },
  { method: 'HEAD', path: FILE, answer: async (call, workspace) => ({ ...(await get(call, workspace)) }) },
  {
    method: 'DELETE',
    path: FILE,
    answer: ({ params }, { files }) => {
      if (!files.delete(params.path!)) throw missing(`The file at ${params.path}`);
      return { status: 204 };
    },
  },
  { method: 'PUT', path: FOLDER, answer: makeFolder },
  {
    method: 'HEAD',
    path: FOLDER,
    answer: ({ params }, workspace) => {
      if (!isFolder(workspace, params.path!)) throw missing(`The directory ${params.path}`);
      return {};
    },
  },
  { method: 'GET', path: FOLDER, query: object({}, { page_size: digits, page_token: text }), answer: list },
  { method: 'DELETE', path: FOLDER, answer: removeFolder },
  signing('upload', 'write'),
  signing('download', 'read'),
  {
    method: 'POST',
    path: '/api/2.0/fs/create-download-url',
    query: object({ path: filled }, { expire_time: text }),
    answer: ({ query, origin }, workspace) => signed(workspace, origin, query.path!, 'read'),
  },
];

/** MLflow asks with a body, the SDK (for downloads) with a query. */
function signing(verb: 'upload' | 'download', may: 'read' | 'write'): Route {
  return {
    method: 'POST',
    path: `/api/2.0/fs/create-${verb}-url`,
    query: object({}, { path: filled, expire_time: text, action: oneOf('none') }),
    body: object({}, { path: filled, expire_time: text }),
    answer: ({ body, query, origin }, workspace) =>
      signed(workspace, origin, (body.path ?? query.path ?? '') as string, may),
  };
}

function signed(workspace: Workspace, origin: string, path: string, may: 'read' | 'write'): Answer {
  if (path === '') throw invalid('path is missing');
  requirePlace(workspace, path, may === 'write');
  if (may === 'read' && !workspace.files.has(path)) throw missing(`The file at ${path}`);
  return json({
    url: workspace.sign(origin, path, may),
    headers: [{ name: 'x-amz-storage-class', value: 'STANDARD' }],
  });
}

function put({ params, query, bytes }: Call, workspace: Workspace): Answer {
  const path = params.path!;
  requirePlace(workspace, path, true);
  requireAllowed(workspace, path);
  if (path.startsWith('/Volumes/') && !isFolder(workspace, parentOf(path)))
    throw missing(`The parent directory of ${path}`);
  if (query.overwrite !== 'true' && workspace.files.has(path)) throw exists(`The file ${path}`);
  workspace.files.set(path, bytes);
  return { status: 204 };
}

function get({ params, headers }: Call, workspace: Workspace): Answer {
  requireAllowed(workspace, params.path!);
  const bytes = workspace.files.get(params.path!);
  if (bytes === undefined) throw missing(`The file at ${params.path}`);
  const about = { 'last-modified': 'Tue, 24 Nov 2026 04:15:00 GMT', 'accept-ranges': 'bytes' };
  const range = /^bytes=(\d+)-(\d*)$/.exec(headers.range ?? '');
  if (range === null) return { bytes, headers: about };
  const end = range[2] === '' ? bytes.length : Number(range[2]) + 1;
  return { status: 206, bytes: bytes.subarray(Number(range[1]), end), headers: about };
}

/** Two roots that workspaces need not have: where they have not, clients go by signed addresses. */
function requireAllowed(workspace: Workspace, path: string): void {
  const isOff =
    (path.startsWith('/Models/') && !workspace.filesApiForModels) ||
    (path.startsWith('/WorkspaceInternal/') && !workspace.filesApiForArtifacts);
  if (isOff) throw new ApiError(403, 'PERMISSION_DENIED', `${path} is not open to the Files API here.`);
}

function makeFolder({ params }: Call, workspace: Workspace): Answer {
  requirePlace(workspace, `${params.path}/x`, true);
  const parts = params.path!.split('/').filter(Boolean);
  for (let depth = 4; depth <= parts.length; depth++) workspace.folders.add(`/${parts.slice(0, depth).join('/')}`);
  return { status: 204 };
}

function removeFolder({ params }: Call, workspace: Workspace): Answer {
  const path = params.path!;
  if (!isFolder(workspace, path)) throw missing(`The directory ${path}`);
  if (childrenOf(workspace, path).size > 0) throw new ApiError(400, 'DIRECTORY_NOT_EMPTY', `${path} is not empty.`);
  workspace.folders.delete(path);
  return { status: 204 };
}

function list({ params, query }: Call, workspace: Workspace): Answer {
  const path = params.path!.replace(/\/$/, '');
  // Models are listed here whatever way their files go.
  if (!path.startsWith('/Models/')) requireAllowed(workspace, path);
  if (!isFolder(workspace, path)) throw missing(`The directory ${path}`);
  const entries = [...childrenOf(workspace, path)].sort().map((name) => {
    const full = `${path}/${name}`;
    const bytes = workspace.files.get(full);
    const isFile = bytes !== undefined;
    return {
      path: full,
      name,
      is_directory: !isFile,
      ...(isFile ? { file_size: bytes.length, last_modified: 1 } : {}),
    };
  });
  const size = Number(query.page_size ?? 1000);
  if (size > 1000) throw invalid('page_size is at most 1000');
  const { items, next } = page(entries, size, query.page_token);
  return json({ contents: items, ...(next === undefined ? {} : { next_page_token: next }) });
}

function childrenOf({ files, folders }: Workspace, path: string): Set<string> {
  const below = [...files.keys(), ...folders].filter((each) => each.startsWith(`${path}/`));
  return new Set(below.map((each) => each.slice(path.length + 1).split('/')[0]!));
}

function isFolder(workspace: Workspace, path: string): boolean {
  return workspace.folders.has(path) || childrenOf(workspace, path).size > 0;
}

function parentOf(path: string): string {
  return path.slice(0, path.lastIndexOf('/'));
}
