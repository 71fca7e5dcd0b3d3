import type { Config } from '../config/config.ts';
import { configError } from '../config/config-error.ts';
import { makeFolder } from '../databricks/files.ts';
import type { WorkspaceClient } from '../databricks/workspace-client.ts';
import { EngineError } from '../support/errors.ts';
import type { Step } from './step.ts';

/** A Volume of Unity Catalog. */
export interface Volume {
  catalog: string;
  schema: string;
  name: string;
  /** `/Volumes/catalog/schema/name` */
  path: string;
}

/**
 * The Volume that files of the project lie in: `databricks.volume`, else one called gnu_mlops beside the model.
 * @throws EngineError `invalid-config` when neither says where
 */
export function projectVolume({ databricks, mlflow }: Config): Volume {
  const written = databricks.volume ?? besideModel(mlflow.model_name);
  const parts = written?.split('.') ?? [];
  const [catalog, schema, name] = parts;
  if (!catalog || !schema || !name || parts.length !== 3) {
    throw configError(['databricks', 'volume'], `found ${written ?? 'none'}; expected catalog.schema.volume`, {
      fix: 'Name a Volume for the files of the project, such as main.ml.gnu_mlops; setup makes it.',
    });
  }
  return { catalog, schema, name, path: `/Volumes/${catalog}/${schema}/${name}` };
}

function besideModel(modelName: string): string | null {
  const parts = modelName.split('.');
  return parts.length === 3 ? `${parts[0]}.${parts[1]}.gnu_mlops` : null;
}

/** Whether a Volume is there. */
export async function hasVolume(client: WorkspaceClient, { catalog, schema, name }: Volume): Promise<boolean> {
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
  const { catalog, schema, name, path } = volume;
  const isThere = await hasVolume(client, volume);
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
  const isThere = known.has(path);
  return {
    kind: 'folder',
    action: isThere ? 'unchanged' : 'create',
    name: path,
    detail: isThere ? 'It is there.' : 'A folder of the Volume.',
    apply: ({ signal }) => makeFolder(client, path, signal),
  };
}
