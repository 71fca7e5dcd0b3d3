import { existsSync, realpathSync, statSync } from 'node:fs';
import path from 'node:path';
import { requireBatchPlaces } from '../data/batch-places.ts';
import { batchExperiment, type Project, requireWritable } from '../project.ts';
import { loadVersion, resolveVersion } from '../registry/model-version.ts';
import { toEngineError } from '../support/errors.ts';
import { OWNER_TAG, ownerTag } from '../support/process-identity.ts';
import { type OperationControl, throwIfCancelled } from '../support/progress.ts';
import { threadCount } from '../support/threads.ts';
import type { DatasetInput, Run } from '../tracking/store.ts';
import type { BatchWork } from './batch-work.ts';
import { type Candidate, scanInputs } from './input-scan.ts';
import { Journal, type JournalGroup, type Places } from './journal.ts';
import { knownManifests } from './manifests.ts';
import { processInputs, resumeInputs } from './process-inputs.ts';
import type { BatchFile, BatchResult } from './results.ts';
import type { BatchModel } from './score-file.ts';
import { ScoringPool } from './scoring-pool.ts';
import { left } from './unscored.ts';

export interface BatchOptions extends OperationControl {
  /** A file or a folder; `batch_inference.input_path` unless given. */
  path?: string | undefined;
  /** Tell what would be scored; nothing is written. */
  dryRun?: boolean | undefined;
}

/** Inputs that are done together: new ones, or those that an interrupted run left. */
type Task = { kind: 'new'; candidates: Candidate[] } | { kind: 'resume'; group: JournalGroup };

/**
 * Scores every input that is ready with the production model and moves it to the archive, exactly once. A file that fails is
 * told and left, the others go on.
 * @throws EngineError `invalid-config` and `usage` for places that would take results or training data for inputs,
 *   `unreachable` (no input folder), `not-found` (nothing in production), `invalid-model`, `lock-held`
 */
export async function runBatch(project: Project, options: BatchOptions = {}): Promise<BatchResult> {
  const startedAt = project.clock();
  const settings = project.config.batch_inference;
  const place = path.resolve(project.baseDir, options.path ?? settings.input_path);
  requireBatchPlaces(project.loaded, options.path);
  if (options.dryRun) return preview(project, place, options.signal);
  requireWritable(project);
  await project.recover();
  const folder = inputFolder(place);
  const lease = project.leases().acquire(`batch:${folder}`, startedAt);
  try {
    const journal = journalOf(project, place);
    journal.sweep();
    const { tasks, skipped } = await findTasks(project, place, options.signal);
    if (tasks.length === 0 && skipped.length === 0) return nothingToDo(project);
    const files = await performTasks(project, { tasks, skipped, journal, options });
    return { ...files, duration_ms: project.clock().getTime() - startedAt.getTime() };
  } finally {
    lease.release();
  }
}

/** Whoever works in a folder, on all of it or on one of its files, holds the lock of that folder. */
function inputFolder(place: string): string {
  const isFolder = statSync(place, { throwIfNoEntry: false })?.isDirectory() ?? false;
  const folder = isFolder ? place : path.dirname(place);
  return existsSync(folder) ? realpathSync(folder) : folder;
}

function journalOf({ stateFolder }: Project, place: string): Journal {
  return new Journal(stateFolder, inputFolder(place));
}

interface Found {
  tasks: Task[];
  /** Not ready or never read: told, not scored. */
  skipped: BatchFile[];
}

async function findTasks(project: Project, place: string, signal: AbortSignal | undefined): Promise<Found> {
  const settings = project.config.batch_inference;
  const unfinished = journalOf(project, place).unfinished();
  const { ready, growing, refused } = await scanInputs(place, settings.settle_seconds, project.clock(), signal);
  const taken = unfinished.flatMap(({ entries }) => entries);
  const isTaken = ({ file, size, mtimeMs }: Candidate) =>
    taken.some(({ input, identity }) => input === file && identity.size === size && identity.mtime_ms === mtimeMs);
  const known = settings.archive_processed ? () => false : knownManifests(placesOf(project).outputFolder);
  const fresh = ready.filter((candidate) => !isTaken(candidate) && !known(candidate));
  return {
    tasks: [
      ...unfinished.map((group) => ({ kind: 'resume' as const, group })),
      ...groups(fresh).map((candidates) => ({ kind: 'new' as const, candidates })),
    ],
    skipped: [
      ...growing.map(({ file }) => left(file, 'growing', 'still growing; next time')),
      ...refused.map(({ file, reason }) => left(file, 'failed', reason)),
    ],
  };
}

