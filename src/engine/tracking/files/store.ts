import { existsSync, readdirSync, statSync } from 'node:fs';
import path from 'node:path';
import type { Artifacts } from '../../artifacts/artifacts.ts';
import { EngineError } from '../../support/errors.ts';
import { SqliteConnection } from '../sqlite/connection.ts';
import { createStore } from '../sqlite/creation.ts';
import { currentLayout } from '../sqlite/session.ts';
import { SqliteStore } from '../sqlite/store.ts';
import { type RemoteArtifacts, storeArtifacts } from '../sqlite/store-artifacts.ts';
import type {
  DatasetInput,
  Experiment,
  Metric,
  ModelVersion,
  RegisteredModel,
  Run,
  RunPage,
  RunSearch,
  StoreDescription,
  TrackingStore,
} from '../store.ts';
import { changesOf } from './changes.ts';
import { importStore } from './import.ts';
import { Losses } from './meta-file.ts';
import { readModels } from './model-folders.ts';
import { readExperiments } from './run-folders.ts';

/** Looking for changes takes at most this part of the time, so that many reads of a large store do not wait for as many looks. */
const MOST_LOOKING = 1 / 10;

/**
 * MLflow's store of plain files (`mlruns/`), for reading: MLflow itself has given it up for databases. All of it is read into
 * tables in memory, so that searches mean what they mean in a SQLite store; when files changed, it is read again.
 */
export class FileStore implements TrackingStore {
  readonly artifacts: Artifacts;
  readonly #root: string;
  #loaded: { token: string; store: SqliteStore; losses: string[] } | null = null;
  #loading: Promise<SqliteStore> | null = null;
  #look: { token: Promise<string>; until: number } | null = null;

  /** @param root the folder with one folder per experiment */
  constructor(root: string, remote: RemoteArtifacts = {}) {
    this.#root = root;
    this.artifacts = storeArtifacts(path.dirname(root), remote);
    if (isFileStore(root)) return;
    throw new EngineError('invalid-store', `${root} is no store of MLflow's: it has neither experiments nor models.`, {
      fix: 'Name the folder that Python calls its tracking URI, usually mlruns; or a database: sqlite:///mlflow.db',
    });
  }

  async describe(): Promise<StoreDescription> {
    await this.#store();
    const losses = this.#loaded?.losses ?? [];
    const notices = [`Stores of plain files are read only here. Move it: ${this.#wayOut()}`, ...losses];
    return { kind: 'files', location: this.#root, version: 'mlruns', notices, losses };
  }

  async close(): Promise<void> {
    await this.#loading?.catch(() => undefined);
    await this.#loaded?.store.close();
    this.#loaded = null;
  }

  /** Changes with every file but artifacts. It is as old as ten looks take: some ms, in a store of ten thousand runs some seconds. */
  changeToken(): Promise<string> {
    if (this.#look === null || this.#look.until < performance.now()) this.#look = this.#lookNow();
    return this.#look.token;
  }

  async findExperiment(name: string): Promise<Experiment | null> {
    return (await this.#store()).findExperiment(name);
  }

  async listExperiments(): Promise<Experiment[]> {
    return (await this.#store()).listExperiments();
  }

  async findExperiments(names: string[]): Promise<Experiment[]> {
    return (await this.#store()).findExperiments(names);
  }

  async getRuns(runIds: string[]): Promise<Run[]> {
    return (await this.#store()).getRuns(runIds);
  }

  async getRun(runId: string): Promise<Run> {
    return (await this.#store()).getRun(runId);
  }

  async searchRuns(search: RunSearch): Promise<RunPage> {
    return (await this.#store()).searchRuns(search);
  }

  async metricHistory(runId: string, keys: string[]): Promise<Metric[]> {
    return (await this.#store()).metricHistory(runId, keys);
  }

  async datasetInputs(runId: string): Promise<DatasetInput[]> {
    return (await this.#store()).datasetInputs(runId);
  }

  async listModels(): Promise<RegisteredModel[]> {
    return (await this.#store()).listModels();
  }

  async findModel(name: string): Promise<RegisteredModel | null> {
    return (await this.#store()).findModel(name);
  }

  async listVersions(name: string): Promise<ModelVersion[]> {
    return (await this.#store()).listVersions(name);
  }

  async getVersion(name: string, version: string): Promise<ModelVersion> {
    return (await this.#store()).getVersion(name, version);
  }

  async locate(version: ModelVersion): Promise<string> {
    return (await this.#store()).locate(version);
  }

  async ensureExperiment(name: string): Promise<Experiment> {
    return (await this.findExperiment(name)) ?? this.#refuse();
  }

  tagExperiment(): Promise<never> {
    return this.#refuse();
  }

  describeModel(): Promise<never> {
    return this.#refuse();
  }

  createRun(): Promise<never> {
    return this.#refuse();
  }

  logBatch(): Promise<never> {
    return this.#refuse();
  }

  finishRun(): Promise<never> {
    return this.#refuse();
  }

  commitPromotion(): Promise<never> {
    return this.#refuse();
  }

  async #refuse(): Promise<never> {
    throw new EngineError('store-read-only', `${this.#root} is a store of plain files, which is only read.`, {
      fix: `Move it into a database: ${this.#wayOut()}`,
    });
  }

  #wayOut(): string {
    return `gnu-mlops copy --from "${this.#root}" --to sqlite:///mlflow.db, then mlflow.tracking_uri: sqlite:///mlflow.db`;
  }

  #lookNow(): { token: Promise<string>; until: number } {
    const start = performance.now();
    const look = { token: changesOf(this.#root), until: Number.POSITIVE_INFINITY };
    const settle = () => {
      const now = performance.now();
      look.until = now + (now - start) / MOST_LOOKING;
    };
    look.token.then(settle, settle);
    return look;
  }

  /** One after the other, so that two who read at once do not both read all of it. */
  #store(): Promise<SqliteStore> {
    this.#loading ??= this.#upToDate().finally(() => {
      this.#loading = null;
    });
    return this.#loading;
  }

  async #upToDate(): Promise<SqliteStore> {
    // Before the files are read: what changes meanwhile is seen next time.
    const token = await this.changeToken();
    if (this.#loaded?.token === token) return this.#loaded.store;
    const losses = new Losses();
    const store = await this.#load(losses);
    await this.#loaded?.store.close();
    this.#loaded = { token, store, losses: losses.sentences() };
    return store;
  }

  async #load(losses: Losses): Promise<SqliteStore> {
    const experiments = await readExperiments(this.#root, losses);
    const models = await readModels(this.#root, losses);
    const storeFolder = path.dirname(this.#root);
    const connection = new SqliteConnection(':memory:', { readOnly: false, waitMs: 0 });
    await createStore(connection, this.#root);
    await connection.write(() => {
      importStore({ connection, layout: currentLayout(connection, null), storeFolder }, experiments, models);
    });
    return new SqliteStore(connection, {
      artifactRoot: this.#root,
      readOnly: true,
      storeFolder,
      artifacts: this.artifacts,
    });
  }
}

/** A folder with an experiment in it; that with the number 0 may have been removed. */
function isFileStore(root: string): boolean {
  if (existsSync(path.join(root, 'models'))) return true;
  // Who names a database without sqlite:/// names a file.
  const names = statSync(root, { throwIfNoEntry: false })?.isDirectory() ? readdirSync(root) : [];
  return names.some((name) => name === '0' || existsSync(path.join(root, name, 'meta.yaml')));
}
