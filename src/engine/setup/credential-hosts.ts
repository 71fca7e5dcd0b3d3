import { s3Settings } from '../artifacts/s3/settings.ts';
import { databricksHost } from '../config/databricks-settings.ts';
import type { LoadedConfig } from '../config/load.ts';
import { originOf } from '../config/other-server.ts';

type Credentials = Record<string, string>;

/** What somebody signed in with, by the host that accepted it. */
export type KeptCredentials = Record<string, Credentials>;

type Place = Pick<LoadedConfig, 'config' | 'env'>;

/** Who gets a credential, by how its variable begins. */
const HOSTS: Record<string, (place: Place) => string | null> = {
  MLFLOW_: ({ config }) => originOf(config.mlflow.tracking_uri),
  DATABRICKS_: ({ config, env }) => databricksHost(config.databricks, env, config.mlflow.tracking_uri),
  AWS_: (place) => s3Settings(place.config, place.env).endpoint ?? 'https://s3.amazonaws.com',
};

/** The host that this configuration sends a credential to; null when it uses none. */
export function hostOf(variable: string, place: Place): string | null {
  const prefix = Object.keys(HOSTS).find((each) => variable.startsWith(each));
  return prefix === undefined ? null : HOSTS[prefix]!(place);
}

/** Of the credentials that were kept those for the hosts that a configuration names now: another one gets nothing. */
export function credentialsFor(kept: KeptCredentials, place: Place): Credentials {
  const fitting = Object.entries(kept).flatMap(([host, credentials]) =>
    Object.entries(credentials).filter(([name]) => hostOf(name, place) === host),
  );
  return Object.fromEntries(fitting);
}
