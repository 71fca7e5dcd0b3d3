import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { logPredictions, PREDICTION_LOG_FOLDER } from '../monitoring/prediction-log.ts';
import { flushFolder } from '../support/atomic-file.ts';
import { archiveInput } from './archive.ts';
import type { BatchWork } from './batch-work.ts';
import type { JournalEntry } from './journal.ts';
import { forgetRefusedRows } from './refused-input.ts';
import type { BatchFile, Manifest } from './results.ts';
import { failed, left } from './unscored.ts';

/** An input whose output is complete. */
export interface Committed {
  entry: JournalEntry;
  manifest: Manifest;
}

/** The manifest stands, and so does what it speaks of. */
export function isCommitted({ manifest, output }: JournalEntry): boolean {
  return existsSync(manifest) && existsSync(output);
}

/** Nothing when the input is to be done again, also because its manifest was spoiled since. */
export function findCommitted(entry: JournalEntry): Committed[] {
  if (!isCommitted(entry)) return [];
  try {
    return [{ entry, manifest: JSON.parse(readFileSync(entry.manifest, 'utf8')) as Manifest }];
  } catch {
    return [];
  }
}

export interface PutAwayOptions {
  /** What is told of an input that is put away. */
  status: 'done' | 'recovered';
  /** An earlier run may have got as far as the prediction log. */
  mayBeLogged: boolean;
}

/**
 * Everything behind the commit point: prediction log and archive.
 * @param results gets what became of each input
 * @returns the entries that could not be put away: their outputs are complete, and the next run tries again
 */
export function putAway(
  committed: Committed[],
  work: BatchWork,
  { status, mayBeLogged }: PutAwayOptions,
  results: BatchFile[],
): JournalEntry[] {
  if (committed.length === 0) return [];
  const entries = committed.map(({ entry }) => entry);
  try {
    logScored(committed, work, mayBeLogged);
  } catch (error) {
    results.push(...committed.map((each) => notPutAway(each, error)));
    return entries;
  }
  const unfinished: JournalEntry[] = [];
  for (const each of committed) {
    try {
      results.push({ ...putAwayOne(each), status });
    } catch (error) {
      results.push(notPutAway(each, error));
      unfinished.push(each.entry);
    }
  }
  const folders = entries.flatMap(({ input, archived }) =>
    (archived === null ? [] : [archived, input]).map(path.dirname),
  );
  for (const folder of new Set(folders)) if (existsSync(folder)) flushFolder(folder);
  return unfinished;
}

function notPutAway({ entry, manifest }: Committed, error: unknown): BatchFile {
  const { output } = entry;
  const { error: why } = failed(entry.input, error);
  const { rows, refused, warnings } = manifest;
  const told = `It is scored, but could not be put away: ${why} The next run tries again.`;
  return { ...left(entry.input, 'failed', told), output, rows, refused, warnings };
}

function logScored(committed: Committed[], { project }: BatchWork, mayBeLogged: boolean): void {
  if (!project.config.monitoring.prediction_logging) return;
  const lines = committed.map(({ manifest }) => ({
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
  logPredictions(path.join(project.baseDir, PREDICTION_LOG_FOLDER), mayBeLogged, lines);
}

function putAwayOne({ entry, manifest }: Committed): BatchFile {
  const { rows, refused, warnings, input } = manifest;
  forgetRefusedRows(entry);
  const archived = archiveInput(entry) ? entry.archived : null;
  return {
    ...left(entry.input, 'done', null),
    output: entry.output,
    sha256: input.sha256,
    archived,
    rows,
    refused,
    warnings,
  };
}
