import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { writeFileWhole } from '../support/atomic-file.ts';
import type { DriftAlarm } from './notice.ts';
import type { Teller } from './teller.ts';

/** What the last alarm told. */
interface Told {
  version: string;
  features: string[];
  /** ISO 8601 UTC */
  at: string;
}

const WEEK_MS = 7 * 86_400_000;

/**
 * Whether an alarm says something new: drift lasts, and the same mail each night would teach people to look away. Another
 * version, another feature or a week make it news. Writes down what is told.
 */
export function isNews({ stateFolder, clock }: Teller, { version, features }: DriftAlarm): boolean {
  const file = path.join(stateFolder, 'spool', 'drift', 'told.json');
  const names = features.map(({ feature }) => feature);
  const last = readTold(file);
  const now = clock();
  const isRepeated =
    last !== undefined &&
    last.version === version &&
    names.every((name) => last.features.includes(name)) &&
    Math.abs(now.getTime() - Date.parse(last.at)) < WEEK_MS;
  if (isRepeated) return false;
  try {
    writeFileWhole(file, `${JSON.stringify({ version, features: names, at: now.toISOString() } satisfies Told)}\n`);
  } catch {
    // Told twice is better than not at all.
  }
  return true;
}

function readTold(file: string): Told | undefined {
  try {
    return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as Told) : undefined;
  } catch {
    return undefined;
  }
}
