import { joinLocation } from '../artifacts/artifact-path.ts';
import { withPlaces } from '../config/place-error.ts';
import type { QualityFinding } from '../data/quality.ts';
import { evaluate } from '../evaluation/evaluation.ts';
import type { MetricName, Metrics } from '../evaluation/metrics.ts';
import { fitEnsemble } from '../learners/fit.ts';
import type { Algorithm, FitOptions } from '../learners/learner.ts';
import { type Project, requireWritable } from '../project.ts';
import { MODEL_DIGEST_TAG } from '../registry/model-version.ts';
import { hasVersion } from '../registry/recovery.ts';
import { toEngineError } from '../support/errors.ts';
import type { OperationLog } from '../support/operation-log.ts';
import { OWNER_TAG, ownerTag } from '../support/process-identity.ts';
import { type OperationControl, throwIfCancelled } from '../support/progress.ts';
import { threadCount } from '../support/threads.ts';
import type { Run } from '../tracking/store.ts';
import { requireAlgorithm } from './algorithm.ts';
import { MODEL_ARTIFACT, writeArtifacts } from './artifacts.ts';
import { type CrossValidated, crossValidate } from './cross-validation.ts';
import { assemblePipeline, pipelineProbabilities, prepareRows } from './estimator.ts';
import { datasetInput, runMetrics, runParams, sourceTags } from './run-record.ts';
import { loadTrainingData, type TrainingData } from './training-data.ts';

export interface TrainOptions extends OperationControl {
  /** Name of the run; made from the algorithm and the time when left out. */
  runName?: string | undefined;
}

/** What `train --json` prints. */
export interface TrainResult {
  schema: 1;
  run_id: string;
  experiment_id: string;
  model_name: string;
  version: string;
  metrics: Metrics;
  cv: Partial<Record<MetricName, CrossValidated>>;
  warnings: QualityFinding[];
  duration_ms: number;
}

/**
 * Trains the configured model, measures it on the holdout, records everything in a run and registers a new version.
 * Bad input stops before anything is written; a failure or cancel afterwards leaves the run FAILED or KILLED.
 * @throws EngineError `invalid-data`, `data-quality`, `invalid-config`, `unreachable`, `lock-held`, `cancelled`
 */
export async function train(project: Project, options: TrainOptions = {}): Promise<TrainResult> {
  requireWritable(project);
  return withPlaces(project.loaded, () => trainLocked(project, options));
}

/**
 * As {@link train}, on data that the caller has loaded already and goes on to use: row numbers mean the same rows for both.
 * @throws EngineError as {@link train}
 */
export async function trainOn(project: Project, data: TrainingData, options: TrainOptions = {}): Promise<TrainResult> {
  requireWritable(project);
  return withPlaces(project.loaded, () => trainLocked(project, options, data));
}

/** One training of an experiment at a time. */
async function trainLocked(project: Project, options: TrainOptions, loaded?: TrainingData): Promise<TrainResult> {
  const startedAt = project.clock();
  const fit = fitOptions(project, options);
  const { experiment_name } = project.config.mlflow;
  await project.recover();
  const lease = project.leases().acquire(`train:${experiment_name}`, project.clock());
  try {
    const data = loaded ?? (await readData(project, options));
    throwIfCancelled(options.signal);
    return await trainInRun(project, data, fit, { ...options, startedAt });
  } finally {
    lease.release();
  }
}

function readData(project: Project, options: TrainOptions): Promise<TrainingData> {
  options.onProgress?.({ phase: 'Reading data', done: 0, total: 0 });
  return loadTrainingData(project.config, project, options);
}

interface Fit extends FitOptions {
  algorithm: Algorithm;
}

function fitOptions({ config }: Project, { signal, onProgress }: TrainOptions): Fit {
  return {
    ...requireAlgorithm(config),
    seed: config.training.random_seed,
    threads: threadCount(config.training.n_jobs),
    signal,
    onProgress,
  };
}

async function trainInRun(
  project: Project,
  data: TrainingData,
  fit: Fit,
  options: TrainOptions & { startedAt: Date },
): Promise<TrainResult> {
  const log = project.startLog('train');
  const run = await startRun(project, data, fit, options);
  log.write('info', `Run ${run.name} started.`, { run_id: run.runId });
  try {
    const result = await fitAndRegister(project, data, fit, run, log);
    const duration_ms = project.clock().getTime() - options.startedAt.getTime();
    log.write('info', `Registered ${result.model_name} version ${result.version}.`, { run_id: run.runId, duration_ms });
    return { ...result, duration_ms };
  } catch (error) {
    await endBadly(project, run, log, error);
    throw error;
  }
}

