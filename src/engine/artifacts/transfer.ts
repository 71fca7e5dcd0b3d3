import { createWriteStream } from 'node:fs';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';
import { EngineError, toEngineError } from '../support/errors.ts';
import { throwIfCancelled } from '../support/progress.ts';
import { insideFolder, safeArtifactPath } from './artifact-path.ts';
import { byteCount } from './byte-count.ts';
import { LocalRepository } from './local.ts';
import type { ArtifactFile, ArtifactRepository, TransferControl } from './repository.ts';

/** Files that are under way at once: many are small, and each waits for its answer. */
const LANES = 4;

/** The file that makes a folder a model; it travels last, so that half a model has none. */
const MODEL_FILE = 'MLmodel';

function isModelFile(file: ArtifactFile): boolean {
  return path.posix.basename(file.path) === MODEL_FILE;
}

/**
 * Copies all files of a repository into a folder, which is made when missing. Nothing is written when a name is hostile; after any
 * other failure what arrived is left for the caller to remove.
 * @param files what to copy: everything that the repository lists unless given
 * @throws EngineError `invalid-store` (hostile names), `unreachable` (less arrived than was announced), and the repository's
 */
export async function downloadTree(
  repository: ArtifactRepository,
  folder: string,
  control: TransferControl & { files?: ArtifactFile[] } = {},
): Promise<ArtifactFile[]> {
  throwIfCancelled(control.signal);
  const files = control.files ?? (await repository.list({ signal: control.signal }));
  for (const file of files) safeArtifactPath(file.path, repository.location);
  await mkdir(folder, { recursive: true });
  await transferAll(files, control, (file, signal, onBytes) =>
    downloadFile(repository, file, insideFolder(folder, file.path), signal, onBytes),
  );
  return files;
}

/**
 * Copies all files of a folder into a repository, over what is there; links and devices stay behind. MLmodel files go last.
 * @throws what the repository throws; the files before it have arrived
 */
export async function uploadTree(
  folder: string,
  repository: ArtifactRepository,
  control: TransferControl = {},
): Promise<ArtifactFile[]> {
  const files = await new LocalRepository(folder).list({ signal: control.signal });
  const total = files.reduce((sum, { size }) => sum + size, 0);
  const first = files.filter((file) => !isModelFile(file));
  const before = first.reduce((sum, { size }) => sum + size, 0);
  const { signal, onBytes } = control;
  const put = (file: ArtifactFile, signal: AbortSignal, onBytes: (done: number) => void) =>
    repository.put(file.path, insideFolder(folder, file.path), { signal, onBytes });
  await transferAll(first, { signal, onBytes: (done) => onBytes?.(done, total) }, put);
  await transferAll(files.filter(isModelFile), { signal, onBytes: (done) => onBytes?.(before + done, total) }, put);
  return files;
}

/**
 * Copies all files of one repository into another; those that are there with the same size stay as they are, so that a copy can be
 * continued. MLmodel files go last.
 */
export async function copyTree(
  source: ArtifactRepository,
  target: ArtifactRepository,
  { signal }: Pick<TransferControl, 'signal'> = {},
): Promise<void> {
  const files = await source.list({ signal });
  for (const file of files) safeArtifactPath(file.path, source.location);
  if (files.length === 0) return;
  const there = new Map((await target.list({ signal })).map(({ path, size }) => [path, size]));
  const missing = files.filter(({ path, size }) => there.get(path) !== size);
  const put = (file: ArtifactFile, signal: AbortSignal) => copyFile(source, target, file, signal);
  for (const wave of [missing.filter((file) => !isModelFile(file)), missing.filter(isModelFile)]) {
    await transferAll(wave, { signal }, put);
  }
}

async function copyFile(
  source: ArtifactRepository,
  target: ArtifactRepository,
  file: ArtifactFile,
  signal: AbortSignal,
): Promise<void> {
  if (source instanceof LocalRepository) {
    return target.put(file.path, insideFolder(source.location, file.path), { signal });
  }
  const folder = await mkdtemp(path.join(tmpdir(), 'gnu-mlops-copy-'));
  try {
    const copy = path.join(folder, 'file');
    await downloadFile(source, file, copy, signal, () => undefined);
    await target.put(file.path, copy, { signal });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** The whole content of one file, which must not be larger than `most` bytes. */
export async function readWhole(
  repository: ArtifactRepository,
  name: string,
  most: number,
  signal?: AbortSignal,
): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of await repository.open(safeArtifactPath(name, repository.location), signal)) {
    size += (chunk as Buffer).length;
    if (size > most) {
      throw new EngineError('invalid-data', `${name} of ${repository.location} is larger than ${most} bytes.`);
    }
    chunks.push(chunk as Buffer);
  }
  return Buffer.concat(chunks);
}

async function downloadFile(
  repository: ArtifactRepository,
  { path: name, size }: ArtifactFile,
  target: string,
  signal: AbortSignal,
  onBytes: (done: number) => void,
): Promise<void> {
  await mkdir(path.dirname(target), { recursive: true });
  let arrived = 0;
  const count = byteCount((passed) => {
    arrived = passed;
    onBytes(passed);
  });
  const source = await repository.open(name, signal);
  await pipeline(source, count, createWriteStream(target, { flags: 'wx' }), { signal });
  if (arrived === size) return;
  throw new EngineError(
    'unreachable',
    `${name} of ${repository.location} arrived with ${arrived} of its ${size} bytes.`,
    { fix: 'Run the command again; if it stays so, look at the server behind it.' },
  );
}

type TransferFile = (file: ArtifactFile, signal: AbortSignal, onBytes: (done: number) => void) => Promise<void>;

/** Some files at once; the first failure ends all of them. */
async function transferAll(files: ArtifactFile[], control: TransferControl, transfer: TransferFile): Promise<void> {
  const total = files.reduce((sum, { size }) => sum + size, 0);
  const progress = new Map<string, number>();
  const stop = new AbortController();
  const signal = control.signal ? AbortSignal.any([control.signal, stop.signal]) : stop.signal;
  const waiting = files.values();
  const lane = async (): Promise<void> => {
    for (const file of waiting) {
      throwIfCancelled(signal);
      await transfer(file, signal, (done) => {
        progress.set(file.path, done);
        control.onBytes?.(sum(progress.values()), total);
      });
    }
  };
  const lanes = Array.from({ length: LANES }, () => lane());
  try {
    await Promise.all(lanes);
  } catch (error) {
    stop.abort();
    await Promise.allSettled(lanes);
    throw control.signal?.aborted ? new EngineError('cancelled', 'Cancelled.') : toEngineError(error);
  }
}

function sum(numbers: Iterable<number>): number {
  let total = 0;
  for (const number of numbers) total += number;
  return total;
}
