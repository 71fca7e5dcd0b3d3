import path from 'node:path';
import type { DatasetInput, Experiment, Metric, RunBatch, RunStatus } from '../store.ts';
import { foldersOf, type Meta, numberOf, readMeta, textOf, textsOf } from './meta-file.ts';

/** An experiment as its folder has it. */
export interface StoredExperiment extends Experiment {
  lifecycleStage: 'active' | 'deleted';
  createdAt: number | null;
  updatedAt: number | null;
  runs: StoredRun[];
}

export interface StoredRun extends Required<RunBatch> {
  runId: string;
  name: string;
  userId: string;
  status: RunStatus;
  startTime: number | null;
  endTime: number | null;
  artifactUri: string;
  lifecycleStage: 'active' | 'deleted';
}

/** MLflow's RunStatus by its number. */
const STATUSES: RunStatus[] = ['RUNNING', 'SCHEDULED', 'FINISHED', 'FAILED', 'KILLED'];

/** Beside experiments: the registry, and what was deleted. */
const OTHERS = ['models', '.trash'];

/** Every experiment of an `mlruns` folder (mlflow/store/tracking/file_store.py) with its runs; what cannot be read is left out. */
export async function readExperiments(root: string): Promise<StoredExperiment[]> {
  const names = (await foldersOf(root)).filter((name) => !OTHERS.includes(name));
  const found: StoredExperiment[] = [];
  for (const name of names) {
    const folder = path.join(root, name);
    const meta = await readMeta(folder);
    if (meta !== null) found.push(await readExperiment(folder, meta));
  }
  return found;
}

async function readExperiment(folder: string, meta: Meta): Promise<StoredExperiment> {
  const runs: StoredRun[] = [];
  for (const name of await foldersOf(folder)) {
    const runFolder = path.join(folder, name);
    const runMeta = await readMeta(runFolder);
    if (runMeta?.run_id !== undefined) runs.push(await readRun(runFolder, runMeta));
  }
  return {
    experimentId: textOf(meta.experiment_id),
    name: textOf(meta.name),
    artifactLocation: textOf(meta.artifact_location),
    lifecycleStage: stageOf(meta),
    createdAt: numberOf(meta.creation_time),
    updatedAt: numberOf(meta.last_update_time),
    tags: await textsOf(path.join(folder, 'tags')),
    runs,
  };
}

async function readRun(folder: string, meta: Meta): Promise<StoredRun> {
  const [params, tags, metrics, inputs] = await Promise.all([
    textsOf(path.join(folder, 'params')),
    textsOf(path.join(folder, 'tags')),
    textsOf(path.join(folder, 'metrics')),
    readInputs(folder),
  ]);
  return {
    runId: textOf(meta.run_id),
    name: textOf(meta.run_name) || (tags['mlflow.runName'] ?? ''),
    userId: textOf(meta.user_id),
    status: STATUSES[(numberOf(meta.status) ?? 1) - 1] ?? 'RUNNING',
    startTime: numberOf(meta.start_time),
    endTime: numberOf(meta.end_time),
    artifactUri: textOf(meta.artifact_uri),
    lifecycleStage: stageOf(meta),
    params,
    tags,
    metrics: Object.entries(metrics).flatMap(([key, text]) => readHistory(key, text)),
    inputs,
  };
}

function stageOf(meta: Meta): 'active' | 'deleted' {
  return meta.lifecycle_stage === 'deleted' ? 'deleted' : 'active';
}

const ODD_NUMBERS: Record<string, number> = { nan: Number.NaN, inf: Infinity, '-inf': -Infinity };

/** Lines of `timestamp value step`, the value as Python prints it; a line that is cut off is left out. */
function readHistory(key: string, text: string): Metric[] {
  return text.split('\n').flatMap((line) => {
    const [timestamp, value, step = '0'] = line.trim().split(' ');
    if (timestamp === undefined || value === undefined) return [];
    const metric = {
      key,
      timestamp: Number(timestamp),
      value: ODD_NUMBERS[value] ?? Number(value),
      step: Number(step),
    };
    return Number.isFinite(metric.timestamp) && Number.isFinite(metric.step) ? [metric] : [];
  });
}

/** Inputs name a dataset of the experiment's folder by its id. */
async function readInputs(folder: string): Promise<DatasetInput[]> {
  const inputs = path.join(folder, 'inputs');
  const found: DatasetInput[] = [];
  for (const name of await foldersOf(inputs)) {
    const link = await readMeta(path.join(inputs, name));
    if (link?.source_type !== 'DATASET') continue;
    const dataset = await readDataset(path.dirname(folder), link);
    if (dataset !== null) found.push(dataset);
  }
  return found;
}

/** Earlier versions call the dataset the destination, later ones the source. */
async function readDataset(experimentFolder: string, link: Meta): Promise<DatasetInput | null> {
  for (const id of [link.source_id, link.destination_id].map(textOf).filter((text) => /^[0-9a-f]+$/.test(text))) {
    const meta = await readMeta(path.join(experimentFolder, 'datasets', id));
    if (meta === null) continue;
    const context = textOf((link.tags as Record<string, unknown> | undefined)?.['mlflow.data.context']);
    const optional = (value: unknown) => (value === null || value === undefined ? null : String(value));
    return {
      name: textOf(meta.name),
      digest: textOf(meta.digest),
      sourceType: textOf(meta.source_type),
      source: textOf(meta.source),
      schema: optional(meta.schema),
      profile: optional(meta.profile),
      context,
    };
  }
  return null;
}
