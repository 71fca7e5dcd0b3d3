import { cpSync, existsSync } from 'node:fs';
import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { projectRoot } from '../../scripts/cache.ts';

export interface TemporaryWorkspace {
  folder: string;
  remove(): Promise<void>;
}

/** The project folder that editor tests open: the first example. */
export function exampleFolder(): string {
  const example = path.join(projectRoot, 'examples/breast-cancer');
  return existsSync(path.join(example, 'config.yaml')) ? example : path.join(projectRoot, 'test/fixtures/workspace');
}

/** The examples, by folder name. */
export type Example = 'breast-cancer' | 'penguins';

/** Copies an example as the repository holds it: whatever somebody's runs left there stays behind. */
export function copyExample(example: Example, target: string): void {
  const source = path.join(projectRoot, 'examples', example);
  cpSync(source, target, { recursive: true, filter: (file) => !leftovers.test(path.basename(file)) });
}

/** What a developer's own runs leave in an example. */
const leftovers = /^(\.gnu-mlops|mlruns|logs|predictions|\.env|mlflow\.db.*)$/;

/** Copies a folder to a fresh temporary place, because tests write into the folder they open. */
export async function copyWorkspace(source: string): Promise<TemporaryWorkspace> {
  const parent = await mkdtemp(path.join(tmpdir(), 'gnu-mlops-workspace-'));
  const folder = path.join(parent, path.basename(source));
  await cp(source, folder, { recursive: true, filter: (file) => !leftovers.test(path.basename(file)) });
  return { folder, remove: () => rm(parent, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 }) };
}
