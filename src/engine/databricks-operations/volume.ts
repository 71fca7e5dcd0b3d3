import type { Config } from '../config/config.ts';
import { configError } from '../config/config-error.ts';
import { hasFolder, makeFolder } from '../databricks/files.ts';
import type { WorkspaceClient } from '../databricks/workspace-client.ts';
import { EngineError } from '../support/errors.ts';
import type { Step } from './step.ts';

/** Where files of the project lie: a Volume of Unity Catalog, or a folder of DBFS. */
export interface Volume {
  /** As machines of the workspace see it: `/Volumes/catalog/schema/name`, `/dbfs/folder`. */
  path: string;
  /** Null for a folder of DBFS. */
  inCatalog: { catalog: string; schema: string; name: string } | null;
}

/** Whether a path is one of the workspace, and none of this machine. */
export function isInWorkspace(path: string): boolean {
  return /^\/(Volumes|dbfs)\//.test(path);
}

/**
 * The Volume that files of the project lie in: `databricks.volume`, which may be a folder of DBFS, else one called gnu_mlops beside
 * the model.
 * @throws EngineError `invalid-config` when neither says where
 */
export function projectVolume({ databricks, mlflow, deployment: { compute } }: Config): Volume {
  const written = databricks.volume ?? besideModel(mlflow.model_name);
  const folder = /^dbfs:\/+([^/].*?)\/*$/.exec(written ?? '')?.[1];
  if (folder !== undefined) return dbfsFolder(folder, compute);
  const parts = written?.split('.') ?? [];
  const [catalog, schema, name] = parts;
  if (!catalog || !schema || !name || parts.length !== 3) {
    throw configError(
      ['databricks', 'volume'],
      `found ${written ?? 'none'}; expected catalog.schema.volume, or dbfs:/FOLDER`,
      {
        fix: 'Name a Volume for the files of the project, such as main.ml.gnu_mlops; setup makes it.',
      },
    );
  }
  return { path: `/Volumes/${catalog}/${schema}/${name}`, inCatalog: { catalog, schema, name } };
}

function dbfsFolder(folder: string, { instance_type }: Config['deployment']['compute']): Volume {
  if (folder.startsWith('Volumes/') || folder.startsWith('databricks/')) {
    throw configError(['databricks', 'volume'], `found dbfs:/${folder}; that is no folder of DBFS`, {
      fix: 'Name a Volume as catalog.schema.volume, or another folder, such as dbfs:/gnu_mlops.',
    });
  }
  if (instance_type === 'serverless') {
    throw configError(['databricks', 'volume'], `found dbfs:/${folder}; serverless compute has no DBFS`, {
      fix: 'Name a Volume (catalog.schema.volume), or another deployment.compute.instance_type.',
    });
  }
  return { path: `/dbfs/${folder}`, inCatalog: null };
}

function besideModel(modelName: string): string | null {
  const parts = modelName.split('.');
  return parts.length === 3 ? `${parts[0]}.${parts[1]}.gnu_mlops` : null;
}

/** Whether it is there. */
export async function hasVolume(client: WorkspaceClient, { inCatalog, path: folder }: Volume): Promise<boolean> {
  if (inCatalog === null) return hasFolder(client, folder);
  const { catalog, schema, name } = inCatalog;
  try {
    const path = `/api/2.1/unity-catalog/volumes/${encodeURIComponent(`${catalog}.${schema}.${name}`)}`;
    await client.call({ method: 'GET', path });
    return true;
  } catch (error) {
    if (EngineError.is(error, 'not-found')) return false;
    throw error;
  }
}

/** The step that makes a Volume where there is none. */
export async function volumeStep(client: WorkspaceClient, volume: Volume): Promise<Step> {
  const { inCatalog, path } = volume;
  const isThere = await hasVolume(client, volume);
  if (inCatalog === null) return folderStep(client, path, { isThere, what: 'A folder of DBFS for the project.' });
  const { catalog, schema, name } = inCatalog;
  return {
    kind: 'volume',
    action: isThere ? 'unchanged' : 'create',
    name: path,
    detail: isThere ? 'It is there.' : 'A managed Volume for the program, data and results of the project.',
    apply: async () => {
      const body = { catalog_name: catalog, schema_name: schema, name, volume_type: 'MANAGED' };
      await client.call({ method: 'POST', path: '/api/2.1/unity-catalog/volumes', body });
    },
  };
}

/** The step that makes a folder of a Volume; making one that is there changes nothing. */
export function volumeFolderStep(client: WorkspaceClient, path: string, known: ReadonlySet<string>): Step {
  return folderStep(client, path, { isThere: known.has(path), what: 'A folder of the Volume.' });
}

function folderStep(
  client: WorkspaceClient,
  path: string,
  { isThere, what }: { isThere: boolean; what: string },
): Step {
  return {
    kind: 'folder',
    action: isThere ? 'unchanged' : 'create',
    name: path,
    detail: isThere ? 'It is there.' : what,
    apply: ({ signal }) => makeFolder(client, path, signal),
  };
}
