import type { DeployResult, InfoResult } from '../engine/deployment/results.ts';
import type { Evaluation } from '../engine/evaluation/evaluation.ts';
import type { Signature } from '../engine/model/signature.ts';
import type { PredictInput } from '../engine/prediction/input.ts';
import type { PredictResult } from '../engine/prediction/predict.ts';
import type { Stage, VersionStage } from '../engine/registry/stages.ts';
import type { ErrorDetails, ErrorReason } from '../engine/support/errors.ts';
import type { LogEntry } from '../engine/support/operation-log.ts';
import type { Progress } from '../engine/support/progress.ts';
import type { Metric, Run } from '../engine/tracking/store.ts';
import type { TrainResult } from '../engine/training/train.ts';

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

/** A problem in config.yaml, 1-based range, for the editor's diagnostics. */
export interface ConfigDiagnostic {
  severity: 'error' | 'warning';
  message: string;
  range: { line: number; column: number; endLine: number; endColumn: number };
  /** A name that was probably meant, for a quick fix. */
  replacement?: string;
}

export interface RunSummary {
  run: Run;
  /** Versions registered from this run. */
  versions: string[];
  /** RUNNING without a sign of life for ten minutes, or whose owner on another host cannot be seen. */
  stale: boolean;
}

export interface ExperimentSummary {
  experimentId: string;
  name: string;
  /** training, or the events and batch runs that the product writes beside it */
  kind: 'training' | 'events' | 'batch' | 'other';
}

export interface VersionSummary {
  version: string;
  stage: VersionStage;
  /** ms since 1970 */
  createdAt: number;
  runId: string | null;
  metrics: Record<string, number>;
  aliases: string[];
  rolledBack: boolean;
}

export interface ModelSummary {
  name: string;
  stages: Record<Stage, string | null>;
  /** Newest first. */
  versions: VersionSummary[];
  /** Sentences about aliases that other tools moved. */
  changedOutside: string[];
}

/** Everything the run panel shows. */
export interface RunDetails {
  run: Run;
  versions: string[];
  /** null while the run is going on, or for runs of other tools */
  evaluation: Evaluation | null;
  /** Whole history, ascending by step. */
  history: Metric[];
  /** Paths of artifacts, relative to the run's. */
  artifacts: string[];
}

/** What the editor can complete beside the schema: names that exist. */
export interface CompletionFacts {
  columns: string[];
  experiments: string[];
  models: string[];
}

/** What the editor's host asks of the engine process. Every method rejects with a SerialisedError. */
export interface EngineApi {
  /** `requestId` names the request for `cancel` and for progress. */
  train(project: ProjectRef, requestId: string, options: { runName?: string | undefined }): Promise<TrainResult>;
  planDeploy(project: ProjectRef, request: DeployRequest): Promise<DeployResult>;
  deploy(project: ProjectRef, request: DeployRequest): Promise<DeployResult>;
  planRollback(project: ProjectRef, request: RollbackRequest): Promise<DeployResult>;
  rollback(project: ProjectRef, request: RollbackRequest): Promise<DeployResult>;
  info(project: ProjectRef, options: { at?: string | undefined }): Promise<InfoResult>;
  predict(project: ProjectRef, request: PredictRequest): Promise<PredictResult>;
  validate(project: ProjectRef): Promise<ValidateResult>;
  repair(project: ProjectRef, mode: 'finish' | 'adopt' | 'restore'): Promise<{ messages: string[] }>;
  initProject(folder: string): Promise<{ created: string[]; kept: string[] }>;
  createDataset(
    project: ProjectRef,
    options: { rows: number; classes: number; output: string },
  ): Promise<{ files: string[] }>;
  cleanProject(project: ProjectRef): Promise<{ removed: string[] }>;
  readLog(project: ProjectRef, run: string | undefined): Promise<{ file: string | null; text: string }>;

  experiments(project: ProjectRef): Promise<ExperimentSummary[]>;
  runs(
    project: ProjectRef,
    request: {
      experimentId: string;
      filter?: string | undefined;
      orderBy?: string | undefined;
      pageToken?: string | undefined;
      limit: number;
    },
  ): Promise<{ runs: RunSummary[]; nextPageToken: string | null }>;
  runDetails(project: ProjectRef, runId: string): Promise<RunDetails>;
  models(project: ProjectRef): Promise<ModelSummary[]>;
  /** Signature of the version in production, else of the newest. */
  modelSignature(project: ProjectRef): Promise<Signature | null>;
  /** Status bar: model, version in production, back end. */
  status(project: ProjectRef): Promise<{ modelName: string; production: string | null; backEnd: string }>;

  diagnose(project: ProjectRef, text: string): Promise<ConfigDiagnostic[]>;
  completionFacts(project: ProjectRef, text: string): Promise<CompletionFacts>;

  /** Tells `storeChanged` from now on whenever anybody changes the project's store. */
  watch(project: ProjectRef): Promise<void>;
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
}

export interface RollbackRequest {
  toVersion?: string | undefined;
  notes?: string | undefined;
}

export interface PredictRequest {
  input: PredictInput;
  stage?: Stage | undefined;
  version?: string | undefined;
  strict?: boolean | undefined;
  output?: string | undefined;
}

/** What `validate --json` prints. */
export interface ValidateResult {
  schema: 1;
  checks: { id: string; status: 'ok' | 'warning' | 'error'; message: string; fix: string | null }[];
}
