import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { open } from 'node:fs/promises';
import path from 'node:path';
import { logPredictions, PREDICTION_LOG_FOLDER } from '../monitoring/prediction-log.ts';
import type { Project } from '../project.ts';
import { flushFolder, writeFilesWhole } from '../support/atomic-file.ts';
import { EngineError, toEngineError } from '../support/errors.ts';
import { throwIfCancelled } from '../support/progress.ts';
import { archiveInput } from './archive.ts';
import { type Candidate, standsStill } from './input-scan.ts';
import { type Journal, type JournalEntry, type JournalGroup, type Places, planEntry } from './journal.ts';
import { keepRefusedRows, refusedInputFile } from './refused-input.ts';
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
  /** Outputs that this batch is going to write: names that are taken though no file has them yet. */
  planned: Set<string>;
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
    try {
      const entry = await takeOn(candidate, work);
      if (entry === null) results.push(grown(candidate.file));
      else entries.push(entry);
    } catch (error) {
      if (isCancelled(error)) throw error;
      results.push(failed(candidate.file, error));
    }
  }
  if (entries.length === 0) return results;
  let group: JournalGroup;
  try {
    mkdirSync(work.places.outputFolder, { recursive: true });
    group = work.journal.begin(entries);
  } catch (error) {
    return [...results, ...entries.map(({ input }) => failed(input, error))];
  }
  return [...results, ...(await carryOut(group, entries, [], work))];
}

/** What will be done with an input; null when it changed while its digest was taken. */
async function takeOn(candidate: Candidate, work: BatchWork): Promise<JournalEntry | null> {
  const { file, size, mtimeMs } = candidate;
  const sha256 = await digestOf(candidate, work.signal);
  if (!standsStill(candidate)) return null;
  const identity = { name: path.basename(file), size, mtime_ms: mtimeMs, sha256 };
  const entry = planEntry(file, identity, work.project.clock(), { ...work.places, planned: work.planned });
  work.planned.add(entry.output);
  return entry;
}

/** Ends what an interrupted run began: puts away what was committed, does the rest again under the same names. */
export async function resumeInputs(group: JournalGroup, work: BatchWork): Promise<BatchFile[]> {
  const committed = group.entries.filter(isCommitted);
  const open = group.entries.filter((entry) => !committed.includes(entry));
  const unchanged = open.filter(({ input, identity: { size, mtime_ms: mtimeMs } }) => {
    return standsStill({ file: input, size, mtimeMs });
  });
  for (const entry of open) discard(entry);
  // What is gone was archived before its journal ended, or taken away by somebody; a new file in its place is a new input.
  return carryOut(group, unchanged, committed, work);
}

/** The manifest stands, and so does what it speaks of. */
function isCommitted({ manifest, output }: JournalEntry): boolean {
  return existsSync(manifest) && existsSync(output);
}

interface Scored {
  entry: JournalEntry;
  score: FileScore;
}

/** @param committed entries that an earlier run has scored already */
async function carryOut(
  group: JournalGroup,
  entries: JournalEntry[],
  committed: JournalEntry[],
  work: BatchWork,
): Promise<BatchFile[]> {
  const results: BatchFile[] = [];
  const scored: Scored[] = [];
  let stopped: unknown;
  for (const entry of entries) {
    try {
      if (stopped === undefined) scored.push({ entry, score: await scoreEntry(entry, work) });
    } catch (error) {
      if (isCancelled(error)) stopped = error;
      results.push(abandoned(entry, error));
    }
  }
  await commitAll(scored, work, results);
  const fresh = scored.map(({ entry }) => entry).filter(isCommitted);
  const unfinished = [...putAway(committed, work, true, results), ...putAway(fresh, work, false, results)];
  if (unfinished.length === 0) work.journal.end(group);
  else work.journal.keep({ ...group, entries: unfinished });
  if (stopped !== undefined) throw stopped;
  return results;
}

function isCancelled(error: unknown): boolean {
  return toEngineError(error).reason === 'cancelled';
}

/** What cannot be committed is given up; a manifest that stands already speaks of a complete output. */
async function commitAll(scored: Scored[], work: BatchWork, results: BatchFile[]): Promise<void> {
  try {
    await Promise.all(scored.map(({ score }) => score.flushed));
    await commit(scored, work);
  } catch (error) {
    for (const { entry } of scored) if (!isCommitted(entry)) results.push(abandoned(entry, error));
  }
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
  const { rows, refused, flushed } = score;
  if (refused === 0 || refused / rows <= work.project.config.batch_inference.max_refused_share) return score;
  await flushed;
  keepRefusedRows(entry);
  throw new TooManyRefused(score, entry);
}

/** The input changed while it was read: no failure, only too early. */
class StillGrowing extends Error {}

