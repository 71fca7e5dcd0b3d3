import { type Answer, ApiError, type Call, type Route } from './call.ts';
import { filled, object } from './shape.ts';
import type { Workspace } from './workspace.ts';

const STORAGE = '/storage{path*}';
const query = object({ 'X-Amz-Signature': filled });

/** Cloud storage behind signed addresses: the address is the permission, and no token belongs here. */
export const storageRoutes: Route[] = [
  { method: 'GET', path: STORAGE, permission: 'signed', query, answer: (call, workspace) => read(call, workspace) },
  { method: 'PUT', path: STORAGE, permission: 'signed', query, takesBytes: true, answer: write },
];

function permitted({ params, query: given }: Call, { signed }: Workspace, may: 'read' | 'write'): string {
  const entry = signed.get(given['X-Amz-Signature']!);
  if (entry?.path === params.path && entry?.may === may) return entry.path;
  throw new ApiError(403, 'AccessDenied', 'Request has expired');
}

function read(call: Call, workspace: Workspace): Answer {
  const bytes = workspace.files.get(permitted(call, workspace, 'read'));
  if (bytes === undefined) throw new ApiError(404, 'NoSuchKey', 'The specified key does not exist.');
  return { bytes };
}

/** S3 takes no upload of unknown length; an empty file says that it is empty. */
function write(call: Call, workspace: Workspace): Answer {
  const path = permitted(call, workspace, 'write');
  if (call.headers['content-length'] === undefined)
    throw new ApiError(411, 'MissingContentLength', 'You must provide the Content-Length HTTP header.');
  workspace.files.set(path, call.bytes);
  return { headers: { etag: '"0"' } };
}
