import { type Answer, ApiError, type Call, done, json, missing, type Route } from './call.ts';
import { filled, flag, object, oneOf, text } from './shape.ts';
import type { Workspace } from './workspace.ts';

const MOST_BYTES = 10 << 20;

/** Files of the workspace's own tree: `/Workspace/Shared/x` and `/Shared/x` are one. */
export const workspaceFileRoutes: Route[] = [
  {
    method: 'POST',
    path: '/api/2.0/workspace/mkdirs',
    body: object({ path: filled }),
    answer: ({ body }, { workspaceFolders }) => {
      const parts = plain(body.path as string)
        .split('/')
        .filter(Boolean);
      for (let depth = 1; depth <= parts.length; depth++) workspaceFolders.add(`/${parts.slice(0, depth).join('/')}`);
      return done;
    },
  },
  {
    method: 'POST',
    path: '/api/2.0/workspace/import',
    body: object(
      { path: filled },
      {
        content: text,
        format: oneOf('AUTO', 'SOURCE', 'RAW', 'JUPYTER', 'HTML', 'DBC', 'R_MARKDOWN'),
        language: oneOf('PYTHON', 'SQL', 'SCALA', 'R'),
        overwrite: flag,
      },
    ),
    answer: importFile,
  },
  {
    method: 'GET',
    path: '/api/2.0/workspace/get-status',
    query: object({ path: filled }),
    answer: ({ query }, workspace) => json(status(workspace, plain(query.path!))),
  },
  {
    method: 'GET',
    path: '/api/2.0/workspace/list',
    query: object({ path: filled }, { notebooks_modified_after: text }),
    answer: list,
  },
  {
    method: 'GET',
    path: '/api/2.0/workspace/export',
    query: object({ path: filled }, { format: text, direct_download: text }),
    answer: ({ query }, { workspaceFiles }) => {
      const bytes = workspaceFiles.get(plain(query.path!));
      if (bytes === undefined) throw missing(`Path (${query.path})`);
      return json({ content: bytes.toString('base64') });
    },
  },
  {
    method: 'POST',
    path: '/api/2.0/workspace/delete',
    body: object({ path: filled }, { recursive: flag }),
    answer: ({ body }, { workspaceFiles, workspaceFolders }) => {
      const path = plain(body.path as string);
      for (const tree of [workspaceFiles, workspaceFolders])
        for (const each of tree.keys()) if (each === path || each.startsWith(`${path}/`)) tree.delete(each);
      return done;
    },
  },
];

function plain(path: string): string {
  return path.replace(/^\/Workspace(?=\/)/, '').replace(/\/$/, '');
}

function importFile({ body }: Call, { workspaceFiles, workspaceFolders }: Workspace): Answer {
  const path = plain(body.path as string);
  const folder = path.slice(0, path.lastIndexOf('/')) || '/';
  if (!workspaceFolders.has(folder)) throw missing(`The parent folder (${folder})`);
  const bytes = Buffer.from((body.content as string | undefined) ?? '', 'base64');
  if (bytes.length > MOST_BYTES)
    throw new ApiError(400, 'MAX_NOTEBOOK_SIZE_EXCEEDED', 'File size imported is too large');
  if (workspaceFiles.has(path) && body.overwrite !== true)
    throw new ApiError(400, 'RESOURCE_ALREADY_EXISTS', `Path (${path}) already exists.`);
  workspaceFiles.set(path, bytes);
  return done;
}

function list({ query }: Call, workspace: Workspace): Answer {
  const path = plain(query.path!);
  status(workspace, path);
  const all = [...workspace.workspaceFiles.keys(), ...workspace.workspaceFolders];
  const children = all.filter((each) => each !== path && each.slice(0, each.lastIndexOf('/')) === path);
  return json(children.length === 0 ? {} : { objects: children.map((each) => status(workspace, each)) });
}

function status({ workspaceFiles, workspaceFolders }: Workspace, path: string): object {
  const about = { path, object_id: 4242, resource_id: '4242' };
  if (workspaceFolders.has(path)) return { ...about, object_type: 'DIRECTORY' };
  const bytes = workspaceFiles.get(path);
  if (bytes === undefined) throw missing(`Path (${path})`);
  return { ...about, object_type: 'FILE', size: bytes.length };
}
