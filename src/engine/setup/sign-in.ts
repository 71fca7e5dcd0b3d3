import { readFileSync } from 'node:fs';
import path from 'node:path';
import { isS3Uri } from '../artifacts/s3/address.ts';
import { s3Settings } from '../artifacts/s3/settings.ts';
import { ignoreFile, withEnvFile, writeEnvFile } from '../config/env-file-edit.ts';
import { type Environment, inspectConfig, type LoadedConfig, loadConfig } from '../config/load.ts';
import { parseSetFlag } from '../config/overrides.ts';
import { withPlaces } from '../config/place-error.ts';
import { lookAtS3 } from '../data/sources/s3.ts';
import { connect } from '../databricks/workspace-client.ts';
import { type OpenProjectOptions, openProject, openProjectStore, type Project, requireWritable } from '../project.ts';
import { writeFileWhole } from '../support/atomic-file.ts';
import { EngineError } from '../support/errors.ts';
import { networkRefused } from '../support/trust.ts';
import { hostOf } from './credential-hosts.ts';
import { type CredentialKind, credentialKinds } from './credential-kinds.ts';
import { replacedBy, rivalOf, signedInEnvironment } from './credential-order.ts';

/** What `sign-in --json` prints. */
export interface SignInResult {
  schema: 1;
  status: 'signed-in';
  /** What was asked: host of the back end, without credentials. */
  place: string;
  /** Address that the credentials are for, so that no other one gets them; null when what is set already was checked. */
  host: string | null;
  /** Names of the variables; empty when what is set already was checked. */
  variables: string[];
  /** Names of variables that are not kept beside these any more, because they would be used instead. */
  replaces: string[];
  /** The dotenv file that holds them now, relative to config.yaml; null when they were only checked. */
  saved_to: string | null;
}

export interface SignInOptions extends OpenProjectOptions {
  /** Values by environment variable. */
  credentials: Record<string, string>;
  /** Write them into `env_file` once they are good, so that cron can use them. */
  save?: boolean | undefined;
}

const DEFAULT_FILE = '.env';

/**
 * The ways to sign in to what a project works with.
 * @throws EngineError `usage` when all of it lies on this machine
 */
export async function waysToSignIn(options: OpenProjectOptions): Promise<CredentialKind[]> {
  const loaded = inspect(options, options.env ?? process.env);
  const { config } = loaded;
  const kinds = credentialKinds(config, await localArtifactLocation(loaded));
  if (kinds.length > 0) return kinds;
  throw new EngineError('usage', `${config.mlflow.tracking_uri} needs no sign-in: it lies on this machine.`, {
    fix: 'Set mlflow.tracking_uri to a server (http://...) or to databricks first.',
  });
}

/** Where a store on this machine keeps the artifacts of the project; a server would first have to let us in. */
async function localArtifactLocation(loaded: LoadedConfig): Promise<string | null> {
  const { tracking_uri, experiment_name } = loaded.config.mlflow;
  if (/^(https?|databricks)/.test(tracking_uri)) return null;
  try {
    const store = await openProjectStore(loaded, { readOnly: true, isOffline: true });
    try {
      return (await store.findExperiment(experiment_name))?.artifactLocation ?? null;
    } finally {
      await store.close();
    }
  } catch {
    // No store yet, or one that cannot be read: nothing is known of its artifacts.
    return null;
  }
}

function inspect({ configFile, set }: OpenProjectOptions, env: Environment): LoadedConfig {
  const overrides = (set ?? []).map(parseSetFlag);
  return inspectConfig({ file: path.resolve(configFile ?? 'config.yaml'), overrides, env });
}

/**
 * Checks credentials by asking the back end as every later command will, and keeps them when that was wanted.
 * @throws EngineError `unauthorized` when they are refused, `unreachable`, `untrusted-workspace` where nobody may be asked, `usage` when something else would be used in their place;
 *   nothing is kept then
 */