const GROUP_BYTES = 8 << 20;
const GROUP_FILES = 64;

/** Small files go together, because they wait for the disk together; a large one goes alone. */
function groups(candidates: Candidate[]): Candidate[][] {
  const result: Candidate[][] = [];
  let bytes = 0;
  for (const candidate of candidates) {
    const last = result.at(-1);
    bytes += candidate.size;
    if (last && last.length < GROUP_FILES && bytes <= GROUP_BYTES) last.push(candidate);
    else {
      result.push([candidate]);
      bytes = candidate.size;
    }
  }
  return result;
}

interface Assignment extends Found {
  journal: Journal;
  options: BatchOptions;
}

async function performTasks(
  project: Project,
  { tasks, skipped, journal, options }: Assignment,
): Promise<Omit<BatchResult, 'duration_ms'>> {
  const log = project.startLog('batch');
  const model = tasks.length > 0 ? await productionModel(project) : null;
  const run = await startRun(project, model);
  log.write('info', `Batch ${run.runId} began: ${tasks.flatMap(inputsOf).length} inputs.`, { run_id: run.runId });
  const pool = new ScoringPool(threadCount(project.config.training.n_jobs));
  try {
    const files = model === null ? [] : await performAll(project, tasks, { model, pool, journal, options });
    const all = [...files, ...skipped].sort((a, b) => (a.input < b.input ? -1 : 1));
    log.writeAll(all.map(logLine));
    const failed = all.filter(({ status }) => status === 'failed').length;
    await endRun(project, run, all, failed > 0 ? 'FAILED' : 'FINISHED');
    const { name, version } = model ?? { name: project.config.mlflow.model_name, version: null };
    return {
      schema: 1,
      status: failed > 0 ? 'failed' : 'done',
      run_id: run.runId,
      model_name: name,
      version,
      files: all,
    };
  } catch (error) {
    const { reason, message } = toEngineError(error);
    log.write('error', message, { run_id: run.runId, reason });
    await endRun(project, run, [], reason === 'cancelled' ? 'KILLED' : 'FAILED');
    throw error;
  } finally {
    await pool.close();
  }
}

interface Means {
  model: BatchModel;
  pool: ScoringPool;
  journal: Journal;
  options: BatchOptions;
}

/** Large files `parallel_files` at a time, then the groups of small ones. */
async function performAll(project: Project, tasks: Task[], means: Means): Promise<BatchFile[]> {
  const { model, pool, journal, options } = means;
  const total = tasks.reduce((sum, task) => sum + bytesOf(task), 0);
  const done = new Map<string, number>();
  let all = 0;
  const onProgress = (input: string, bytes: number) => {
    all += bytes - (done.get(input) ?? 0);
    done.set(input, bytes);
    options.onProgress?.({ phase: `Scoring ${path.basename(input)}`, done: Math.min(all, total), total });
  };
  const shared = { project, model, journal, places: placesOf(project), pool, planned: new Set<string>() };
  const work: BatchWork = { ...shared, signal: options.signal, onProgress };
  const results: BatchFile[][] = [];
  const perform = async (index: number) => {
    throwIfCancelled(options.signal);
    const task = tasks[index]!;
    results[index] = await (task.kind === 'new'
      ? processInputs(task.candidates, work)
      : resumeInputs(task.group, work));
  };
  const isLarge = (index: number) => inputsOf(tasks[index]!).length === 1;
  const { parallel_files } = project.config.batch_inference;
  const [large, small] = [[...tasks.keys()].filter(isLarge), [...tasks.keys()].filter((index) => !isLarge(index))];
  await inLanes(large, parallel_files, perform);
  // While one group of small files waits for the disk, the next one is scored.
  await inLanes(small, Math.max(2, parallel_files), perform);
  return results.flat();
}

/** So many at a time; all that began have ended when this settles, also when one of them failed. */
async function inLanes(indices: number[], count: number, perform: (index: number) => Promise<void>): Promise<void> {
  const queue = indices.values();
  const lane = async () => {
    for (const index of queue) await perform(index);
  };
  const ends = await Promise.allSettled(Array.from({ length: count }, lane));
  const broken = ends.find((end) => end.status === 'rejected');
  if (broken) throw broken.reason;
}

