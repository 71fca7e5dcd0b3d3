import { existsSync, statSync } from 'node:fs';
import path from 'node:path';
import type { Artifacts } from '../../artifacts/artifacts.ts';
import { EngineError } from '../../support/errors.ts';
import type { PromotionCommit, PromotionOutcome } from '../promotion-commit.ts';
import type {
  DatasetInput,
  Experiment,
  Metric,
  ModelRemarks,
  ModelVersion,
  NewRun,
  RegisteredModel,
  Run,
  RunBatch,
  RunEnd,
  RunPage,
  RunSearch,
  StoreDescription,
  TrackingStore,
} from '../store.ts';
import { ChangeWatch } from './change-watch.ts';
import { SqliteConnection } from './connection.ts';
import { checkStore, claimStore, createStore, isEmpty, revision } from './creation.ts';
import { readInputs } from './datasets.ts';
import { ensureExperiment, findExperiment, listExperiments, tagExperiment } from './experiments.ts';
import { refuseNetworkFileSystem } from './file-system.ts';
import { sqliteFile } from './location.ts';
import { describeModel, findModel, listModels } from './models.ts';
import { commitPromotion } from './promotion.ts';
import { addBatch } from './run-batch.ts';
import { searchRuns } from './run-search.ts';
import { activeRuns, createRun, readHistory, readRuns, requireRun, setStatus } from './runs.ts';
import { BASE_REVISION } from './schema.ts';
import { currentLayout, isOurs, type Layout, type Session } from './session.ts';
import { type RemoteArtifacts, storeArtifacts } from './store-artifacts.ts';
import { createVersion, getVersion, listVersions, locateVersion } from './versions.ts';

export interface SqliteStoreOptions extends RemoteArtifacts {
  /** `sqlite:///mlflow.db`; or `path` */
  uri?: string;
  /** Path of the database file, instead of `uri`. */
  path?: string;
  /** Folder that relative paths start from; the working directory unless given. */
  baseDir?: string;
  /** Where new experiments keep their runs' artifacts; `mlruns` beside the file unless given. */
  artifactRoot?: string;
  /** Refuses every write. */
  readOnly?: boolean;
  /** Makes a missing file, and fills an empty one; unless given, when the store may be written. */
  create?: boolean;
  /** How long to wait for other programs' locks, ms; 20 s unless given, as MLflow waits. */
  lockWaitMs?: number;
}

/**
 * Opens MLflow's store in a SQLite file, and makes it when it is missing and may be made.
 * @throws EngineError `invalid-store` (no database, not MLflow's, too old, network file system, missing folder),
 *   `not-found` (missing, and not to be made), `store-read-only`, `store-locked`, `usage` (a URI that is no file)
 */
export async function openSqliteStore(options: SqliteStoreOptions): Promise<SqliteStore> {
  const baseDir = options.baseDir ?? process.cwd();
  const file = options.path ? path.resolve(baseDir, options.path) : sqliteFile(options.uri ?? '', baseDir);
  const readOnly = options.readOnly ?? false;
  const create = options.create ?? !readOnly;
  checkPlace(file, create);
  const connectionOptions = { readOnly, waitMs: options.lockWaitMs ?? 20_000 };
  const connection = new SqliteConnection(file, connectionOptions);
  try {
    const artifactRoot = path.resolve(options.artifactRoot ?? path.join(path.dirname(file), 'mlruns'));
    await prepare(connection, artifactRoot, create);
    return new SqliteStore(connection, {
      artifactRoot,
      readOnly,
      storeFolder: path.dirname(file),
      artifacts: storeArtifacts(path.dirname(file), options),
    });
  } catch (error) {
    connection.close();
    throw error;
  }
}

