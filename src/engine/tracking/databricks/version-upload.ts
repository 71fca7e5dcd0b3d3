import { createReadStream, readdirSync, statSync } from 'node:fs';
import path from 'node:path';
import { putFile } from '../../databricks/files.ts';
import type { WorkspaceClient } from '../../databricks/workspace-client.ts';
import { EngineError } from '../../support/errors.ts';
import type { WireVersion } from '../rest/wire.ts';

/** What a version is made of: the body of `model-versions/create`. */
export interface NewVersion {
  name: string;
  source: string;
  run_id: string;
  description?: string;
  tags?: { key: string; value?: string }[];
}

interface Upload extends NewVersion {
  /** The model's files, on this machine. */
  folder: string;
  /** A version of this run that was begun and never got ready. */
  begun: string | undefined;
}

const VERSIONS = '/api/2.0/mlflow/unity-catalog/model-versions';

/**
 * Makes a version in Unity Catalog, as MLflow's own client does: create, bring the files, finalize. One that was begun is gone on with.
 * @returns its number
 */
export async function registerVersion(client: WorkspaceClient, upload: Upload): Promise<string> {
  const { name, folder, begun } = upload;
  const version = begun ?? (await create(client, upload));
  const root = `/Models/${name.split('.').map(encodeURIComponent).join('/')}/${version}`;
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  const relatives = files.map((entry) => path.relative(folder, path.join(entry.parentPath, entry.name)));
  // MLmodel comes last: a folder that has it is whole.
  const ordered = relatives.sort((a, b) => Number(a === 'MLmodel') - Number(b === 'MLmodel') || (a < b ? -1 : 1));
  for (const relative of ordered) {
    await put(client, `${root}/${relative.replaceAll(path.sep, '/')}`, path.join(folder, relative));
  }
  await client.call({ method: 'POST', path: `${VERSIONS}/finalize`, body: { name, version }, isRepeatable: true });
  return version;
}

/** An answer that was lost is looked for: a version of this run that is not ready can only be ours. */
async function create(client: WorkspaceClient, { name, source, run_id, description, tags }: Upload): Promise<string> {
  const { workspaceId } = await client.me();
  const body = {
    name,
    source,
    run_id,
    ...(description ? { description } : {}),
    ...(tags?.length ? { tags } : {}),
    ...(workspaceId === null ? {} : { run_tracking_server_id: workspaceId }),
  };
  try {
    const made = await client.call<{ model_version: WireVersion }>({
      method: 'POST',
      path: `${VERSIONS}/create`,
      body,
    });
    return String(made.model_version.version);
  } catch (error) {
    if (!EngineError.is(error, 'unreachable')) throw error;
    const query = { filter: `run_id='${run_id}'`, max_results: 100 };
    const { model_versions = [] } = await client
      .call<{ model_versions?: WireVersion[] }>({ method: 'GET', path: `${VERSIONS}/search`, query })
      .catch(() => ({ model_versions: [] }));
    const made = model_versions.find((each) => each.name === name && each.status === 'PENDING_REGISTRATION');
    if (made === undefined) throw error;
    return String(made.version);
  }
}

/** By the Files API; where the workspace does not open that root for it, by a signed address. */
async function put(client: WorkspaceClient, target: string, file: string): Promise<void> {
  const { size } = statSync(file);
  const open = () => (size === 0 ? Buffer.alloc(0) : createReadStream(file));
  try {
    await putFile(client, target, { open, size });
  } catch (error) {
    if (!EngineError.is(error, 'unauthorized') && !EngineError.is(error, 'not-found')) throw error;
    const { url, headers = [] } = await client.call<{ url: string; headers?: { name: string; value: string }[] }>({
      method: 'POST',
      path: '/api/2.0/fs/create-upload-url',
      body: { path: target },
      isRepeatable: true,
    });
    const own = Object.fromEntries(headers.map(({ name, value }) => [name, value]));
    await client.uploadSigned({ url, headers: own }, open, size);
  }
}
