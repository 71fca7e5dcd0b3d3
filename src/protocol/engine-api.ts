import type { CopyResult } from '../engine/copying/results.ts';
import type { ModelSummary } from '../engine/deployment/models.ts';
import type { RepairResult } from '../engine/deployment/repair.ts';
import type { DeployResult, InfoResult, ShownPlan } from '../engine/deployment/results.ts';
import type { CleanResult } from '../engine/housekeeping/clean.ts';
import type { LogsResult } from '../engine/housekeeping/logs.ts';
import type { InputExample } from '../engine/model/loaded-model.ts';
import type { Signature } from '../engine/model/signature.ts';
import type { PredictInput } from '../engine/prediction/input.ts';
import type { PredictResult } from '../engine/prediction/predict.ts';
import type { Stage } from '../engine/registry/stages.ts';
import type { ExperimentSummary } from '../engine/runs/experiments.ts';
import type { RunDetails } from '../engine/runs/run-details.ts';
import type { RunSummary } from '../engine/runs/run-page.ts';
import type { KeptCredentials } from '../engine/setup/credential-hosts.ts';
import type { CredentialKind } from '../engine/setup/credential-kinds.ts';
import type { DatasetResult } from '../engine/setup/dataset.ts';
import type { InitResult } from '../engine/setup/init.ts';
import type { SignInResult } from '../engine/setup/sign-in.ts';
import type { ValidateResult } from '../engine/setup/validate.ts';
import type { ErrorDetails, ErrorReason } from '../engine/support/errors.ts';
import type { LogEntry } from '../engine/support/operation-log.ts';
import type { Progress } from '../engine/support/progress.ts';
import type { Run, RunKeys } from '../engine/tracking/store.ts';
import type { TrainResult } from '../engine/training/train.ts';
import type { DatabricksApi } from './databricks-api.ts';
import type { UnattendedApi } from './unattended-api.ts';

export type { CopyResult } from '../engine/copying/results.ts';
export type { ModelSummary, VersionSummary } from '../engine/deployment/models.ts';
export type { DeployResult, InfoResult, StageHolder } from '../engine/deployment/results.ts';
export type { PredictInput } from '../engine/prediction/input.ts';
export type { PredictResult } from '../engine/prediction/predict.ts';
export type { GateResult } from '../engine/registry/gates.ts';
export type { HistoryEntry } from '../engine/registry/history.ts';
export type { Stage, VersionStage } from '../engine/registry/stages.ts';
export type { ExperimentSummary } from '../engine/runs/experiments.ts';
export type { RunDetails } from '../engine/runs/run-details.ts';
export type { RunSummary } from '../engine/runs/run-page.ts';
export type { KeptCredentials } from '../engine/setup/credential-hosts.ts';
export type { CredentialKind } from '../engine/setup/credential-kinds.ts';
export type { ValidateResult } from '../engine/setup/validate.ts';
export type { LogEntry } from '../engine/support/operation-log.ts';
export type { Progress } from '../engine/support/progress.ts';
export type { TrainResult } from '../engine/training/train.ts';

/** Which project a request is about, and whether it may write. */
export interface ProjectRef {
  /** Absolute path of config.yaml or config.local.yaml. */
  configFile: string;
  /** False in a workspace that is not trusted: writing operations then refuse. */
  trusted: boolean;
}

/** An EngineError as it crosses the process boundary. */
export interface SerialisedError {
  reason: ErrorReason;
  message: string;
  details: ErrorDetails;
}

/** A place in a text, 1-based. */
export interface TextPosition {
  line: number;
  column: number;
}

export interface TextSpan extends TextPosition {
  endLine: number;
  endColumn: number;
}

/** A problem in config.yaml. */
export interface ConfigDiagnostic {
  severity: 'error' | 'warning';
  message: string;
  range: TextSpan;
  /** A name that was probably meant, for a quick fix. */
  replacement?: string;
}

/** Something that may be written at a place of config.yaml. */
export interface ConfigProposal {
  kind: 'section' | 'key' | 'value' | 'name';
  label: string;
  /** One line: type, default, or where a name comes from. */
  detail: string;
  /** Markdown. */
  documentation: string;
  insert: string;
}

/** What is said about a key of config.yaml, in Markdown. */
export interface ConfigHover {
  markdown: string;
  range: TextSpan;
}

/** What the status bar and the views say about a project. */
export interface ProjectStatus {
  modelName: string;
  /** Version in GNU_Production. */
  production: string | null;
  /** For people: "SQLite" and "mlflow.db", "MLflow server" and its host. */
  backEnd: { name: string; place: string };
  /** The metric that runs are judged by: `retraining.metric`. */
  mainMetric: string;
  /** Null while there is no store yet. */
  location: string | null;
}

/** What a form for one row is made from. */
export interface ModelInputs {
  version: string;
  signature: Signature;
  /** Rows the model was trained with; null in folders of other tools. */
  example: InputExample | null;
}