/** Only looks at names: opening the file here would be a hazard to SQLite's locks. */
function checkPlace(file: string, create: boolean): void {
  const folder = path.dirname(file);
  if (!existsSync(folder)) {
    throw new EngineError('invalid-store', `The folder ${folder} of the store ${path.basename(file)} does not exist.`, {
      fix: 'Make the folder, or correct mlflow.tracking_uri (sqlite:///relative.db, sqlite:////absolute/path.db).',
    });
  }
  refuseNetworkFileSystem(file);
  const stats = statSync(file, { throwIfNoEntry: false });
  if (stats?.isDirectory()) {
    throw new EngineError('invalid-store', `${file} is a folder, not a SQLite database.`, {
      fix: 'Write the name of a file in mlflow.tracking_uri, such as sqlite:///mlflow.db.',
    });
  }
  if (stats === undefined && !create) throw missing(file);
}

async function prepare(connection: SqliteConnection, artifactRoot: string, create: boolean): Promise<void> {
  const layout = await connection.read(() => currentLayout(connection, null));
  if (!isEmpty(layout)) return connection.read(() => checkStore(connection, layout));
  if (!create) throw missing(connection.file);
  await createStore(connection, artifactRoot);
}

function missing(file: string): EngineError {
  return new EngineError('not-found', `There is no store at ${file}; the first training makes it.`, {
    fix: 'Train a model (gnu-mlops train), or correct mlflow.tracking_uri.',
  });
}

interface StorePlaces {
  /** Where new experiments keep their runs' artifacts. */
  artifactRoot: string;
  readOnly: boolean;
  /** Where relative paths of the store start. */
  storeFolder: string;
  artifacts: Artifacts;
}

/**
 * MLflow's tracking and registry in one SQLite file. Every method is one transaction, synchronous inside; only waiting for
 * other programs' locks lets other work go on.
 */
export class SqliteStore implements TrackingStore {
  readonly file: string;
  readonly artifacts: Artifacts;
  readonly #connection: SqliteConnection;
  readonly #artifactRoot: string;
  readonly #readOnly: boolean;
  readonly #storeFolder: string;
  readonly #watch: ChangeWatch;
  #layout: Layout | null = null;
  #claimed: Promise<void> | null = null;

  /** Callers use {@link openSqliteStore}. */
  constructor(connection: SqliteConnection, { artifactRoot, readOnly, storeFolder, artifacts }: StorePlaces) {
    this.file = connection.file;
    this.artifacts = artifacts;
    this.#connection = connection;
    this.#artifactRoot = artifactRoot;
    this.#readOnly = readOnly;
    this.#storeFolder = storeFolder;
    this.#watch = new ChangeWatch(connection.file);
  }

