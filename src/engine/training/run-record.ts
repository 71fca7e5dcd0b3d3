import { execFile } from 'node:child_process';
import path from 'node:path';
import { promisify } from 'node:util';
import type { Config } from '../config/config.ts';
import type { SourceData } from '../data/sources/source.ts';
import type { Evaluation } from '../evaluation/evaluation.ts';
import type { MetricName } from '../evaluation/metrics.ts';
import type { Hyperparameters } from '../learners/learner.ts';
import { signatureColumns } from '../model/signature.ts';
import type { Project } from '../project.ts';
import type { DatasetInput, Metric } from '../tracking/store.ts';
import type { CrossValidated } from './cross-validation.ts';
import type { TrainingData } from './training-data.ts';

/** Params of a training run, as MLflow keeps them: text. */
export function runParams(
  { config }: Project,
  data: TrainingData,
  hyperparameters: Hyperparameters,
): Record<string, string> {
  const { test_size, validation_size, split, cv_folds, random_seed, scaler, class_weight } = config.training;
  const training = { test_size, validation_size, split, cv_folds, random_seed, scaler, class_weight };
  const counts = {
    features: data.features.length,
    classes: data.target.classes.length,
    train_rows: data.split.train.length,
    test_rows: data.split.test.length,
  };
  const all = { algorithm: config.model.algorithm, ...hyperparameters, ...training, ...counts };
  return Object.fromEntries(Object.entries(all).map(([key, value]) => [key, String(value)]));
}

/** Holdout metrics, then `cv_<metric>` with folds as steps, and mean and deviation over the folds. */
export function runMetrics(
  evaluation: Evaluation,
  cv: Partial<Record<MetricName, CrossValidated>>,
  timestamp: number,
): Metric[] {
  const holdout = Object.entries(evaluation.metrics).map(([key, value]) => ({ key, value, timestamp, step: 0 }));
  const folds = Object.entries(cv).flatMap(([name, { mean, std, folds: values }]) => [
    ...values.map((value, step) => ({ key: `cv_${name}`, value, timestamp, step })),
    { key: `cv_${name}_mean`, value: mean, timestamp, step: 0 },
    { key: `cv_${name}_std`, value: std, timestamp, step: 0 },
  ]);
  return [...holdout, ...folds];
}

/** The training data as MLflow's `log_input` records a pandas dataset. */
export function datasetInput({ config }: Project, data: TrainingData): DatasetInput {
  const { source, target } = data;
  const columns = signatureColumns(source.table.columns).map(({ name, type, required }) => ({ type, name, required }));
  return {
    ...datasetSource(config, source),
    digest: source.digest,
    schema: JSON.stringify({ mlflow_colspec: columns }),
    profile: JSON.stringify({ num_rows: target.labels.length, num_elements: target.labels.length * columns.length }),
    context: 'training',
  };
}

/** Name and source as MLflow's own dataset sources have them, so that its client reads them back. */
function datasetSource({ data }: Config, { sourceType, description }: SourceData) {
  if (sourceType === 'databricks') {
    const table = data.table ?? '';
    return { name: table, sourceType: 'delta_table', source: JSON.stringify({ delta_table_name: table }) };
  }
  const name = path.basename(sourceType === 'synthetic' ? sourceType : data.path);
  return { name, sourceType, source: JSON.stringify({ uri: description }) };
}

/** Tags MLflow's UI shows: where the run came from. */
export async function sourceTags({ configFile, baseDir }: Project): Promise<Record<string, string>> {
  const commit = await gitCommit(baseDir);
  return {
    'mlflow.source.name': configFile,
    'mlflow.source.type': 'LOCAL',
    ...(commit === null ? {} : { 'mlflow.source.git.commit': commit }),
  };
}

/** The commit checked out in `folder`, or null outside git. */
async function gitCommit(folder: string): Promise<string | null> {
  try {
    const { stdout } = await promisify(execFile)('git', ['rev-parse', 'HEAD'], { cwd: folder });
    return stdout.trim();
  } catch {
    return null;
  }
}
