import { mkdirSync, renameSync } from 'node:fs';
import path from 'node:path';
import { flushFolder, removeIfPossible, writeFilesWhole } from '../support/atomic-file.ts';
import { EngineError, toEngineError } from '../support/errors.ts';
import type { BatchWork } from './batch-work.ts';
import { type Candidate, standsStill } from './input-scan.ts';
import type { JournalEntry, JournalGroup } from './journal.ts';
import { type Committed, findCommitted, isCommitted, putAway } from './put-away.ts';
import { forgetRefusedRows, keepRefusedRows, refusedInputFile } from './refused-input.ts';
import type { BatchFile, Manifest } from './results.ts';
import { type FileScore, partialName, scoreFile } from './score-file.ts';
import { type Taken, takeOn } from './take-on.ts';
import { failed, grown } from './unscored.ts';

/**
 * Takes inputs from their folder to output and archive, each exactly once: journal, outputs on
 * the disk, manifests (the commit point of each), prediction log, archive, end of the journal. What is wrong with one input
 * stops no other; it stays where it is and nothing is left of the attempt.
 * @throws EngineError `cancelled`
 */
export async function processInputs(candidates: Candidate[], work: BatchWork): Promise<BatchFile[]> {
  const results: BatchFile[] = [];
  const taken: Taken[] = [];
  for (const candidate of candidates) {
    try {
      const one = await takeOn(candidate, work);
      if (one === null) results.push(grown(candidate.file));
      else taken.push(one);
    } catch (error) {
      if (isCancelled(error)) throw error;
      results.push(failed(candidate.file, error));
    }
  }
  if (taken.length === 0) return results;
  const entries = taken.map(({ entry }) => entry);
  let group: JournalGroup;
  try {
    mkdirSync(work.places.outputFolder, { recursive: true });
    group = work.journal.begin(entries);
  } catch (error) {
    return [...results, ...entries.map(({ input }) => failed(input, error))];
  }
  return [...results, ...(await carryOut({ group, taken, committed: [], isResumed: false }, work))];
}

/** Ends what an interrupted run began: puts away what was committed, does the rest again under the same names. */
export async function resumeInputs(group: JournalGroup, work: BatchWork): Promise<BatchFile[]> {
  const committed = group.entries.flatMap(findCommitted);
  const open = group.entries.filter((entry) => committed.every((each) => each.entry !== entry));
  const unchanged = open.filter(({ input, identity: { size, mtime_ms: mtimeMs } }) => {
    return standsStill({ file: input, size, mtimeMs });
  });
  for (const entry of open) discard(entry);
  // What is gone was archived before its journal ended, or taken away by somebody; a new file in its place is a new input.
  const fresh = unchanged.map((entry) => ({ entry }));
  return carryOut({ group, taken: fresh, committed, isResumed: true }, work);
}

interface Scored {
  entry: JournalEntry;
  score: FileScore;
}

interface Assignment {
  group: JournalGroup;
  /** What is to be scored. */
  taken: Taken[];
  /** What an earlier run has scored already. */
  committed: Committed[];
  /** An earlier run began with the group. */
  isResumed: boolean;
}

async function carryOut(assignment: Assignment, work: BatchWork): Promise<BatchFile[]> {
  const { group, taken, committed, isResumed } = assignment;
  const results: BatchFile[] = [];
  const scored: Scored[] = [];
  let stopped: unknown;
  for (const each of taken) {
    try {
      if (stopped === undefined) scored.push({ entry: each.entry, score: await scoreEntry(each, work) });
    } catch (error) {
      if (isCancelled(error)) stopped = error;
      results.push(abandoned(each.entry, error));
    }
  }
  const fresh = await commitAll(scored, work, results);
  const unfinished = [
    ...putAway(committed, work, { status: 'recovered', mayBeLogged: true }, results),
    ...putAway(fresh, work, { status: 'done', mayBeLogged: isResumed }, results),
  ];
  if (unfinished.length === 0) work.journal.end(group);
  else work.journal.keep({ ...group, entries: unfinished });
  if (stopped !== undefined) throw stopped;
  return results;
}

function isCancelled(error: unknown): boolean {
  return toEngineError(error).reason === 'cancelled';
}

/**
 * What cannot be committed is given up; a manifest that stands already speaks of a complete output. All outputs are flushed at the
 * same time: a file system then waits for its disk a few times, and not once for each of them.
 */
async function commitAll(all: Scored[], work: BatchWork, results: BatchFile[]): Promise<Committed[]> {
  const ends = await Promise.allSettled(all.map(({ score }) => score.outputs.finish()));
  const scored = all.filter((_, i) => ends[i]!.status === 'fulfilled');
  for (const [i, end] of ends.entries()) {
    if (end.status === 'rejected') results.push(abandoned(all[i]!.entry, end.reason));
  }
  try {
    return await commit(scored, work);
  } catch (error) {
    for (const { entry } of scored) if (!isCommitted(entry)) results.push(abandoned(entry, error));
    return scored.flatMap(({ entry }) => findCommitted(entry));
  }
}

async function scoreEntry({ entry, content }: Taken, work: BatchWork): Promise<FileScore> {
  const { size, mtime_ms: mtimeMs, sha256 } = entry.identity;
  const score = await scoreFile({
    file: entry.input,
    content,
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
  const { rows, refused, outputs } = score;
  if (!isSame) {
    outputs.abandon();
    throw new StillGrowing();
  }
  if (refused === 0 || refused / rows <= work.project.config.batch_inference.max_refused_share) return score;
  await outputs.finish();
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
  if (EngineError.is(error, 'invalid-data') && !(error instanceof TooManyRefused)) forgetRefusedRows(entry);
  return failed(entry.input, error);
}

/** The outputs get their names, then each manifest says that its output is complete. */
async function commit(scored: Scored[], work: BatchWork): Promise<Committed[]> {
  for (const { entry, score } of scored) {
    if (score.refused > 0) renameSync(partialName(entry.refusedOutput), entry.refusedOutput);
    renameSync(partialName(entry.output), entry.output);
  }
  if (scored.length === 0) return [];
  flushFolder(work.places.outputFolder);
  const committed = scored.map(({ entry, score }) => ({ entry, manifest: manifestOf(entry, score, work) }));
  const files = committed.map(({ entry, manifest }) => ({
    name: path.basename(entry.manifest),
    content: `${JSON.stringify(manifest, null, 1)}\n`,
  }));
  await writeFilesWhole(work.places.outputFolder, files);
  return committed;
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

/** Nothing came of it: no file stays, and the input is as if nobody had touched it. A complete output is never removed. */
function discard(entry: JournalEntry): void {
  if (isCommitted(entry)) return;
  const partial = [entry.output, entry.refusedOutput, entry.manifest].map(partialName);
  for (const file of [...partial, entry.output, entry.refusedOutput, entry.manifest]) removeIfPossible(file);
}
