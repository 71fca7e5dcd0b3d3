import path from 'node:path';
import { s3Opener } from './artifacts/s3/repository.ts';
import { s3Settings } from './artifacts/s3/settings.ts';
import type { Config } from './config/config.ts';
import { type Environment, inspectConfig, type LoadedConfig, loadConfig } from './config/load.ts';
import { type Override, parseSetFlag } from './config/overrides.ts';
import { withPlaces } from './config/place-error.ts';
import { environmentSecrets, redact } from './config/secrets.ts';
import { currentActor } from './registry/actor.ts';
import { type RecoveredRun, recoverInterrupted } from './registry/recovery.ts';
import { EngineError } from './support/errors.ts';
import { LeaseStore } from './support/leases.ts';
import { type LogEntry, OperationLog } from './support/operation-log.ts';
import { makeStateFolder, stateFolderOf } from './support/state-folder.ts';
import { networkRefused } from './support/trust.ts';
import { artifactRootOf } from './tracking/artifact-root.ts';
import { openTrackingStore, requireStoreUris } from './tracking/open-store.ts';
import type { TrackingStore } from './tracking/store.ts';

export interface OpenProjectOptions {
  /** Path of config.yaml, relative to the working directory. */
  configFile?: string;
  /** `section.key=value`, as the command line's --set. */
  set?: string[];
  env?: Environment;
  /** Refuse every write: for workspaces that are not trusted. */
  readOnly?: boolean;
  /** Ends what is asked of a server when it is aborted; what is asked afterwards, to tidy up, goes on. */
  signal?: AbortSignal | undefined;
  /** Ask nothing of servers: for workspaces that are not trusted. */
  isOffline?: boolean;
  /** Make a store that is missing: true unless given. What only reads gets `not-found` instead. */
  createStore?: boolean;
  /** Id of the schedule that runs the operation. */
  schedule?: string;
  /** Tells the time; tests give their own. */
  clock?: () => Date;
  /** Gets every log entry, secrets removed. */
  onLog?: (entry: LogEntry) => void;
}

/** Configuration, store, clock and log in one object that every operation takes. Close it when done. */
export interface Project {
  readonly config: Config;
  readonly configFile: string;
  /** Folder of config.yaml; relative paths start here. */
  readonly baseDir: string;
  readonly env: Environment;
  readonly loaded: LoadedConfig;
  readonly store: TrackingStore;
  readonly readOnly: boolean;
  /** Nothing is asked of servers. */
  readonly isOffline: boolean;
  readonly clock: () => Date;
  /** The schedule that runs the operation, also as another scheduler names it in GNU_MLOPS_SCHEDULE; null for work by hand. */
  readonly schedule: string | null;
  /** Who acts, for history: see `currentActor`. */
  readonly actor: string;
  /** `text` with every secret of configuration and environment replaced by "***". */
  redact(text: string): string;
  /** `.gnu-mlops` beside config.yaml: locks and journal. */
  readonly stateFolder: string;
  startLog(operation: string): OperationLog;
  leases(): LeaseStore;
  /**
   * Ends what dead processes of this host left RUNNING in the project's experiments. Every command does it first; only
   * readers go on when the store may not be written.
   */
  recover(): Promise<RecoveredRun[]>;
  close(): Promise<void>;
}

/** What there is to work with when the store cannot be opened. */
export type StorelessProject = Omit<Project, 'store' | 'recover'>;

/**
 * Opens the project that a config.yaml describes.
 * @throws EngineError `invalid-config`, or what the store says: `not-found` (missing, and not to be made), `invalid-store`,
 *   `store-read-only`, `unreachable`
 */
export async function openProject(options: OpenProjectOptions = {}): Promise<Project> {
  const env = options.env ?? process.env;
  const configFile = path.resolve(options.configFile ?? 'config.yaml');
  const overrides: Override[] = (options.set ?? []).map(parseSetFlag);
  const loaded = loadConfig({ file: configFile, overrides, env });
  const store = await openProjectStore(loaded, options);
  const actor = (await store.signedInAs?.()) ?? currentActor(loaded.env);
  return makeProject(loaded, { store, actor }, options);
}

