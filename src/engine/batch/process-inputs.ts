import { createHash } from 'node:crypto';
import { createReadStream, existsSync, mkdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';
import { logPredictions, PREDICTION_LOG_FOLDER } from '../monitoring/prediction-log.ts';
import type { Project } from '../project.ts';
import { flushFolder, writeFilesWhole } from '../support/atomic-file.ts';
import { EngineError, toEngineError } from '../support/errors.ts';
import { archiveInput } from './archive.ts';
import { type Candidate, standsStill } from './input-scan.ts';
import { type Journal, type JournalEntry, type JournalGroup, type Places, planEntry } from './journal.ts';
import type { BatchFile, Manifest } from './results.ts';
import { type BatchModel, type FileScore, partialName, scoreFile } from './score-file.ts';
import type { ScoringPool } from './scoring-pool.ts';

/** What all inputs of a batch have in common. */
export interface BatchWork {
  project: Project;
  model: BatchModel;
  journal: Journal;
  places: Places;
  pool: ScoringPool;
  signal: AbortSignal | undefined;
  /** Bytes of an input that are done. */
  onProgress: (input: string, bytes: number) => void;
}

/**
 * Takes inputs from their folder to output and archive, each exactly once (product.md, "Batch, exactly once"): journal, outputs on
 * the disk, manifests (the commit point of each), prediction log, archive, end of the journal. What is wrong with one input
 * stops no other; it stays where it is and nothing is left of the attempt.
 * @throws EngineError `cancelled`
 */
export async function processInputs(candidates: Candidate[], work: BatchWork): Promise<BatchFile[]> {
  const results: BatchFile[] = [];
  const entries: JournalEntry[] = [];
  for (const candidate of candidates) {
    const sha256 = await digestOf(candidate, work.signal);
    const { file, size, mtimeMs } = candidate;
    const identity = { name: path.basename(file), size, mtime_ms: mtimeMs, sha256 };
    if (standsStill(candidate)) {
      entries.push(planEntry(file, identity, work.project.clock(), { ...work.places, planned: entries }));
    } else results.push(grown(file));
  }
  if (entries.length === 0) return results;
  try {
    mkdirSync(work.places.outputFolder, { recursive: true });
    const group = work.journal.begin(entries);
    return [...results, ...(await carryOut(group, entries, work))];
  } catch (error) {
    return [...results, ...entries.map((entry) => failure(entry, error))];
  }
}

/** Ends what an interrupted run began: puts away what was committed, does the rest again under the same names. */
export async function resumeInputs(group: JournalGroup, work: BatchWork): Promise<BatchFile[]> {
  const committed = group.entries.filter(({ manifest }) => existsSync(manifest));
  const open = group.entries.filter((entry) => !committed.includes(entry));
  const unchanged = open.filter(({ input, identity: { size, mtime_ms: mtimeMs } }) => {
    return standsStill({ file: input, size, mtimeMs });
  });
  for (const entry of open) discard(entry);
  const recovered = putAway(committed, work, true).map((file) => ({ ...file, status: 'recovered' as const }));
  // What is gone was archived before its journal ended, or taken away by somebody; a new file in its place is a new input.
  return [...recovered, ...(await carryOut(group, unchanged, work))];
}

interface Scored {
  entry: JournalEntry;
  score: FileScore;
}

async function carryOut(group: JournalGroup, entries: JournalEntry[], work: BatchWork): Promise<BatchFile[]> {
  const failed: BatchFile[] = [];
  const scored: Scored[] = [];
  let stopped: unknown;
  for (const entry of entries) {
    try {
      scored.push({ entry, score: await scoreEntry(entry, work) });
    } catch (error) {
      if (EngineError.is(error, 'cancelled')) stopped = error;
      failed.push(failure(entry, error));
    }
  }
  const committed = stopped === undefined ? await commitAll(scored, work, failed) : [];
  if (stopped !== undefined) for (const { entry } of scored) discard(entry);
  const done = putAway(committed, work, false);
  work.journal.end(group);
  if (stopped !== undefined) throw stopped;
  return [...done, ...failed];
}

/** What could be committed; the others join the failed ones. */
async function commitAll(scored: Scored[], work: BatchWork, failed: BatchFile[]): Promise<JournalEntry[]> {
  try {
    await Promise.all(scored.map(({ score }) => score.flushed));
    await commit(scored, work);
  } catch (error) {
    // Some manifests may stand already: what they speak of is complete.
    for (const { entry } of scored) if (!existsSync(entry.manifest)) failed.push(failure(entry, error));
  }
  return scored.map(({ entry }) => entry).filter(({ manifest }) => existsSync(manifest));
}

async function scoreEntry(entry: JournalEntry, work: BatchWork): Promise<FileScore> {
  const { size, mtime_ms: mtimeMs, sha256 } = entry.identity;
  const score = await scoreFile({
    file: entry.input,
    output: partialName(entry.output),
    refusedOutput: partialName(entry.refusedOutput),
    model: work.model,
    config: work.project.config,
    scoredAt: new Date(entry.started),
    pool: work.pool,
    signal: work.signal,
    onProgress: (bytes) => work.onProgress(entry.input, bytes),
  });
  const isSame = standsStill({ file: entry.input, size, mtimeMs }) && (score.sha256 ?? sha256) === sha256;
  if (!isSame) throw new StillGrowing();
  requireFewRefusals(score, work.project.config.batch_inference.max_refused_share);
  return score;
}

/** The input changed while it was read: no failure, only too early. */
class StillGrowing extends Error {}

/** A failed or early input as its result; what was begun of it is removed. */
function failure(entry: JournalEntry, error: unknown): BatchFile {
  discard(entry);
  if (error instanceof StillGrowing) return grown(entry.input);
  const { message, details } = toEngineError(error);
  const result = left(entry.input, 'failed', details.fix === undefined ? message : `${message} ${details.fix}`);
  const { rows, refused } = details;
  // Rows that a whole file was refused for count when production is judged.
  return typeof rows === 'number' && typeof refused === 'number' ? { ...result, rows, refused } : result;
}

/** The outputs get their names, then each manifest says that its output is complete. */
async function commit(scored: Scored[], work: BatchWork): Promise<void> {
  for (const { entry, score } of scored) {
    if (score.refused > 0) renameSync(partialName(entry.refusedOutput), entry.refusedOutput);
    renameSync(partialName(entry.output), entry.output);
  }
  if (scored.length === 0) return;
  flushFolder(work.places.outputFolder);
  const manifests = scored.map(({ entry, score }) => ({
    name: path.basename(entry.manifest),
    content: `${JSON.stringify(manifestOf(entry, score, work), null, 1)}\n`,
  }));
  await writeFilesWhole(work.places.outputFolder, manifests);
}

function manifestOf(entry: JournalEntry, score: FileScore, { project, model }: BatchWork): Manifest {
  const finished = project.clock();
  return {
    schema: 1,
    id: entry.id,
    input: entry.identity,
    output: path.basename(entry.output),
    refused_file: score.refused > 0 ? path.basename(entry.refusedOutput) : null,
    rows: score.rows,
    refused: score.refused,
    refused_reasons: Object.fromEntries(Object.entries(score.refusedReasons).sort(([, a], [, b]) => b - a)),
    warnings: score.warnings,
    prefix: score.prefix,
    model: { name: model.name, version: model.version, run_id: model.runId },
    started: entry.started,
    finished: finished.toISOString(),
    duration_ms: Math.max(0, finished.getTime() - Date.parse(entry.started)),
    distribution: score.distribution,
  };
}

/** Everything behind the commit point; may be done twice, when `isResumed` says so. */
function putAway(entries: JournalEntry[], { project }: BatchWork, isResumed: boolean): BatchFile[] {
  const manifests = entries.map(({ manifest }) => JSON.parse(readFileSync(manifest, 'utf8')) as Manifest);
  if (project.config.monitoring.prediction_logging) {
    const lines = manifests.map((manifest) => ({
      schema: 1 as const,
      id: manifest.id,
      time: manifest.started,
      input: manifest.input.name,
      sha256: manifest.input.sha256,
      model_name: manifest.model.name,
      model_version: manifest.model.version,
      refused: manifest.refused,
      distribution: manifest.distribution,
    }));
    logPredictions(path.join(project.baseDir, PREDICTION_LOG_FOLDER), isResumed, lines);
  }
  const files = entries.map((entry, i) => putAwayOne(entry, manifests[i]!));
  const folders = entries.flatMap(({ input, archived }) =>
    (archived === null ? [] : [archived, input]).map(path.dirname),
  );
  for (const folder of new Set(folders)) if (existsSync(folder)) flushFolder(folder);
  return files;
}

function putAwayOne(entry: JournalEntry, { rows, refused, warnings }: Manifest): BatchFile {
  const archived = archiveInput(entry) ? entry.archived : null;
  return { input: entry.input, output: entry.output, archived, rows, refused, status: 'done', error: null, warnings };
}

/** Nothing came of it: no file stays, and the input is as if nobody had touched it. */
function discard(entry: JournalEntry): void {
  for (const file of [entry.output, entry.refusedOutput, entry.manifest]) rmSync(partialName(file), { force: true });
  for (const file of [entry.output, entry.refusedOutput]) rmSync(file, { force: true });
}

function requireFewRefusals({ rows, refused, firstRefusals }: FileScore, most: number): void {
  if (refused === 0 || refused / rows <= most) return;
  throw new EngineError(
    'invalid-data',
    `${refused} of ${rows} rows do not fit the model: ${firstRefusals.join('; ')}.`,
    {
      fix: 'Correct them, or raise batch_inference.max_refused_share.',
      rows,
      refused,
    },
  );
}

function grown(input: string): BatchFile {
  return left(input, 'growing', 'still growing: it changed while it was read; next time');
}

/** An input that was not scored. */
export function left(input: string, status: BatchFile['status'], error: string | null): BatchFile {
  return { input, output: null, archived: null, rows: 0, refused: 0, status, error, warnings: [] };
}

/** Smaller files are read at once: a stream would cost more than their bytes. */
const SMALL_BYTES = 1 << 18;

async function digestOf({ file, size }: Candidate, signal: AbortSignal | undefined): Promise<string> {
  if (size < SMALL_BYTES) return createHash('sha256').update(readFileSync(file)).digest('hex');
  const hash = createHash('sha256');
  const stream = createReadStream(file, { highWaterMark: 1 << 20 });
  await pipeline(stream, hash, signal ? { signal } : {});
  return hash.digest('hex');
}
