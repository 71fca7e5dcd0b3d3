import { existsSync, readdirSync, rmSync } from 'node:fs';
import path from 'node:path';
import type { Config } from '../config/config.ts';
import { filesOf, outdatedLogs } from '../support/log-files.ts';

export interface CleanOptions {
  /** Folder of config.yaml. */
  baseDir: string;
  config: Config;
  now: Date;
  /** Tell what would go, and leave it. */
  dryRun?: boolean | undefined;
}

/** What `clean --json` prints; paths relative to config.yaml. */
export interface CleanResult {
  schema: 1;
  status: 'cleaned' | 'dry-run' | 'nothing-to-do';
  removed: string[];
}

/** Removes caches, and logs older than `logs.retention_days`. Runs, models and locks stay. */
export function clean({ baseDir, config, now, dryRun }: CleanOptions): CleanResult {
  const logs = outdatedLogs(path.join(baseDir, 'logs'), config.logs.retention_days, now).flatMap(filesOf);
  const files = [...cacheFiles(baseDir), ...logs.map((file) => path.relative(baseDir, file))];
  if (!dryRun) for (const file of files) rmSync(path.join(baseDir, file), { recursive: true, force: true });
  const status = files.length === 0 ? 'nothing-to-do' : dryRun ? 'dry-run' : 'cleaned';
  return { schema: 1, status, removed: files };
}

function cacheFiles(baseDir: string): string[] {
  const cache = path.join('.gnu-mlops', 'cache');
  const names = existsSync(path.join(baseDir, cache)) ? readdirSync(path.join(baseDir, cache)) : [];
  return names.map((name) => path.join(cache, name));
}
