import { EngineError } from '../support/errors.ts';
import type { Config } from './config.ts';
import { configError } from './config-error.ts';
import { type Profile, profileFile, readProfile } from './databricks-profile.ts';

/** How a workspace is told who asks. */
export type DatabricksCredentials =
  | { kind: 'token'; token: string }
  /** OAuth machine-to-machine. */
  | { kind: 'service-principal'; clientId: string; clientSecret: string }
  /** Whatever `databricks auth login` left behind, by Databricks' own command line. */
  | { kind: 'databricks-cli' };

/** A workspace and how to get in. */
export interface DatabricksSettings {
  /** `https://host`, without a slash at the end. */
  host: string;
  credentials: DatabricksCredentials;
  warehouseId: string | null;
}

type Environment = Record<string, string | undefined>;
type Section = Config['databricks'];

/**
 * The workspace that configuration, environment and ~/.databrickscfg name, with the precedence of Databricks' own tools: the file
 * fills in what is missing, and is not read at all when no profile is asked for and a host or a credential is there already.
 * @param uri `databricks` or `databricks://PROFILE`; also `databricks-uc`
 * @throws EngineError `invalid-config`; `unsupported` for other ways to sign in
 */
export function databricksSettings(section: Section, env: Environment, uri = 'databricks'): DatabricksSettings {
  const values = allValues(section, env, uri);
  return {
    host: workspaceAddress(values.host, env),
    credentials: credentials(values),
    warehouseId: values.warehouse_id ?? null,
  };
}

/** Only the address; null when none is named. */
export function databricksHost(section: Section, env: Environment, uri: string): string | null {
  try {
    return workspaceAddress(allValues(section, env, uri).host, env);
  } catch {
    return null;
  }
}

function allValues(section: Section, env: Environment, uri: string): Profile {
  const own = ownValues(section, env);
  const asked = /^databricks(?:-uc)?:\/\/([^/:]+)/.exec(uri)?.[1] ?? section.profile ?? env.DATABRICKS_CONFIG_PROFILE;
  const isEnough = !asked && [own.host, own.token, own.client_id].some(Boolean);
  const profile = isEnough ? {} : readProfile(asked || null, env);
  return { ...profile, ...own };
}

/** Tokens and secrets of the profile that is used, so that nothing prints them. */
export function profileSecrets(config: Config, env: Environment): (string | undefined)[] {
  if (!usesDatabricks(config)) return [];
  try {
    const uri = String(config.mlflow.tracking_uri);
    const asked = /^databricks(?:-uc)?:\/\/([^/:]+)/.exec(uri)?.[1] ?? config.databricks.profile;
    const profile = readProfile(asked ?? env.DATABRICKS_CONFIG_PROFILE ?? null, env);
    return [profile.token, profile.client_secret, profile.password];
  } catch {
    return [];
  }
}

/** Wrong shapes of a configuration that is still being written are no reason to stop. */
function usesDatabricks({ mlflow, data, databricks }: Partial<Config>): boolean {
  return (
    String(mlflow?.tracking_uri).startsWith('databricks') ||
    data?.source === 'databricks' ||
    Boolean(databricks?.profile)
  );
}

function ownValues(section: Section, env: Environment): Profile {
  const values = {
    host: section.host,
    token: section.token,
    client_id: env.DATABRICKS_CLIENT_ID,
    client_secret: env.DATABRICKS_CLIENT_SECRET,
    auth_type: env.DATABRICKS_AUTH_TYPE,
    warehouse_id: section.warehouse_id ?? env.DATABRICKS_WAREHOUSE_ID,
  };
  return Object.fromEntries(Object.entries(values).filter((entry): entry is [string, string] => Boolean(entry[1])));
}

function workspaceAddress(host: string | undefined, env: Environment): string {
  if (!host) {
    throw configError(['databricks', 'host'], 'found none; expected the address of a workspace', {
      fix: `Set DATABRICKS_HOST and DATABRICKS_TOKEN, or make a profile in ${profileFile(env)} and name it in databricks.profile.`,
    });
  }
  const address = /^https?:\/\//i.test(host) ? host : `https://${host}`;
  try {
    return new URL(address).origin;
  } catch {
    throw configError(
      ['databricks', 'host'],
      `found "${host}"; expected an address such as https://adb-1.2.azuredatabricks.net`,
    );
  }
}

/** Ways to sign in that we know, and what each of them needs. */
const NEEDS: Record<string, readonly string[]> = {
  pat: ['token'],
  'oauth-m2m': ['client_id', 'client_secret'],
  'databricks-cli': [],
};

function credentials(values: Profile): DatabricksCredentials {
  const kind = values.auth_type ?? onlyKind(values);
  const needs = NEEDS[kind];
  if (needs === undefined) {
    throw new EngineError(
      'unsupported',
      `Signing in to Databricks by "${kind}" is not supported; expected pat, oauth-m2m or databricks-cli.`,
      {
        fix: 'Run "databricks auth login" and set auth_type = databricks-cli in the profile.',
      },
    );
  }
  const lacks = needs.find((name) => !values[name]);
  if (lacks !== undefined) {
    throw new EngineError('invalid-config', `Signing in to Databricks by ${kind} needs ${lacks}, which is not set.`, {
      fix: `Set DATABRICKS_${lacks.toUpperCase()}, or ${lacks} in the profile.`,
    });
  }
  if (kind === 'pat') return { kind: 'token', token: values.token! };
  if (kind === 'databricks-cli') return { kind };
  return { kind: 'service-principal', clientId: values.client_id!, clientSecret: values.client_secret! };
}

function onlyKind(values: Profile): string {
  const given = [values.token && 'pat', (values.client_id || values.client_secret) && 'oauth-m2m'].filter(
    Boolean,
  ) as string[];
  if (given.length > 1) {
    throw new EngineError(
      'invalid-config',
      'Databricks credentials are of more than one kind: a token and a service principal.',
      {
        fix: 'Remove one of them, or set DATABRICKS_AUTH_TYPE to pat or oauth-m2m.',
      },
    );
  }
  return given[0] ?? 'databricks-cli';
}