/**
 * What the editor's host asks of the engine process. Every method rejects with a SerialisedError. Where there is a `requestId`,
 * `cancel` stops the request and `progress` names it.
 */
export interface EngineApi extends UnattendedApi, DatabricksApi {
  train(project: ProjectRef, options: { runName?: string | undefined }, requestId: string): Promise<TrainResult>;
  planDeploy(project: ProjectRef, request: DeployRequest): Promise<DeployResult>;
  deploy(project: ProjectRef, request: DeployRequest): Promise<DeployResult>;
  planRollback(project: ProjectRef, request: RollbackRequest): Promise<DeployResult>;
  rollback(project: ProjectRef, request: RollbackRequest): Promise<DeployResult>;
  info(project: ProjectRef, options: { at?: string | undefined }): Promise<InfoResult>;
  predict(project: ProjectRef, request: PredictRequest, requestId: string): Promise<PredictResult>;
  validate(project: ProjectRef): Promise<ValidateResult>;
  waysToSignIn(project: ProjectRef): Promise<CredentialKind[]>;
  /** Checks credentials; `save` writes them into env_file. They are not used before `useCredentials`. */
  signIn(project: ProjectRef, credentials: Record<string, string>, save: boolean): Promise<SignInResult>;
  /** What the engine works with from now on, by host and environment variable; null forgets it. */
  useCredentials(project: ProjectRef, credentials: KeptCredentials | null): Promise<void>;
  copy(project: ProjectRef, request: { to: string; dryRun?: boolean }, requestId: string): Promise<CopyResult>;
  repair(project: ProjectRef, mode: 'finish' | 'adopt' | 'restore', notes: string): Promise<RepairResult>;
  initProject(folder: string, replace: string[]): Promise<InitResult>;
  createDataset(request: DatasetRequest): Promise<DatasetResult>;
  cleanProject(project: ProjectRef, options: { dryRun: boolean }): Promise<CleanResult>;
  /** @param which a run's id, the name of an operation, or nothing for the newest log */
  readLog(project: ProjectRef, which: string | undefined): Promise<LogsResult>;

  experiments(project: ProjectRef): Promise<ExperimentSummary[]>;
  runs(project: ProjectRef, request: RunsRequest): Promise<{ runs: RunSummary[]; nextPageToken: string | null }>;
  run(project: ProjectRef, runId: string): Promise<Run>;
  runDetails(project: ProjectRef, runId: string): Promise<RunDetails>;
  /** A folder on this machine that holds the artifact. */
  artifactFolder(project: ProjectRef, runId: string, artifact: string): Promise<string>;
  models(project: ProjectRef): Promise<ModelSummary[]>;
  /** Of a version; of the one in production, else the newest, when none is named. */
  modelInputs(project: ProjectRef, version?: string): Promise<ModelInputs>;
  status(project: ProjectRef): Promise<ProjectStatus>;
  /** What is shown next is asked for anew, also what a server gave as an answer a moment ago. */
  forgetAnswers(project: ProjectRef): Promise<void>;

  diagnose(project: ProjectRef, text: string): Promise<ConfigDiagnostic[]>;
  complete(project: ProjectRef, text: string, at: TextPosition): Promise<ConfigProposal[]>;
  hover(project: ProjectRef, text: string, at: TextPosition): Promise<ConfigHover | null>;

  /** Tells `storeChanged` whenever anybody changes the project's store, until `unwatch`. */
  watch(project: ProjectRef): Promise<void>;
  unwatch(project: ProjectRef): Promise<void>;
  cancel(requestId: string): Promise<void>;
}

/** What the engine process tells the host unasked. */
export interface EngineEvents {
  progress(requestId: string, progress: Progress): void;
  log(entry: LogEntry): void;
  storeChanged(configFile: string): void;
}

export interface DeployRequest {
  stage: Stage;
  version?: string | undefined;
  notes?: string | undefined;
  acceptSignatureChange?: boolean | undefined;
  /** Names of gates to override; needs notes. */
  override?: string[] | undefined;
  /** The plan that was shown: nothing moves when it is not true any more. */
  expected?: ShownPlan | undefined;
}

export interface RollbackRequest {
  toVersion?: string | undefined;
  notes?: string | undefined;
  expected?: ShownPlan | undefined;
}

export interface PredictRequest {
  input: PredictInput;
  stage?: Stage | undefined;
  version?: string | undefined;
  strict?: boolean | undefined;
  /** File to write the scored rows to. */
  output?: string | undefined;
}

export interface DatasetRequest {
  folder: string;
  rows: number;
  features: number;
  classes: number;
  targetColumn: string;
  overwrite: boolean;
}

export interface RunsRequest {
  experimentId: string;
  filter?: string | undefined;
  orderBy?: string | undefined;
  pageToken?: string | undefined;
  limit: number;
  /** Only these come with each run; everything when absent. */
  keys?: RunKeys | undefined;
}
