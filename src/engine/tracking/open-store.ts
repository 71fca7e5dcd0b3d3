import { configError } from '../config/config-error.ts';
import { fileStoreRoot, isFileStoreUri } from './files/location.ts';
import { FileStore } from './files/store.ts';
import { isSqliteUri, sqliteFile } from './sqlite/location.ts';
import { openSqliteStore } from './sqlite/store.ts';
import type { RemoteArtifacts } from './sqlite/store-artifacts.ts';
import type { TrackingStore } from './store.ts';

export interface OpenStoreOptions extends RemoteArtifacts {
  /** mlflow.tracking_uri */
  uri: string;
  /** Folder that relative paths start from: the one of config.yaml. */
  baseDir: string;
  /** Where new experiments of a local store keep their artifacts. */
  artifactRoot?: string;
  readOnly?: boolean;
  /** Make a store that is missing; true unless `readOnly`. */
  create?: boolean;
  lockWaitMs?: number;
}

/**
 * Opens the store behind a tracking URI.
 * @throws EngineError `unsupported` for back ends that are not there yet, and what opening the store says
 */
export async function openTrackingStore(options: OpenStoreOptions): Promise<TrackingStore> {
  requireBackEnd(options.uri);
  if (isFileStoreUri(options.uri)) return new FileStore(fileStoreRoot(options.uri, options.baseDir), options);
  return openSqliteStore(options);
}

/**
 * Refuses addresses of stores before anything is opened.
 * @param mlflow the section of the configuration
 * @throws EngineError `unsupported`; also for a registry apart from the tracking store, because deployments and their history
 *   must lie in one
 */
export function requireStoreUris(
  { tracking_uri, registry_uri }: { tracking_uri: string; registry_uri: string | null },
  baseDir: string,
): void {
  requireBackEnd(tracking_uri);
  if (isSqliteUri(tracking_uri)) sqliteFile(tracking_uri, baseDir);
  if (registry_uri === null || registry_uri === tracking_uri) return;
  const found = `found "${registry_uri}"; a registry apart from the tracking store arrives later`;
  throw configError(['mlflow', 'registry_uri'], found, {
    reason: 'unsupported',
    fix: 'Set mlflow.registry_uri: null, so that models are registered where runs are tracked.',
  });
}

function requireBackEnd(uri: string): void {
  if (isSqliteUri(uri) || isFileStoreUri(uri)) return;
  throw configError(['mlflow', 'tracking_uri'], `found "${uri}"; expected sqlite:///FILE`, {
    reason: 'unsupported',
    fix: 'Set mlflow.tracking_uri to sqlite:///mlflow.db. Servers and Databricks arrive in a later release.',
  });
}
