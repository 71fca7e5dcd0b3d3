import { readdirSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { deleteFile, listTree, makeFolder, putFile } from '../databricks/files.ts';
import type { WorkspaceClient } from '../databricks/workspace-client.ts';
import { type OperationControl, throwIfCancelled } from '../support/progress.ts';
import { type Digests, digestOf, readDigests, writeDigests } from './digests.ts';
import type { PlannedStep, Step } from './step.ts';

/** A file of this machine and its place below a folder of a Volume. */
export interface LocalFile {
  file: string;
  /** With slashes, whatever this machine has. */
  relative: string;
  size: number;
}

/** The files below `root` that `wants` takes, by name. */
export function filesBelow(root: string, wants: (relative: string) => boolean = () => true): LocalFile[] {
  return readdirSync(root, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => {
      const file = path.join(entry.parentPath, entry.name);
      const relative = path.relative(root, file).replaceAll(path.sep, '/');
      return { file, relative, size: statSync(file).size };
    })
    .filter(({ relative }) => wants(relative))
    .sort((a, b) => (a.relative < b.relative ? -1 : 1));
}

export interface Upload {
  kind: PlannedStep['kind'];
  target: string;
  files: LocalFile[];
  /** Written last, so that a folder that has it is whole. */
  last?: string;
  /** File that remembers what was uploaded; null for a target whose name changes with its files, where sizes tell enough. */
  digests: string | null;
}

/**
 * The step that puts files into a folder of a Volume. Those that are there already are left alone, and those that were uploaded before
 * and are gone here are removed.
 */
export async function uploadStep(client: WorkspaceClient, upload: Upload): Promise<Step> {
  const { kind, target, files } = upload;
  const there = await listTree(client, target);
  const known: Digests = upload.digests === null ? new Map() : await readDigests(client, upload.digests);
  const isThere = ({ file, relative, size }: LocalFile) =>
    there.get(relative)?.size === size &&
    (upload.digests === null || known.get(`${target}/${relative}`) === digestOf(readFileSync(file)));
  const missing = files.filter((file) => !isThere(file));
  const ours = new Set(files.map(({ relative }) => relative));
  const gone = [...there.keys()].filter((relative) => !ours.has(relative) && known.has(`${target}/${relative}`));
  const isSame = missing.length + gone.length === 0;
  return {
    kind,
    action: isSame ? 'unchanged' : there.size === 0 ? 'create' : 'update',
    name: target,
    detail: isSame ? `${counted(files.length)} there.` : detailOf(missing, gone),
    apply: (control) => carryOutUpload(client, upload, { known, missing, gone, control }),
  };
}

function counted(files: number): string {
  return files === 1 ? '1 file is' : `${files} files are`;
}

function detailOf(missing: LocalFile[], gone: string[]): string {
  const megabytes = missing.reduce((sum, { size }) => sum + size, 0) / 1e6;
  const uploaded = `${missing.length} ${missing.length === 1 ? 'file' : 'files'}, ${megabytes.toFixed(1)} MB.`;
  return gone.length === 0 ? uploaded : `${uploaded} Removed, because they are gone here: ${gone.join(', ')}.`;
}

interface UploadWork {
  known: Digests;
  missing: LocalFile[];
  /** Relative paths. */
  gone: string[];
  control: OperationControl;
}

async function carryOutUpload(client: WorkspaceClient, upload: Upload, work: UploadWork): Promise<void> {
  const { target, last, digests } = upload;
  const { missing, gone, control } = work;
  const known = new Map(work.known);
  const remember = async () => (digests === null ? undefined : writeDigests(client, digests, known));
  const isForgotten = [...missing.map(({ relative }) => relative), ...gone]
    .map((relative) => known.delete(`${target}/${relative}`))
    .some(Boolean);
  // Before anything changes: what is cut off is uploaded again, whatever it was before.
  if (isForgotten) await remember();
  const ordered = [...missing].sort((a, b) => Number(a.relative === last) - Number(b.relative === last));
  try {
    for (const relative of gone) await deleteFile(client, `${target}/${relative}`);
    await putFiles(client, target, ordered, { known, control });
  } catch (error) {
    await remember().catch(() => undefined);
    throw error;
  }
  await remember();
}

async function putFiles(
  client: WorkspaceClient,
  target: string,
  files: LocalFile[],
  { known, control: { signal, onProgress } }: { known: Digests; control: OperationControl },
): Promise<void> {
  const folders = new Set(files.map(({ relative }) => path.posix.join(target, path.posix.dirname(relative))));
  for (const folder of folders) await makeFolder(client, folder, signal);
  for (const [done, { file, relative }] of files.entries()) {
    throwIfCancelled(signal);
    onProgress?.({ phase: `Uploading ${relative}`, done, total: files.length });
    const bytes = readFileSync(file);
    await putFile(client, `${target}/${relative}`, bytes, signal);
    known.set(`${target}/${relative}`, digestOf(bytes));
  }
}