async function startRun(
  project: Project,
  data: TrainingData,
  fit: Fit,
  options: TrainOptions & { startedAt: Date },
): Promise<Run> {
  const { store, config, actor, redact } = project;
  const experiment = await store.ensureExperiment(config.mlflow.experiment_name);
  const fallback: Record<string, string> =
    data.source.fallbackReason === undefined ? {} : { 'gnu_mlops.data_fallback': data.source.sourceType };
  const defaultName = `${fit.algorithm}-${options.startedAt.toISOString().slice(0, 19).replace('T', '-')}`;
  return store.createRun({
    experimentId: experiment.experimentId,
    name: options.runName === undefined ? defaultName : redact(options.runName),
    userId: actor,
    startTime: options.startedAt.getTime(),
    params: runParams(project, data, fit.hyperparameters),
    tags: {
      'gnu_mlops.operation': 'train',
      [OWNER_TAG]: ownerTag(),
      ...(await sourceTags(project)),
      ...fallback,
    },
    inputs: [datasetInput(project, data)],
  });
}

async function fitAndRegister(
  project: Project,
  data: TrainingData,
  fit: Fit,
  run: Run,
  log: OperationLog,
): Promise<Omit<TrainResult, 'duration_ms'>> {
  const { config, store, clock } = project;
  const { features: columns, target, split, rowWeights } = data;
  const input = { columns, rows: split.train, target, rowWeights, training: config.training };
  const phase = (name: string) => (fit.onProgress ? { ...fit, onProgress: relabelled(fit.onProgress, name) } : fit);
  const cv = config.training.cv_folds === 0 ? {} : await crossValidate(input, fit.algorithm, phase('Cross-validating'));
  throwIfCancelled(fit.signal);
  const prepared = prepareRows(input);
  const fitted = await fitEnsemble(fit.algorithm, prepared.set, phase('Training'));
  const pipeline = assemblePipeline(prepared, fitted, target);
  const probabilities = pipelineProbabilities(pipeline, columns, split.test);
  const actual = Int32Array.from(split.test, (row) => target.labels[row]!);
  const importances = columns.map(({ name }, i) => ({ feature: name, importance: fitted.importances[i]! }));
  const evaluation = evaluate({ actual, probabilities }, target.classes, importances);
  throwIfCancelled(fit.signal);
  const digest = await writeArtifacts({ project, data, pipeline, evaluation, run }, fit);
  log.write('info', 'Artifacts written.', { run_id: run.runId, model_digest: digest });
  const version = await store.finishRun(run.runId, {
    status: 'FINISHED',
    endTime: clock().getTime(),
    batch: {
      metrics: runMetrics(evaluation, cv, clock().getTime()),
      tags: { [MODEL_DIGEST_TAG]: digest, 'mlflow.log-model.history': modelHistory(run, clock()) },
    },
    register: {
      name: config.mlflow.model_name,
      source: joinLocation(run.artifactUri, MODEL_ARTIFACT),
      runId: run.runId,
      userId: project.actor,
    },
  });
  return {
    schema: 1,
    run_id: run.runId,
    experiment_id: run.experimentId,
    model_name: config.mlflow.model_name,
    version: version!.version,
    metrics: evaluation.metrics,
    cv,
    warnings: data.quality.findings,
  };
}

/** The tag by which MLflow's UI shows that a run logged a model. */
function modelHistory({ runId }: Run, now: Date): string {
  const created = now.toISOString().replace('T', ' ').replace('Z', '000');
  return JSON.stringify([{ run_id: runId, artifact_path: MODEL_ARTIFACT, utc_time_created: created, flavors: {} }]);
}

type OnProgress = NonNullable<OperationControl['onProgress']>;

function relabelled(onProgress: OnProgress, phase: string): OnProgress {
  return (progress) => onProgress({ ...progress, phase });
}

/**
 * Marks the run KILLED when it was cancelled, else FAILED; FINISHED when its version is there, so that nothing but this mark was
 * missing. The first error is the one that counts; a run that cannot be marked is ended by the next command.
 */
async function endBadly(project: Project, run: Run, log: OperationLog, error: unknown): Promise<void> {
  const { store, config, clock, redact } = project;
  const { reason, message } = toEngineError(error);
  log.write('error', message, { run_id: run.runId, reason });
  const endTime = clock().getTime();
  try {
    if (await hasVersion(store, config.mlflow.model_name, run.runId)) {
      await store.finishRun(run.runId, { status: 'FINISHED', endTime });
    } else {
      const status = reason === 'cancelled' ? 'KILLED' : 'FAILED';
      const tags = { 'gnu_mlops.error': redact(message).slice(0, 5000), 'gnu_mlops.error_reason': reason };
      await store.finishRun(run.runId, { status, endTime, batch: { tags } });
    }
  } catch (failure) {
    log.write('error', `The end of the run could not be recorded: ${toEngineError(failure).message}`);
  }
}