export async function signIn(options: SignInOptions): Promise<SignInResult> {
  const { credentials, save = false, ...projectOptions } = options;
  if (save) requireWritable({ readOnly: options.readOnly ?? false });
  if (options.isOffline) throw networkRefused('what config.yaml names');
  requireUse(options);
  const env = signedInEnvironment(credentials, options.env ?? process.env);
  const place = await askerOf(credentials)({ ...projectOptions, env, readOnly: true });
  const saved_to = save ? keep(path.resolve(options.configFile ?? 'config.yaml'), credentials) : null;
  const replaces = replacedBy(credentials);
  const variables = Object.keys(credentials);
  const host = variables[0] === undefined ? null : hostOf(variables[0], inspect(options, env));
  return { schema: 1, status: 'signed-in', place, host, variables, replaces, saved_to };
}

/** What would never be used is neither checked nor kept: the answer would be about something else. */
function requireUse(options: SignInOptions): void {
  const { env = process.env, credentials } = options;
  const { mlflow } = inspect(options, signedInEnvironment(credentials, env)).config;
  const rival = rivalOf(credentials, env, mlflow.tracking_uri);
  if (rival === null) return;
  const typed = Object.keys(credentials).join(' and ');
  throw new EngineError('usage', `${typed}: ${rival.what} would be used instead of what you typed.`, {
    fix: `${rival.fix} and sign in again; or check what is set: gnu-mlops sign-in --check`,
  });
}

/** Whom the credentials are for: S3 and Databricks may hold the data only. */
function askerOf(credentials: Record<string, string>): (options: OpenProjectOptions) => Promise<string> {
  const names = Object.keys(credentials);
  if (names.includes('AWS_ACCESS_KEY_ID')) return askS3;
  return names.some((name) => name.startsWith('DATABRICKS_')) ? askDatabricks : ask;
}

/** A request that needs a right to read; the address alone would not tell. */
async function ask(options: OpenProjectOptions): Promise<string> {
  const project = await openProject(options);
  try {
    const { location } = await project.store.describe();
    await project.store.findExperiment(project.config.mlflow.experiment_name);
    return location;
  } finally {
    await project.close();
  }
}

/** Access keys are for the data, or for the artifacts, not for the store. */
async function askS3(options: OpenProjectOptions): Promise<string> {
  const loaded = configOf(options);
  if (loaded.config.data.source === 's3') return withPlaces(loaded, () => lookAtS3(loaded.config, loaded.env));
  const project = await openProject(options);
  try {
    await lookAtArtifacts(project);
    return s3Settings(loaded.config, loaded.env).endpoint ?? 'Amazon S3';
  } finally {
    await project.close();
  }
}

async function lookAtArtifacts({ store, config }: Project): Promise<void> {
  const { experiment_name: name } = config.mlflow;
  const location = (await store.findExperiment(name))?.artifactLocation ?? null;
  if (location !== null && isS3Uri(location)) return void (await store.artifacts.list(location, 1));
  const found = location === null ? `there is no experiment ${name} yet` : `artifacts lie at ${location}`;
  throw new EngineError('usage', `Nothing in S3 could be asked whether it accepts the credentials: ${found}.`, {
    fix: 'Set data.source: s3, or make the experiment with an artifact location in S3 first.',
  });
}

async function askDatabricks(options: OpenProjectOptions): Promise<string> {
  const loaded = configOf(options);
  return withPlaces(loaded, async () => {
    const client = connect(loaded.config, loaded.env);
    await client.me();
    return client.host;
  });
}

function configOf({ configFile, set, env }: OpenProjectOptions): LoadedConfig {
  const overrides = (set ?? []).map(parseSetFlag);
  return loadConfig({ file: path.resolve(configFile ?? 'config.yaml'), overrides, ...(env ? { env } : {}) });
}

/** The file comes before the line that names it, so that config.yaml never names one that is missing. */
function keep(configFile: string, credentials: Record<string, string>): string {
  const named = loadConfig({ file: configFile }).config.env_file;
  const file = path.resolve(path.dirname(configFile), named ?? DEFAULT_FILE);
  ignoreFile(file);
  writeEnvFile(file, credentials, replacedBy(credentials));
  if (named === null) writeFileWhole(configFile, withEnvFile(readFileSync(configFile, 'utf8'), DEFAULT_FILE));
  return path.relative(path.dirname(configFile), file);
}
