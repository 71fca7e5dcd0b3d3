import {
  closeSync,
  existsSync,
  fstatSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  writeSync,
} from 'node:fs';
import path from 'node:path';
import type { FileDistribution } from './distribution.ts';

/** One scored file in `data/prediction_log/<yyyy-mm-dd>.jsonl`: what drift is measured by. */
export interface PredictionLogEntry {
  schema: 1;
  /** Written once per id, however often a run is interrupted. */
  id: string;
  /** When the file was scored, ISO 8601 UTC. */
  time: string;
  input: string;
  sha256: string;
  model_name: string;
  model_version: string;
  refused: number;
  distribution: FileDistribution;
}

/** Folder of the log beside config.yaml. */
export const PREDICTION_LOG_FOLDER = 'data/prediction_log';

/**
 * Appends entries to the files of their days; on the disk when this returns.
 * @param mayBeThere whether an interrupted run may have written them already; then the days are looked through first
 */
export function logPredictions(folder: string, mayBeThere: boolean, entries: PredictionLogEntry[]): void {
  mkdirSync(folder, { recursive: true });
  for (const [day, ofDay] of Map.groupBy(entries, ({ time }) => time.slice(0, 10))) {
    const file = path.join(folder, `${day}.jsonl`);
    const known = new Set(
      mayBeThere && existsSync(file) ? parseLines(readFileSync(file, 'utf8')).map(({ id }) => id) : [],
    );
    const missing = ofDay.filter(({ id }) => !known.has(id));
    if (missing.length > 0) append(file, missing);
  }
}

function append(file: string, entries: PredictionLogEntry[]): void {
  const descriptor = openSync(file, 'a+');
  try {
    // A line that a killed run left half written is closed, so that it spoils no other.
    const separator = endsWithLine(descriptor) ? '' : '\n';
    writeSync(descriptor, separator + entries.map((entry) => `${JSON.stringify(entry)}\n`).join(''));
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

function endsWithLine(descriptor: number): boolean {
  const { size } = fstatSync(descriptor);
  const last = Buffer.alloc(1);
  return size === 0 || (readSync(descriptor, last, 0, 1, size - 1) === 1 && last[0] === 10);
}

/** The newest entries of a model version, newest first. */
export function recentPredictions(
  folder: string,
  select: { modelName: string; version: string; most: number },
): PredictionLogEntry[] {
  const days = existsSync(folder) ? readdirSync(folder).filter((name) => /^\d{4}-\d\d-\d\d\.jsonl$/.test(name)) : [];
  const found: PredictionLogEntry[] = [];
  for (const day of days.sort().reverse()) {
    const entries = parseLines(readFileSync(path.join(folder, day), 'utf8')).reverse();
    for (const entry of entries) {
      if (entry.model_name === select.modelName && entry.model_version === select.version) found.push(entry);
      if (found.length === select.most) return found;
    }
  }
  return found;
}

function parseLines(text: string): PredictionLogEntry[] {
  return text.split('\n').flatMap((line) => {
    try {
      return [JSON.parse(line) as PredictionLogEntry];
    } catch {
      return [];
    }
  });
}
