import { credentialsInAddress } from '../config/address-credentials.ts';
import type { Environment } from '../config/load.ts';

type Credentials = Record<string, string>;

const USER = 'MLFLOW_TRACKING_USERNAME';
const PASSWORD = 'MLFLOW_TRACKING_PASSWORD';
const TOKEN = 'MLFLOW_TRACKING_TOKEN';

/**
 * What must not be kept beside credentials, because it would beat them: for MLflow's own client, too, user and password come before a
 * token.
 * @returns names of variables
 */
export function replacedBy(credentials: Credentials): string[] {
  return TOKEN in credentials ? [USER, PASSWORD].filter((name) => !(name in credentials)) : [];
}

/**
 * The environment of somebody who signed in. As with MLflow's own client what the environment holds beats what was kept; what was kept
 * beats env_file, as a whole way to sign in.
 */
export function signedInEnvironment(credentials: Credentials, env: Environment): Environment {
  const without = replacedBy(credentials).map((name) => [name, undefined]);
  return { ...Object.fromEntries(without), ...credentials, ...env };
}

/** What is used in the place of credentials that somebody typed, for people. */
export interface Rival {
  what: string;
  fix: string;
}

/**
 * What would be used in the place of credentials that somebody typed; null when nothing hides them.
 * @param env without env_file
 */
export function rivalOf(credentials: Credentials, env: Environment, trackingUri: string): Rival | null {
  const taken = Object.keys(credentials).find((name) => env[name] !== undefined && env[name] !== credentials[name]);
  if (taken !== undefined) return ofEnvironment(taken);
  return TOKEN in credentials || PASSWORD in credentials ? beforeMlflow(credentials, env, trackingUri) : null;
}

function beforeMlflow(credentials: Credentials, env: Environment, trackingUri: string): Rival | null {
  const { username, password } = credentialsInAddress(URL.parse(trackingUri));
  const isOther = (credentials[USER] ?? username) !== username;
  if (username && (password || isOther)) {
    return {
      what: 'what stands in the address mlflow.tracking_uri',
      fix: 'Remove user and password from mlflow.tracking_uri',
    };
  }
  if (!(TOKEN in credentials && env[PASSWORD] && (username || env[USER]))) return null;
  return ofEnvironment(username ? PASSWORD : `${USER} and ${PASSWORD}`);
}

function ofEnvironment(names: string): Rival {
  return { what: `${names} of the environment`, fix: `Remove ${names} from the environment` };
}
