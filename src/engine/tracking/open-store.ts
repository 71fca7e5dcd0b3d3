import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { Artifacts } from '../artifacts/artifacts.ts';
import { mlflowOpener } from '../artifacts/mlflow/repository.ts';
import type { Config } from '../config/config.ts';
import { configError } from '../config/config-error.ts';
import { connect } from '../databricks/workspace-client.ts';
import { networkRefused } from '../support/trust.ts';
import { isDatabricksUri, openDatabricksStore, registryOf } from './databricks/open.ts';
import { fileStoreRoot, isFileStoreUri } from './files/location.ts';
import { FileStore } from './files/store.ts';
import { MlflowApi } from './rest/api.ts';
import { mlflowHttpClient, serverClient } from './rest/server.ts';
import { RestStore } from './rest/store.ts';
import { isSqliteUri, sqliteFile } from './sqlite/location.ts';
import { openSqliteStore } from './sqlite/store.ts';
import type { RemoteArtifacts } from './sqlite/store-artifacts.ts';
import type { TrackingStore } from './store.ts';

export interface OpenStoreOptions extends RemoteArtifacts {
  /** mlflow.tracking_uri */
  uri: string;
  /** For what stands beside the address in the configuration: the section of Databricks. */
  config?: Config;
  /** Folder that relative paths start from: the one of config.yaml. */
  baseDir: string;
  /** Where new experiments of a local store keep their artifacts. */
  artifactRoot?: string;
  readOnly?: boolean;
  /** Make a store that is missing; true unless `readOnly`. */
  create?: boolean;
  lockWaitMs?: number;
  /** Where credentials of servers, proxies and certificates are named. */
  env?: Record<string, string | undefined>;
  /** Nothing is asked of servers: for workspaces that are not trusted. */
  isOffline?: boolean;
  /** Ends the request that is under way; what is asked afterwards, to tidy up, goes on. */
  signal?: AbortSignal | undefined;
}

/**
 * Opens the store behind a tracking URI.
 * @throws EngineError `unsupported` for back ends that are not there yet, and what opening the store says
 */
export async function openTrackingStore(options: OpenStoreOptions): Promise<TrackingStore> {
  requireBackEnd(options.uri);
  if (isServerUri(options.uri)) return openServerStore(options);
  if (isDatabricksUri(options.uri)) return openWorkspaceStore(options);
  if (isFileStoreUri(options.uri)) return new FileStore(fileStoreRoot(options.uri, options.baseDir), options);
  return openSqliteStore(options);
}

function openServerStore(options: OpenStoreOptions): TrackingStore {
  const { uri, baseDir, env = process.env, readOnly = false, isOffline = false, cacheFolder, remotes = [] } = options;
  if (isOffline) throw networkRefused(`the server ${new URL(uri).host}`);
  const http = mlflowHttpClient(uri, env, options.signal);
  const artifacts = new Artifacts({
    localFolder: sharedFolder,
    remotes: [mlflowOpener(http), ...remotes],
    cacheFolder: cacheFolder ?? path.join(baseDir, '.gnu-mlops/cache/artifacts'),
  });
  return new RestStore(new MlflowApi(serverClient(http)), { artifacts, readOnly });
}

function openWorkspaceStore({
  uri,
  config,
  baseDir,
  env = process.env,
  signal,
  ...options
}: OpenStoreOptions): TrackingStore {
  if (options.isOffline) throw networkRefused('the Databricks workspace');
  if (config === undefined) throw new TypeError('a Databricks store needs the configuration');
  return openDatabricksStore(connect(config, env, { uri, signal }), {
    workspacePath: config.databricks.workspace_path,
    registry: registryOf(config.mlflow),
    cacheFolder: options.cacheFolder ?? path.join(baseDir, '.gnu-mlops/cache/artifacts'),
    remotes: options.remotes ?? [],
    readOnly: options.readOnly ?? false,
  });
}

/** A server that keeps artifacts in a folder gives its path: whoever uses it shares that folder with the server. */
function sharedFolder(uri: string): string | null {
  if (uri.startsWith('file:')) return fileURLToPath(uri);
  return path.isAbsolute(uri) ? uri : null;
}

function isServerUri(uri: string): boolean {
  return /^https?:\/\//.test(uri);
}

/**
 * Refuses addresses of stores before anything is opened.
 * @param mlflow the section of the configuration
 * @throws EngineError `unsupported`; also for a registry apart from the tracking store, because deployments and their history
 *   must lie in one
 */
export function requireStoreUris(
  mlflow: Pick<Config['mlflow'], 'tracking_uri' | 'registry_uri' | 'model_name'>,
  baseDir: string,
): void {
  const { tracking_uri, registry_uri } = mlflow;
  requireBackEnd(tracking_uri);
  if (isSqliteUri(tracking_uri)) sqliteFile(tracking_uri, baseDir);
  if (isDatabricksUri(tracking_uri) && (registry_uri === null || isDatabricksUri(registry_uri)))
    requireUnityName(mlflow);
  else if (registry_uri !== null && registry_uri !== tracking_uri) refuseRegistry(registry_uri);
}

/** Names in Unity Catalog have three parts. */
function requireUnityName({ registry_uri, model_name }: Pick<Config['mlflow'], 'registry_uri' | 'model_name'>): void {
  if (!registry_uri?.startsWith('databricks-uc') || /^[^./\s]+\.[^./\s]+\.[^./\s]+$/.test(model_name)) return;
  throw configError(
    ['mlflow', 'model_name'],
    `found "${model_name}"; expected catalog.schema.model, as Unity Catalog has it`,
    {
      fix: 'Write a name such as main.ml.churn.',
    },
  );
}

function refuseRegistry(registry_uri: string): never {
  const found = `found "${registry_uri}"; a registry apart from the tracking store arrives later`;
  throw configError(['mlflow', 'registry_uri'], found, {
    reason: 'unsupported',
    fix: 'Set mlflow.registry_uri: null, so that models are registered where runs are tracked.',
  });
}

function requireBackEnd(uri: string): void {
  if (isSqliteUri(uri) || isFileStoreUri(uri) || isDatabricksUri(uri) || (isServerUri(uri) && URL.canParse(uri)))
    return;
  throw configError(
    ['mlflow', 'tracking_uri'],
    `found "${uri}"; expected sqlite:///FILE, http(s)://HOST or databricks`,
    {
      reason: 'unsupported',
      fix: 'Set mlflow.tracking_uri to sqlite:///mlflow.db, or to the address of an MLflow server, or to databricks.',
    },
  );
}
