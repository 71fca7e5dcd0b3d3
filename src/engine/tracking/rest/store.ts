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
import type { MlflowApi } from './api.ts';
import { lookForChanges } from './changes.ts';
import { Experiments } from './experiments.ts';
import { Locations } from './locations.ts';
import { commitPromotion } from './promotion.ts';
import { createVersion, describeModel, findModel, getVersion, listModels, listVersions } from './registry.ts';
import { checkedBatch, logBatch } from './run-batch.ts';
import { createRun, datasetInputs, getRun, getRuns, metricHistory, searchRuns, setStatus } from './runs.ts';

export interface RestStoreOptions {
  artifacts: Artifacts;
  /** Refuses every write. */
  readOnly?: boolean;
  /** `mlflow-server` unless given. */
  kind?: StoreDescription['kind'];
  /** Who is signed in, where that is known for sure. */
  signedInAs?: () => Promise<string>;
  /** What tells that the registry changed; MLflow's own searches unless given. */
  registryChanges?: () => Promise<unknown>;
}

/** For so long nobody is asked whether something changed, ms: a poll every second would keep a server busy. */
const TOKEN_AGE_MS = 4000;
/** A server that is slow is asked less often, so that looking for changes takes no more than this part of its time. */
const MOST_LOOKING = 1 / 20;
const MOST_TOKEN_AGE_MS = 30_000;

/**
 * MLflow's tracking and registry behind its REST API, from MLflow 2.9 on. A method is one safe sequence of requests: what may be sent
 * twice is, after a lost answer; what may not is looked for first.
 */
export class RestStore implements TrackingStore {
  readonly artifacts: Artifacts;
  readonly #api: MlflowApi;
  readonly #locations: Locations;
  readonly #experiments: Experiments;
  readonly #readOnly: boolean;
  readonly #kind: StoreDescription['kind'];
  readonly signedInAs?: () => Promise<string>;
  readonly #registryChanges: (() => Promise<unknown>) | undefined;
  #version: Promise<string> | null = null;
  #token: { value: Promise<string>; until: number } | null = null;

  constructor(api: MlflowApi, options: RestStoreOptions) {
    const { artifacts, readOnly = false, kind = 'mlflow-server', signedInAs } = options;
    this.artifacts = artifacts;
    this.#api = api;
    this.#locations = new Locations(api);
    // On Databricks they are paths, of which this store knows the last part.
    this.#experiments = new Experiments(api, kind === 'mlflow-server');
    this.#readOnly = readOnly;
    this.#kind = kind;
    if (signedInAs) this.signedInAs = signedInAs;
    this.#registryChanges = options.registryChanges;
  }

  async describe(): Promise<StoreDescription> {
    this.#version ??= this.#api.version();
    const asked = this.#version;
    const version = await asked.catch((error) => {
      this.#version = null;
      throw error;
    });
    return { kind: this.#kind, location: this.#api.location, version };
  }

  async close(): Promise<void> {
    this.#api.close();
  }

  /** What it sees and what not is told by `lookForChanges`. It is at most four seconds old, on a slow server thirty. */
  changeToken(): Promise<string> {
    if (this.#token === null || this.#token.until < performance.now()) this.#token = this.#look();
    return this.#token.value;
  }

  #look(): { value: Promise<string>; until: number } {
    const start = performance.now();
    const token = { value: lookForChanges(this.#api, this.#registryChanges), until: Number.POSITIVE_INFINITY };
    const keepFor = (age: number) => {
      token.until = performance.now() + Math.min(Math.max(TOKEN_AGE_MS, age), MOST_TOKEN_AGE_MS);
    };
    token.value.then(
      () => keepFor((performance.now() - start) / MOST_LOOKING),
      () => keepFor(TOKEN_AGE_MS),
    );
    return token;
  }

  ensureExperiment(name: string): Promise<Experiment> {
    if (!this.#readOnly) return this.#write(() => this.#experiments.ensure(name));
    return this.findExperiment(name).then((found) => found ?? this.#refuse());
  }

  findExperiment(name: string): Promise<Experiment | null> {
    return this.#experiments.find(name);
  }

  findExperiments(names: string[]): Promise<Experiment[]> {
    return this.#experiments.findAll(names);
  }

  listExperiments(): Promise<Experiment[]> {
    return this.#experiments.list();
  }

  tagExperiment(experimentId: string, tags: Record<string, string>): Promise<void> {
    return this.#write(() => this.#experiments.tag(experimentId, tags));
  }

  createRun(run: NewRun): Promise<Run> {
    return this.#write(() => createRun(this.#api, run));
  }

  logBatch(runId: string, batch: RunBatch): Promise<void> {
    return this.#write(() => logBatch(this.#api, runId, checkedBatch(batch)));
  }

  /** The version comes before the end of its run: a run that is FINISHED has everything that it promised. */
  finishRun(runId: string, { status, endTime, batch = {}, register }: RunEnd): Promise<ModelVersion | null> {
    return this.#write(async () => {
      await logBatch(this.#api, runId, checkedBatch(batch));
      const version = register && (await createVersion(this.#api, register));
      await setStatus(this.#api, runId, status, endTime);
      return version ?? null;
    });
  }

  getRun(runId: string): Promise<Run> {
    return getRun(this.#api, runId);
  }

  getRuns(runIds: string[]): Promise<Run[]> {
    return getRuns(this.#api, runIds);
  }

  searchRuns(search: RunSearch): Promise<RunPage> {
    return searchRuns(this.#api, search);
  }

  metricHistory(runId: string, keys: string[]): Promise<Metric[]> {
    return metricHistory(this.#api, runId, keys);
  }

  datasetInputs(runId: string): Promise<DatasetInput[]> {
    return datasetInputs(this.#api, runId);
  }

  listModels(): Promise<RegisteredModel[]> {
    return listModels(this.#api);
  }

  findModel(name: string): Promise<RegisteredModel | null> {
    return findModel(this.#api, name);
  }

  describeModel(name: string, remarks: ModelRemarks): Promise<void> {
    return this.#write(() => describeModel(this.#api, name, remarks));
  }

  listVersions(name: string, model?: RegisteredModel): Promise<ModelVersion[]> {
    return listVersions(this.#api, name, model);
  }

  getVersion(name: string, version: string): Promise<ModelVersion> {
    return getVersion(this.#api, name, version);
  }

  locate(version: ModelVersion): Promise<string> {
    return this.#locations.of(version);
  }

  commitPromotion(commit: PromotionCommit): Promise<PromotionOutcome> {
    return this.#write(() => commitPromotion(this.#api, commit));
  }

  async #write<T>(body: () => Promise<T>): Promise<T> {
    if (this.#readOnly) return this.#refuse();
    try {
      return await body();
    } finally {
      this.#token = null;
    }
  }

  #refuse(): never {
    throw new EngineError('store-read-only', `${this.#api.location} was opened for reading only.`, {
      fix: 'Trust the workspace, or run the command where writing is allowed.',
    });
  }
}