  describe(): Promise<StoreDescription> {
    return this.#read(({ connection, layout }) => {
      const version = revision(connection);
      return { kind: 'sqlite', location: this.file, version, notices: noticesOf(layout, version) };
    });
  }

  async close(): Promise<void> {
    this.#watch.close();
    this.#connection.close();
  }

  async changeToken(): Promise<string> {
    return this.#watch.token();
  }

  async ensureExperiment(name: string): Promise<Experiment> {
    const known = await this.findExperiment(name);
    return known ?? this.#write((session) => ensureExperiment(session, name, this.#artifactRoot));
  }

  findExperiment(name: string): Promise<Experiment | null> {
    return this.#read((session) => findExperiment(session, name));
  }

  async findExperiments(names: string[]): Promise<Experiment[]> {
    return (await this.listExperiments()).filter(({ name }) => names.includes(name));
  }

  listExperiments(): Promise<Experiment[]> {
    return this.#read(listExperiments);
  }

  tagExperiment(experimentId: string, tags: Record<string, string>): Promise<void> {
    return this.#write((session) => tagExperiment(session, experimentId, tags));
  }

  createRun(run: NewRun): Promise<Run> {
    return this.#write((session) => readRuns(session, [createRun(session, run)])[0]!);
  }

  async logBatch(runId: string, batch: RunBatch): Promise<void> {
    await this.#write((session) => addBatch(session, requireRun(session, runId), batch));
    if ((batch.metrics?.length ?? 0) >= BULK) this.#connection.optimize();
  }

  async finishRun(runId: string, end: RunEnd): Promise<ModelVersion | null> {
    const version = await this.#write((session) => {
      const run = requireRun(session, runId);
      if (end.batch) addBatch(session, run, end.batch);
      setStatus(session, runId, end.status, end.endTime);
      return end.register ? createVersion(session, end.register, end.endTime) : null;
    });
    this.#connection.optimize();
    return version;
  }

  getRun(runId: string): Promise<Run> {
    return this.#read((session) => readRuns(session, [requireRun(session, runId).runId])[0]!);
  }

  getRuns(runIds: string[]): Promise<Run[]> {
    return this.#read((session) => readRuns(session, activeRuns(session, runIds)));
  }

  searchRuns(search: RunSearch): Promise<RunPage> {
    return this.#read((session) => searchRuns(session, search));
  }

  metricHistory(runId: string, keys: string[]): Promise<Metric[]> {
    return this.#read((session) => readHistory(session, requireRun(session, runId).runId, keys));
  }

  datasetInputs(runId: string): Promise<DatasetInput[]> {
    return this.#read((session) => readInputs(session, requireRun(session, runId).runId));
  }

  listModels(): Promise<RegisteredModel[]> {
    return this.#read(listModels);
  }

  findModel(name: string): Promise<RegisteredModel | null> {
    return this.#read((session) => findModel(session, name));
  }

  describeModel(name: string, remarks: ModelRemarks): Promise<void> {
    return this.#write((session) => describeModel(session, name, remarks));
  }

  listVersions(name: string): Promise<ModelVersion[]> {
    return this.#read((session) => listVersions(session, name));
  }

  getVersion(name: string, version: string): Promise<ModelVersion> {
    return this.#read((session) => getVersion(session, name, version));
  }

  locate({ name, version }: ModelVersion): Promise<string> {
    return this.#read((session) => locateVersion(session, name, version));
  }

  commitPromotion(commit: PromotionCommit): Promise<PromotionOutcome> {
    return this.#write((session) => commitPromotion(session, commit));
  }

  #read<T>(body: (session: Session) => T): Promise<T> {
    return this.#connection.read(() => body(this.#session()));
  }

  async #write<T>(body: (session: Session) => T): Promise<T> {
    if (this.#readOnly) {
      throw new EngineError('store-read-only', `${this.file} was opened for reading only.`, {
        fix: 'Trust the workspace, or run the command where writing is allowed.',
      });
    }
    this.#claimed ??= this.#claim();
    await this.#claimed.catch((error) => {
      this.#claimed = null;
      throw error;
    });
    return this.#connection.write(() => body(this.#session()));
  }

  /** Before the first write: nothing may happen to a file that is only read. */
  async #claim(): Promise<void> {
    await this.#read(requireKnownSchema);
    await claimStore(this.#connection);
  }

  #session(): Session {
    this.#layout = currentLayout(this.#connection, this.#layout);
    return { connection: this.#connection, layout: this.#layout, storeFolder: this.#storeFolder };
  }
}

function noticesOf(layout: Layout, version: string): string[] {
  if (isOlder(layout, version)) return [`Its schema is older than MLflow 2.22: it is only read. ${MIGRATION}`];
  return isOurs(layout) ? [] : ['Made by Python: a copy is kept beside it before the first change.'];
}

const MIGRATION =
  'Any newer Python that opens it migrates it and keeps no copy; older ones cannot open it any more then.';

/** @throws EngineError `store-read-only` for tables that MLflow changed before 2.22, which nobody tests writing to */
function requireKnownSchema({ connection, layout }: Session): void {
  if (!isOlder(layout, revision(connection))) return;
  throw new EngineError(
    'store-read-only',
    `${connection.file} has a schema older than MLflow 2.22's, which is only read.`,
    {
      fix: `Copy the file, then run "mlflow db upgrade sqlite:///${connection.file}" with MLflow 2.22 or newer. ${MIGRATION}`,
    },
  );
}

/** Everything since MLflow 3 keeps logged models. */
function isOlder(layout: Layout, version: string): boolean {
  return version !== BASE_REVISION && !layout.tables.has('logged_models');
}

/** Metrics in one batch from which on the statistics may mislead MLflow's own searches (27 times slower, measured). */
const BULK = 1000;
