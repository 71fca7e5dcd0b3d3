/**
 * The programming interface of the package: `import { openProject, train } from 'gnu-mlops'`. Every operation takes an open
 * project (or the folder of one) and its options, and rejects with an EngineError that has a reason.
 */
export type { BatchFile, BatchResult, Manifest } from './batch/results.ts';
export { type BatchOptions, runBatch } from './batch/run-batch.ts';
export { type CiSummary, pipelineSummary } from './ci/summary.ts';
export { type CiOptions, type CiProvider, type CiResult, writePipeline } from './ci/write-pipeline.ts';
export { type CopyOptions, copy } from './copying/copy.ts';
export type {
  CopiedAlias,
  CopiedExperiment,
  CopiedModel,
  CopiedTags,
  CopiedVersion,
  CopyResult,
} from './copying/results.ts';
export {
  type DatabricksDeployOptions,
  type DatabricksDeployResult,
  deployToDatabricks,
} from './databricks-operations/deploy.ts';
export { type SelfTestCheck, type SelfTestResult, testWorkspace } from './databricks-operations/self-test.ts';
export {
  type DatabricksSetupOptions,
  type DatabricksSetupResult,
  setUpDatabricks,
} from './databricks-operations/setup.ts';
export { type DatabricksStatusResult, databricksStatus } from './databricks-operations/status.ts';
export type { PlannedStep } from './databricks-operations/step.ts';
export { type DeployOptions, deploy, planDeploy } from './deployment/deploy.ts';
export { type InfoOptions, info } from './deployment/info.ts';
export { listModels, type ModelSummary, type StageSummary, type VersionSummary } from './deployment/models.ts';
export { type RepairOptions, type RepairResult, repair } from './deployment/repair.ts';
export type { DeployResult, InfoResult, ShownPlan, StageHolder } from './deployment/results.ts';
export { planRollback, type RollbackOptions, rollback } from './deployment/rollback.ts';
export type { Evaluation } from './evaluation/evaluation.ts';
export { type CleanOptions, type CleanResult, clean } from './housekeeping/clean.ts';
export {
  type LogListResult,
  type LogSummary,
  type LogsResult,
  listLogSummaries,
  readLogs,
} from './housekeeping/logs.ts';
export {
  afterBatch,
  afterDeployment,
  afterDrift,
  afterFailure,
  afterRetrain,
} from './notification/after-operation.ts';
export type { NotifyReport } from './notification/delivery.ts';
export type {
  BatchOutcome,
  DeploymentOutcome,
  DriftAlarm,
  Failure,
  Notice,
  RetrainOutcome,
} from './notification/notice.ts';
export { notify } from './notification/notify.ts';
export type { PredictInput } from './prediction/input.ts';
export { type Prediction, type PredictOptions, type PredictResult, predict } from './prediction/predict.ts';
export { type OpenProjectOptions, openProject, type Project } from './project.ts';
export type { GateResult } from './registry/gates.ts';
export type { HistoryEntry } from './registry/history.ts';
export type { Stage, VersionStage } from './registry/stages.ts';
export type { Contest, Due, RetrainResult } from './retraining/results.ts';
export { type RetrainOptions, retrain } from './retraining/retrain.ts';
export { type CompareOptions, compareRuns } from './runs/compare.ts';
export { type ExperimentSummary, listExperiments } from './runs/experiments.ts';
export { type ListRunsOptions, listRuns } from './runs/list-runs.ts';
export type { ComparedRow, CompareResult, RunDocument, RunsResult } from './runs/results.ts';
export { type RunDetails, runDetails } from './runs/run-details.ts';
export { type RunSummary, runPage } from './runs/run-page.ts';
export {
  addSchedule,
  type NewSchedule,
  pauseSchedule,
  removeSchedule,
  resumeSchedule,
} from './scheduling/edit-schedules.ts';
export { type InstallOptions, installSchedules } from './scheduling/install-schedules.ts';
export { installLauncher } from './scheduling/launcher.ts';
export { listSchedules, scheduleHistory } from './scheduling/list-schedules.ts';
export type {
  FiringSummary,
  ScheduleChangeResult,
  ScheduleInstallResult,
  ScheduleListResult,
  ScheduleRunResult,
  ScheduleSummary,
} from './scheduling/results.ts';
export { type RunScheduleOptions, runSchedule } from './scheduling/run-schedule.ts';
export { createDataset, type DatasetOptions, type DatasetResult } from './setup/dataset.ts';
export { type InitOptions, type InitResult, initProject } from './setup/init.ts';
export { type Check, type ValidateResult, validate } from './setup/validate.ts';
export { EngineError, type ErrorDetails, type ErrorReason, exitCodeOf } from './support/errors.ts';
export type { LogEntry } from './support/operation-log.ts';
export type { OperationControl, Progress } from './support/progress.ts';
export { type TrainOptions, type TrainResult, train } from './training/train.ts';
