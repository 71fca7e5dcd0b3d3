import { joinLocation } from '../../artifacts/artifact-path.ts';
import { Artifacts } from '../../artifacts/artifacts.ts';
import { databricksOpener } from '../../artifacts/databricks/repository.ts';
import type { RepositoryOpener } from '../../artifacts/repository.ts';
import type { Config } from '../../config/config.ts';
import type { WorkspaceClient } from '../../databricks/workspace-client.ts';
import { MlflowApi } from '../rest/api.ts';
import { RestStore } from '../rest/store.ts';
import type { WireRun } from '../rest/wire.ts';
import { ExperimentNames } from './experiment-names.ts';
import { DatabricksServer } from './server.ts';
import { UnityCatalog } from './unity-catalog.ts';
import { WorkspaceRegistry } from './workspace-registry.ts';

interface DatabricksStoreOptions {
  /** Folder of the workspace that experiments lie in. */
  workspacePath: string;
  registry: 'unity-catalog' | 'workspace';
  cacheFolder: string;
  remotes?: RepositoryOpener[];
  readOnly?: boolean;
}

export function isDatabricksUri(uri: string): boolean {
  return /^databricks(-uc)?(:\/\/[^/]+)?\/?$/.test(uri);
}

/** Where a project on Databricks registers its models: in Unity Catalog, unless the workspace's own registry is asked for. */
export function registryOf({
  registry_uri,
  model_name,
}: Pick<Config['mlflow'], 'registry_uri' | 'model_name'>): DatabricksStoreOptions['registry'] {
  if (registry_uri !== null) return registry_uri.startsWith('databricks-uc') ? 'unity-catalog' : 'workspace';
  return model_name.split('.').length === 3 ? 'unity-catalog' : 'workspace';
}

/** MLflow's tracking of a Databricks workspace, with its registry. */
export function openDatabricksStore(client: WorkspaceClient, options: DatabricksStoreOptions): RestStore {
  const { workspacePath, registry, cacheFolder, remotes = [], readOnly = false } = options;
  const artifacts = new Artifacts({
    localFolder: () => null,
    remotes: [databricksOpener(client), ...remotes],
    cacheFolder,
  });
  const modelFolder = async (source: string) => artifacts.folder(await locationOf(client, source));
  const models = registry === 'workspace' ? new WorkspaceRegistry(client) : new UnityCatalog(client, modelFolder);
  const server = new DatabricksServer(client, new ExperimentNames(workspacePath), models);
  return new RestStore(new MlflowApi(server), {
    artifacts,
    readOnly,
    kind: 'databricks',
    registryChanges: () => models.changes(),
    signedInAs: async () => (await client.me()).userName,
  });
}

/** Where what is registered lies. */
async function locationOf(client: WorkspaceClient, source: string): Promise<string> {
  const [, runId, rest = ''] = /^runs:\/+([^/]+)\/?(.*)$/.exec(source) ?? [];
  if (runId === undefined) return source;
  const query = { run_id: runId };
  const { run } = await client.call<{ run: WireRun }>({ method: 'GET', path: '/api/2.0/mlflow/runs/get', query });
  return joinLocation(run.info.artifact_uri ?? '', ...rest.split('/').filter(Boolean));
}