/** Its refused rows are kept for who corrects them. */
class TooManyRefused extends EngineError {
  constructor({ rows, refused, firstRefusals }: FileScore, entry: JournalEntry) {
    const fix = `Correct them, or raise batch_inference.max_refused_share. All of them are in ${refusedInputFile(entry)}.`;
    const message = `${refused} of ${rows} rows do not fit the model: ${firstRefusals.join('; ')}.`;
    super('invalid-data', message, { fix, rows, refused });
  }
}

/** A failed or early input as its result; what was begun of it is removed. */
function abandoned(entry: JournalEntry, error: unknown): BatchFile {
  discard(entry);
  if (error instanceof StillGrowing) return grown(entry.input);
  // When something else is wrong with the file now, what an earlier try found is not true any more.
  if (EngineError.is(error, 'invalid-data') && !(error instanceof TooManyRefused)) remove(refusedInputFile(entry));
  return failed(entry.input, error);
}

function failed(input: string, error: unknown): BatchFile {
  const { message, details } = toEngineError(error);
  const result = left(input, 'failed', details.fix === undefined ? message : `${message} ${details.fix}`);
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

/**
 * Everything behind the commit point; may be done twice, when `isResumed` says so.
 * @returns the entries that could not be put away: their outputs are complete, and the next run tries again
 */
function putAway(entries: JournalEntry[], work: BatchWork, isResumed: boolean, results: BatchFile[]): JournalEntry[] {
  if (entries.length === 0) return [];
  try {
    logScored(entries, work, isResumed);
  } catch (error) {
    results.push(...entries.map((entry) => notPutAway(entry, error)));
    return entries;
  }
  const unfinished = entries.filter((entry) => {
    try {
      const status = isResumed ? ('recovered' as const) : ('done' as const);
      results.push({ ...putAwayOne(entry, readManifest(entry)), status });
      return false;
    } catch (error) {
      results.push(notPutAway(entry, error));
      return true;
    }
  });
  const folders = entries.flatMap(({ input, archived }) =>
    (archived === null ? [] : [archived, input]).map(path.dirname),
  );
  for (const folder of new Set(folders)) if (existsSync(folder)) flushFolder(folder);
  return unfinished;
}

function readManifest({ manifest }: JournalEntry): Manifest {
  return JSON.parse(readFileSync(manifest, 'utf8')) as Manifest;
}

function notPutAway(entry: JournalEntry, error: unknown): BatchFile {
  const { output } = entry;
  const { error: why } = failed(entry.input, error);
  const { rows, refused, warnings } = readManifest(entry);
  const told = `It is scored, but could not be put away: ${why} The next run tries again.`;
  return { ...left(entry.input, 'failed', told), output, rows, refused, warnings };
}

function logScored(entries: JournalEntry[], { project }: BatchWork, isResumed: boolean): void {
  if (!project.config.monitoring.prediction_logging) return;
  const lines = entries.map(readManifest).map((manifest) => ({
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

function putAwayOne(entry: JournalEntry, { rows, refused, warnings, input: { sha256 } }: Manifest): BatchFile {
  // What an earlier try found is not true any more.
  remove(refusedInputFile(entry));
  const archived = archiveInput(entry) ? entry.archived : null;
  return { ...left(entry.input, 'done', null), output: entry.output, sha256, archived, rows, refused, warnings };
}

/** Nothing came of it: no file stays, and the input is as if nobody had touched it. A complete output is never removed. */
function discard(entry: JournalEntry): void {
  if (isCommitted(entry)) return;
  const partial = [entry.output, entry.refusedOutput, entry.manifest].map(partialName);
  for (const file of [...partial, entry.output, entry.refusedOutput, entry.manifest]) remove(file);
}

function remove(file: string): void {
  try {
    rmSync(file, { force: true });
  } catch {
    // A folder that may not be written keeps it; without a manifest nobody takes it for a result.
  }
}

function grown(input: string): BatchFile {
  return left(input, 'growing', 'still growing: it changed while it was read; next time');
}

/** An input that was not scored. */
export function left(input: string, status: BatchFile['status'], error: string | null): BatchFile {
  return { input, output: null, sha256: null, archived: null, rows: 0, refused: 0, status, error, warnings: [] };
}

/** Smaller files are read at once: a stream would cost more than their bytes. */
const SMALL_BYTES = 1 << 18;

async function digestOf({ file, size }: Candidate, signal: AbortSignal | undefined): Promise<string> {
  if (size < SMALL_BYTES) return createHash('sha256').update(readFileSync(file)).digest('hex');
  const hash = createHash('sha256');
  const buffer = Buffer.allocUnsafe(1 << 20);
  const handle = await open(file);
  try {
    for (;;) {
      const { bytesRead } = await handle.read(buffer, 0, buffer.length, null);
      if (bytesRead === 0) return hash.digest('hex');
      throwIfCancelled(signal);
      hash.update(buffer.subarray(0, bytesRead));
    }
  } finally {
    await handle.close();
  }
}
