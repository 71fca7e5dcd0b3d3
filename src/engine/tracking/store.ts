import type { Artifacts } from '../artifacts/artifacts.ts';
import type { PromotionCommit, PromotionOutcome } from './promotion-commit.ts';

/** MLflow's run states. */
export type RunStatus = 'RUNNING' | 'SCHEDULED' | 'FINISHED' | 'FAILED' | 'KILLED';

/** MLflow's stage field of a model version. */
export type StageField = 'None' | 'Staging' | 'Production' | 'Archived';

export interface Experiment {
  experimentId: string;
  name: string;
  artifactLocation: string;
  tags: Record<string, string>;
}

/** One value of a metric's history. `value` may be NaN or infinite; `timestamp` in ms since 1970. */
export interface Metric {
  key: string;
  value: number;
  timestamp: number;
  step: number;
}

/** A dataset a run read, as MLflow's `log_input` records it. */
export interface DatasetInput {
  name: string;
  digest: string;
  sourceType: string;
  /** JSON text, as MLflow stores it. */
  source: string;
  schema: string | null;
  profile: string | null;
  /** MLflow's `mlflow.data.context`: "training", "evaluation". */
  context: string;
}

export interface Run {
  runId: string;
  experimentId: string;
  name: string;
  status: RunStatus;
  userId: string;
  /** ms since 1970 */
  startTime: number;
  endTime: number | null;
  artifactUri: string;
  params: Record<string, string>;
  /** Latest value by key. */
  metrics: Record<string, number>;
  tags: Record<string, string>;
}

/** Everything a run may gain in one transaction. */
export interface RunBatch {
  params?: Record<string, string>;
  metrics?: Metric[];
  tags?: Record<string, string>;
  inputs?: DatasetInput[];
}

export interface NewRun extends RunBatch {
  experimentId: string;
  name: string;
  userId: string;
  startTime: number;
  /** RUNNING unless given. */
  status?: RunStatus;
  endTime?: number;
}

/** Names of what comes with a run. */
export interface RunKeys {
  params: string[];
  metrics: string[];
  tags: string[];
}

export interface RunSearch {
  experimentIds: string[];
  /** MLflow's filter syntax: `metrics.accuracy > 0.9 and tags.team = 'ops'`. */
  filter?: string;
  /** MLflow's: `metrics.accuracy DESC`. Always ends with start_time DESC, run_id. */
  orderBy?: string[];
  maxResults?: number;
  pageToken?: string;
  /** Only these come with each run; everything when absent. */
  keys?: RunKeys;
}

export interface RunPage {
  runs: Run[];
  nextPageToken: string | null;
}

export interface RegisteredModel {
  name: string;
  description: string;
  createdAt: number;
  updatedAt: number;
  tags: Record<string, string>;
  /** Version by alias. */
  aliases: Record<string, string>;
}

/** What is said of a registered model; what is left out stays as it is. */
export interface ModelRemarks {
  tags?: Record<string, string>;
  description?: string;
}

export interface ModelVersion {
  name: string;
  version: string;
  createdAt: number;
  updatedAt: number;
  description: string;
  userId: string;
  stageField: StageField;
  status: 'PENDING_REGISTRATION' | 'FAILED_REGISTRATION' | 'READY';
  /** What was registered: a path or a `runs:/` or `models:/` URI. */
  source: string;
  runId: string | null;
  tags: Record<string, string>;
  aliases: string[];
}

export interface NewModelVersion {
  name: string;
  source: string;
  runId: string;
  userId: string;
  description?: string;
  tags?: Record<string, string>;
}

/** What kind of store stands behind an interface and what it can do; shown by `info` and the status bar. */
export interface StoreDescription {
  kind: 'sqlite' | 'files' | 'mlflow-server' | 'databricks';
  /** For people: path or host, without credentials. */
  location: string;
  /** Schema revision (SQLite) or server version. */
  version: string;
  /** What an operator should know about it, as sentences. */
  notices?: string[];
  /** Those of the notices that tell what of it could not be read. */
  losses?: string[];
}

/**
 * MLflow's tracking and model registry, whatever stands behind: a SQLite file, a server, Databricks.
 * One method is one transaction (SQLite) or one safe sequence of requests (servers). All times in ms since 1970.
 * Every method rejects with EngineError: `not-found`, `store-locked`, `store-read-only`, `invalid-store`, `unreachable`.
 */
export interface TrackingStore {
  /** The files of its runs and versions, by their URIs. */
  readonly artifacts: Artifacts;

  /** Who acts, where the store itself knows; elsewhere the environment says. */
  readonly signedInAs?: (() => Promise<string>) | undefined;

  describe(): Promise<StoreDescription>;
  close(): Promise<void>;

  /** A number that changes when anybody changed the store; cheap enough to poll every second. */
  changeToken(): Promise<string>;

  /** The experiment called `name`, made when missing. */
  ensureExperiment(name: string): Promise<Experiment>;
  findExperiment(name: string): Promise<Experiment | null>;
  /** Those of these names that are there, in any order. */
  findExperiments(names: string[]): Promise<Experiment[]>;
  listExperiments(): Promise<Experiment[]>;

  /** Sets tags of an experiment, its description (`mlflow.note.content`) among them; others stay. */
  tagExperiment(experimentId: string, tags: Record<string, string>): Promise<void>;

  createRun(run: NewRun): Promise<Run>;
  logBatch(runId: string, batch: RunBatch): Promise<void>;
  /** Ends the run and logs the last batch in the same transaction; with `register`, makes a model version too. */
  finishRun(runId: string, end: RunEnd): Promise<ModelVersion | null>;
  getRun(runId: string): Promise<Run>;
  /** The runs of these ids, in any order; those that are deleted or unknown are left out. */
  getRuns(runIds: string[]): Promise<Run[]>;
  searchRuns(search: RunSearch): Promise<RunPage>;
  metricHistory(runId: string, keys: string[]): Promise<Metric[]>;
  datasetInputs(runId: string): Promise<DatasetInput[]>;

  listModels(): Promise<RegisteredModel[]>;
  findModel(name: string): Promise<RegisteredModel | null>;
  /** Sets tags of a registered model, and its description. */
  describeModel(name: string, remarks: ModelRemarks): Promise<void>;
  /**
   * Newest first; versions that MLflow deleted are left out.
   * @param model as it was found, by who asked for it already
   */
  listVersions(name: string, model?: RegisteredModel): Promise<ModelVersion[]>;
  getVersion(name: string, version: string): Promise<ModelVersion>;
  /** Where the model folder of a version lies: its `source` resolved to a folder of this machine or a URI that `artifacts` takes. */
  locate(version: ModelVersion): Promise<string>;

  /** Moves aliases by the promotion protocol, all or nothing; a conflict changes nothing. */
  commitPromotion(commit: PromotionCommit): Promise<PromotionOutcome>;
}

export interface RunEnd {
  status: RunStatus;
  endTime: number;
  batch?: RunBatch;
  register?: NewModelVersion;
}
