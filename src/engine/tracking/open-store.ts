import { EngineError } from '../support/errors.ts';
import { isSqliteUri } from './sqlite/location.ts';
import { openSqliteStore } from './sqlite/store.ts';
import type { TrackingStore } from './store.ts';

export interface OpenStoreOptions {
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
  if (isSqliteUri(options.uri)) return openSqliteStore(options);
  throw new EngineError(
    'unsupported',
    `The tracking URI "${options.uri}" names no back end that this release speaks.`,
    {
      fix: 'Set mlflow.tracking_uri to sqlite:///mlflow.db. Servers and Databricks arrive in a later release.',
    },
  );
}