function inputsOf(task: Task): { file: string; size: number }[] {
  if (task.kind === 'new') return task.candidates;
  return task.group.entries.map(({ input, identity }) => ({ file: input, size: identity.size }));
}

function bytesOf(task: Task): number {
  return inputsOf(task).reduce((sum, { size }) => sum + size, 0);
}

async function productionModel(project: Project): Promise<BatchModel> {
  const { mlflow, batch_inference } = project.config;
  const version = await resolveVersion(project.store, mlflow.model_name, { stage: batch_inference.model_stage });
  const model = await loadVersion(project.store, version);
  const profile = model.profile()?.features ?? [];
  return { model, profile, name: version.name, version: version.version, runId: version.runId };
}

function placesOf({ baseDir, config }: Project): Places {
  const { output_path, archive_path, archive_processed } = config.batch_inference;
  return {
    outputFolder: path.resolve(baseDir, output_path),
    archiveFolder: archive_processed ? path.resolve(baseDir, archive_path) : null,
  };
}

async function preview(project: Project, place: string, signal: AbortSignal | undefined): Promise<BatchResult> {
  const { tasks, skipped } = await findTasks(project, place, signal);
  const model = await productionModel(project);
  const inputs = tasks.flatMap(inputsOf);
  const files = [...inputs.map(({ file }) => left(file, 'ready', null)), ...skipped];
  const { name, version } = model;
  return { schema: 1, status: 'dry-run', run_id: null, model_name: name, version, files, duration_ms: 0 };
}

function nothingToDo({ config }: Project): BatchResult {
  const model_name = config.mlflow.model_name;
  return { schema: 1, status: 'nothing-to-do', run_id: null, model_name, version: null, files: [], duration_ms: 0 };
}

async function startRun({ store, config, actor, clock }: Project, model: BatchModel | null): Promise<Run> {
  const { experimentId } = await store.ensureExperiment(batchExperiment(config));
  const now = clock();
  return store.createRun({
    experimentId,
    name: `batch-${now.toISOString().slice(0, 19).replace('T', '-')}`,
    userId: actor,
    startTime: now.getTime(),
    ...(model === null ? {} : { params: { model_name: model.name, model_version: model.version } }),
    tags: { 'gnu_mlops.operation': 'batch', [OWNER_TAG]: ownerTag() },
  });
}

async function endRun(
  { store, clock, redact }: Project,
  run: Run,
  files: BatchFile[],
  status: Run['status'],
): Promise<void> {
  const timestamp = clock().getTime();
  const count = (wanted: BatchFile['status'][]) => files.filter((file) => wanted.includes(file.status)).length;
  const sum = (part: 'rows' | 'refused') => files.reduce((total, file) => total + file[part], 0);
  const values = {
    files: count(['done', 'recovered']),
    failed_files: count(['failed']),
    rows: sum('rows'),
    refused_rows: sum('refused'),
    duration_ms: timestamp - run.startTime,
  };
  const metrics = Object.entries(values).map(([key, value]) => ({ key, value, timestamp, step: 0 }));
  const failures = files.filter((file) => file.status === 'failed').map((file) => `${file.input}: ${file.error}`);
  const tags = failures.length === 0 ? {} : { 'gnu_mlops.error': redact(failures.join('\n')).slice(0, 5000) };
  await store.finishRun(run.runId, {
    status,
    endTime: timestamp,
    batch: { metrics, tags, inputs: datasetInputs(files) },
  });
}

const MOST_INPUTS = 100;

/** The scored files as MLflow's dataset inputs, so that a run tells which bytes it has seen. */
function datasetInputs(files: BatchFile[]): DatasetInput[] {
  const scored = files.filter((file) => file.sha256 !== null).slice(0, MOST_INPUTS);
  return scored.map(({ input, sha256, rows }) => ({
    name: path.basename(input),
    digest: sha256!.slice(0, 32),
    sourceType: 'local',
    source: JSON.stringify({ uri: input }),
    schema: null,
    profile: JSON.stringify({ num_rows: rows }),
    context: 'batch',
  }));
}

function logLine(file: BatchFile) {
  const { input, status, rows, refused, error } = file;
  const level = status === 'failed' ? 'error' : status === 'growing' ? 'warning' : 'info';
  const message = `${path.basename(input)}: ${error ?? `${rows} rows, ${refused} refused`}.`;
  return { level, message, facts: { ...file } } as const;
}
