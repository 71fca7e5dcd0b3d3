import { readdirSync, statSync } from 'node:fs';
import path from 'node:path';

/**
 * A text that changes when experiments, runs, versions or aliases came or went, or a run that goes on wrote something: the times
 * of the folders that gain entries then, and of everything in the folders of `running` runs.
 */
export function changesOf(root: string, running: readonly string[]): string {
  const models = path.join(root, 'models');
  const registered = subfolders(models).flatMap((model) => [model, path.join(model, 'aliases'), ...subfolders(model)]);
  const going = running.flatMap((run) => [path.join(run, 'meta.yaml'), ...treeOf(path.join(run, 'metrics'))]);
  return [root, ...subfolders(root), models, ...registered, ...going].map(timeOf).join(' ');
}

function subfolders(folder: string): string[] {
  return entriesOf(folder, false)
    .filter((entry) => entry.isDirectory())
    .map((entry) => path.join(folder, entry.name));
}

function treeOf(folder: string): string[] {
  return [folder, ...entriesOf(folder, true).map((entry) => path.join(entry.parentPath, entry.name))];
}

function entriesOf(folder: string, recursive: boolean) {
  try {
    return readdirSync(folder, { withFileTypes: true, recursive });
  } catch {
    return [];
  }
}

function timeOf(file: string): string {
  return String(statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? '-');
}
