import { readdirSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { listTree, makeFolder, putFile } from '../databricks/files.ts';
import type { WorkspaceClient } from '../databricks/workspace-client.ts';
import { throwIfCancelled } from '../support/progress.ts';
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

/**
 * The step that puts files into a folder of a Volume. Those that are there in the same size are left alone; `last` is written last,
 * so that a folder that has it is whole.
 */
export async function uploadStep(
  client: WorkspaceClient,
  { kind, target, files, last }: { kind: PlannedStep['kind']; target: string; files: LocalFile[]; last?: string },
): Promise<Step> {
  const there = await listTree(client, target);
  const missing = files.filter(({ relative, size }) => there.get(relative)?.size !== size);
  const ordered = [...missing].sort((a, b) => Number(a.relative === last) - Number(b.relative === last));
  const megabytes = missing.reduce((sum, { size }) => sum + size, 0) / 1e6;
  return {
    kind,
    action: missing.length === 0 ? 'unchanged' : there.size === 0 ? 'create' : 'update',
    name: target,
    detail:
      missing.length === 0
        ? `${files.length} files are there.`
        : `${missing.length} files, ${megabytes.toFixed(1)} MB.`,
    apply: async ({ signal, onProgress }) => {
      const folders = new Set(ordered.map(({ relative }) => path.posix.join(target, path.posix.dirname(relative))));
      for (const folder of folders) await makeFolder(client, folder, signal);
      for (const [done, { file, relative }] of ordered.entries()) {
        throwIfCancelled(signal);
        onProgress?.({ phase: `Uploading ${relative}`, done, total: ordered.length });
        await putFile(client, `${target}/${relative}`, readFileSync(file), signal);
      }
    },
  };
}
