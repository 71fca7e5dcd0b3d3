import { lstatSync, readdirSync, realpathSync, type Stats } from 'node:fs';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { EngineError } from '../support/errors.ts';
import { inputFormat } from './input-format.ts';

/** A file that a batch may read. */
export interface Candidate {
  /** Real path. */
  file: string;
  size: number;
  /** ms since 1970 */
  mtimeMs: number;
}

export interface Scan {
  /** By name. */
  ready: Candidate[];
  /** Changed a moment ago, or while we looked: next time. */
  growing: Candidate[];
  /** Never read, and why. */
  refused: { file: string; reason: string }[];
}

/**
 * The inputs at `place`, a file or a folder (not the folders in it). A file is ready when it stood still for `settleSeconds`;
 * whether it does is watched when its time of change does not tell.
 * @throws EngineError `unreachable` when the place is missing or cannot be read, `usage` for a file of another kind
 */
export async function scanInputs(
  place: string,
  settleSeconds: number,
  now: Date,
  signal: AbortSignal | undefined,
): Promise<Scan> {
  const { files, refused } = listFiles(place);
  const isOld = ({ mtimeMs }: Candidate) => {
    const age = now.getTime() - mtimeMs;
    return age >= settleSeconds * 1000;
  };
  const young = files.filter((candidate) => !isOld(candidate));
  if (young.length > 0) await delay(settleSeconds * 1000, undefined, { ...(signal ? { signal } : {}) });
  const moving = new Set(young.filter((candidate) => !standsStill(candidate)));
  return { ready: files.filter((candidate) => !moving.has(candidate)), growing: [...moving], refused };
}

/** Whether a file is still what it was. */
export function standsStill({ file, size, mtimeMs }: Candidate): boolean {
  const stats = lstatSync(file, { throwIfNoEntry: false });
  return stats !== undefined && stats.size === size && stats.mtimeMs === mtimeMs;
}

function listFiles(place: string): { files: Candidate[]; refused: Scan['refused'] } {
  const stats = look(place);
  if (!stats.isDirectory()) return sortOut([place], (file) => unfit(file, lstatSync(file)), true);
  const folder = realpathSync(place);
  const names = readdirSync(folder).filter((name) => !name.startsWith('.') && inputFormat(name) !== undefined);
  return sortOut(
    names.sort().map((name) => path.join(folder, name)),
    (file) => unfit(file, lstatSync(file)),
    false,
  );
}

function look(place: string): Stats {
  try {
    return lstatSync(place).isSymbolicLink() && isFolder(place) ? lstatSync(realpathSync(place)) : lstatSync(place);
  } catch (error) {
    const missing = (error as NodeJS.ErrnoException).code === 'ENOENT';
    throw new EngineError('unreachable', `${place} ${missing ? 'does not exist' : 'cannot be read'}.`, {
      fix: 'Set batch_inference.input_path, or name a file or folder: gnu-mlops batch PATH',
    });
  }
}

function isFolder(place: string): boolean {
  return lstatSync(realpathSync(place)).isDirectory();
}

function sortOut(files: string[], reasonAgainst: (file: string) => string | null, isNamed: boolean) {
  const candidates: Candidate[] = [];
  const refused: Scan['refused'] = [];
  for (const file of files) {
    const reason = reasonAgainst(file);
    if (reason === null) {
      const real = isNamed ? realpathSync(file) : file;
      const { size, mtimeMs } = lstatSync(real);
      candidates.push({ file: real, size, mtimeMs });
    } else refused.push({ file, reason });
  }
  return { files: candidates, refused };
}

/** Why something is no input; null when it is one. A link could lead out of the folder, and archiving would break it. */
function unfit(file: string, stats: Stats): string | null {
  if (stats.isSymbolicLink()) return 'a symbolic link; put the file itself there';
  if (!stats.isFile()) return 'no plain file';
  return inputFormat(file) === undefined ? 'neither .csv, .csv.gz nor .parquet' : null;
}
