import path from 'node:path';
import type { DatasetInput, Experiment, Metric, RunBatch, RunStatus } from '../store.ts';
import { foldersOf, type Losses, type Meta, numberOf, readMeta, textOf, textsOf } from './meta-file.ts';

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

/** As MLflow names the folders of experiments and of runs; beside runs lie tags, datasets, traces and models. */
const EXPERIMENT = /^\d+$/;
const RUN = /^[0-9a-f]{32}$/;

/** Beside experiments: the registry, and what was deleted. */
const OTHERS = ['models', '.trash'];

/** Every experiment of an `mlruns` folder (mlflow/store/tracking/file_store.py) with its runs; what cannot be read is left out and told. */
export async function readExperiments(root: string, losses: Losses): Promise<StoredExperiment[]> {
  const names = (await foldersOf(root, losses)).filter((name) => !OTHERS.includes(name));
  const found: StoredExperiment[] = [];
  for (const name of names) {
    const folder = path.join(root, name);
    const isExpected = EXPERIMENT.test(name);
    const meta = await readMeta(folder, { losses, key: 'experiment_id', isExpected });
    if (meta !== null) found.push(await readExperiment(folder, meta, losses));
  }
  return found;
}

async function readExperiment(folder: string, meta: Meta, losses: Losses): Promise<StoredExperiment> {
  const runs: StoredRun[] = [];
  for (const name of await foldersOf(folder, losses)) {
    const runFolder = path.join(folder, name);
    const runMeta = await readMeta(runFolder, { losses, key: 'run_id', isExpected: RUN.test(name) });
    if (runMeta !== null) runs.push(await readRun(runFolder, runMeta, losses));
  }
  return {
    experimentId: textOf(meta.experiment_id),
    name: textOf(meta.name),
    artifactLocation: textOf(meta.artifact_location),
    lifecycleStage: stageOf(meta),
    createdAt: numberOf(meta.creation_time),
    updatedAt: numberOf(meta.last_update_time),
    tags: await textsOf(path.join(folder, 'tags'), losses),
    runs,
  };
}

async function readRun(folder: string, meta: Meta, losses: Losses): Promise<StoredRun> {
  const [params, tags, metrics, inputs] = await Promise.all([
    textsOf(path.join(folder, 'params'), losses),
    textsOf(path.join(folder, 'tags'), losses),
    textsOf(path.join(folder, 'metrics'), losses),
    readInputs(folder, losses),
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
    metrics: Object.entries(metrics).flatMap(([key, text]) =>
      readHistory(path.join(folder, 'metrics', key), key, text, losses),
    ),
    inputs,
  };
}

function stageOf(meta: Meta): 'active' | 'deleted' {
  return meta.lifecycle_stage === 'deleted' ? 'deleted' : 'active';
}

const ODD_NUMBERS: Record<string, number> = { nan: Number.NaN, inf: Infinity, '-inf': -Infinity };

/** Lines of `timestamp value step`, the value as Python prints it; a line that is cut off is left out, and told unless it is being written. */
function readHistory(file: string, key: string, text: string, losses: Losses): Metric[] {
  const lines = text.split('\n');
  return lines.flatMap((line, index) => {
    if (line.trim() === '') return [];
    const metric = readValue(key, line);
    if (metric === null && index < lines.length - 1) losses.add(file, `line ${index + 1} is no value`);
    return metric ?? [];
  });
}

function readValue(key: string, line: string): Metric | null {
  const [timestamp, value, step = '0'] = line.trim().split(' ');
  if (timestamp === undefined || value === undefined) return null;
  const metric = { key, timestamp: Number(timestamp), value: ODD_NUMBERS[value] ?? Number(value), step: Number(step) };
  return Number.isFinite(metric.timestamp) && Number.isFinite(metric.step) ? metric : null;
}

/** Inputs name a dataset of the experiment's folder by its id. */
async function readInputs(folder: string, losses: Losses): Promise<DatasetInput[]> {
  const inputs = path.join(folder, 'inputs');
  const found: DatasetInput[] = [];
  for (const name of await foldersOf(inputs, losses)) {
    const link = await readMeta(path.join(inputs, name), { losses });
    if (link?.source_type !== 'DATASET') continue;
    const dataset = await readDataset(path.dirname(folder), link, losses);
    if (dataset !== null) found.push(dataset);
  }
  return found;
}

/** Earlier versions call the dataset the destination, later ones the source. */
async function readDataset(experimentFolder: string, link: Meta, losses: Losses): Promise<DatasetInput | null> {
  for (const id of [link.source_id, link.destination_id].map(textOf).filter((text) => /^[0-9a-f]+$/.test(text))) {
    const meta = await readMeta(path.join(experimentFolder, 'datasets', id), { losses });
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
