import { ApiError, invalid, missing } from './call.ts';
import type { Workspace } from './workspace.ts';

/**
 * Whether something may lie at `path`, and be written there.
 * @throws ApiError for a path in no volume, of a version that is not there, or of a version that is registered already
 */
export function requirePlace(workspace: Workspace, path: string, writes: boolean): void {
  const [root, ...rest] = path.split('/').filter(Boolean);
  if (path.split('/').some((part) => part === '..' || part === '.')) throw invalid(`${path} is no plain path`);
  if (root === 'Volumes') requireVolume(workspace, rest, path);
  else if (root === 'Models') requireVersion(workspace, rest, writes);
  else if (root !== 'WorkspaceInternal' || rest[0] !== 'Mlflow' || rest[1] !== 'Artifacts')
    throw invalid(`${path} is below no root of the Files API`);
}

function requireVolume({ folders }: Workspace, rest: string[], path: string): void {
  const volume = `/Volumes/${rest.slice(0, 3).join('/')}`;
  if (rest.length < 4) throw invalid(`${path} is no file in a volume`);
  if (![...folders].some((folder) => folder === volume || folder.startsWith(`${volume}/`)))
    throw missing(`Volume '${rest.slice(0, 3).join('.')}'`);
}

function requireVersion({ models }: Workspace, rest: string[], writes: boolean): void {
  const [catalog, schema, model, number] = rest;
  const version = models.get(`${catalog}.${schema}.${model}`)?.versions.get(Number(number));
  if (version === undefined) throw missing(`Model version ${rest.slice(0, 4).join('.')}`);
  if (writes && version.status !== 'PENDING_REGISTRATION')
    throw new ApiError(403, 'PERMISSION_DENIED', `Version ${number} is registered: its files do not change any more.`);
}