/** Every value that must not be printed while these options are at work, also when the project cannot be opened. */
export function secretsOf({ configFile, set, env = process.env }: OpenProjectOptions): string[] {
  try {
    const overrides = (set ?? []).map(parseSetFlag);
    return inspectConfig({ file: path.resolve(configFile ?? 'config.yaml'), overrides, env }).secrets;
  } catch {
    return environmentSecrets(env);
  }
}

/**
 * The tracking store that a configuration names.
 * @throws EngineError `unsupported`, and what opening it says, with the place of its address
 */
export async function openProjectStore(
  loaded: LoadedConfig,
  {
    readOnly = false,
    createStore = !readOnly,
    isOffline = false,
    signal,
  }: Pick<OpenProjectOptions, 'readOnly' | 'createStore' | 'isOffline' | 'signal'>,
): Promise<TrackingStore> {
  const baseDir = path.dirname(loaded.file);
  return withPlaces(loaded, async () => {
    requireStoreUris(loaded.config.mlflow, baseDir);
    return openTrackingStore({
      uri: loaded.config.mlflow.tracking_uri,
      config: loaded.config,
      baseDir,
      artifactRoot: artifactRootOf(loaded.config.mlflow.tracking_uri, baseDir),
      cacheFolder: path.join(stateFolderOf(baseDir), 'cache', 'artifacts'),
      remotes: isOffline ? [refuseRemote] : [s3Opener(s3Settings(loaded.config, loaded.env))],
      readOnly,
      create: createStore && !readOnly,
      env: loaded.env,
      isOffline,
      signal,
    });
  });
}

/** For artifacts that lie elsewhere. */
function refuseRemote(uri: string): never {
  throw networkRefused(uri);
}

function makeProject(
  loaded: LoadedConfig,
  { store, actor }: { store: TrackingStore; actor: string },
  options: OpenProjectOptions,
): Project {
  const storeless = storelessProject(loaded, options);
  const { clock } = storeless;
  return {
    ...storeless,
    store,
    actor,
    recover: () => {
      const { config } = loaded;
      const names = [
        config.mlflow.experiment_name,
        eventsExperiment(config),
        batchExperiment(config),
        retrainingExperiment(config),
      ];
      return recoverInterrupted(store, names, undefined, clock(), config.mlflow.model_name);
    },
    close: async () => {
      await storeless.close();
      await store.close();
    },
  };
}

export function storelessProject(loaded: LoadedConfig, options: OpenProjectOptions): StorelessProject {
  const baseDir = path.dirname(loaded.file);
  const clock = options.clock ?? (() => new Date());
  const redactText = (text: string) => redact(text, loaded.secrets);
  const stateFolder = stateFolderOf(baseDir);
  let leases: LeaseStore | undefined;
  return {
    config: loaded.config,
    configFile: loaded.file,
    baseDir,
    env: loaded.env,
    loaded,
    readOnly: options.readOnly ?? false,
    isOffline: options.isOffline ?? false,
    clock,
    schedule: options.schedule ?? (loaded.env.GNU_MLOPS_SCHEDULE || null),
    actor: currentActor(loaded.env),
    redact: redactText,
    stateFolder,
    startLog: (operation) =>
      new OperationLog({
        folder: path.join(baseDir, 'logs'),
        operation,
        startedAt: clock(),
        clock,
        redact: redactText,
        onEntry: options.onLog,
        retentionDays: loaded.config.logs.retention_days,
      }),
    leases: () => {
      leases ??= new LeaseStore(path.join(makeStateFolder(baseDir), 'state.db'));
      return leases;
    },
    close: async () => leases?.close(),
  };
}

/** @throws EngineError `untrusted-workspace` when the project was opened for reading only. */
export function requireWritable({ readOnly }: Pick<Project, 'readOnly'>): void {
  if (!readOnly) return;
  throw new EngineError('untrusted-workspace', 'This workspace is not trusted, so nothing is written.', {
    fix: 'Trust the workspace (command "Workspaces: Manage Workspace Trust") and run the command again.',
  });
}

/** Experiment that deployment events are runs of. */
export function eventsExperiment(config: Config): string {
  return `${config.mlflow.experiment_name}_events`;
}

/** Experiment that batches are runs of. */
export function batchExperiment(config: Config): string {
  return `${config.mlflow.experiment_name}_batch`;
}

/** Experiment that decisions about retraining are runs of. */
export function retrainingExperiment(config: Config): string {
  return `${config.mlflow.experiment_name}_retraining`;
}
