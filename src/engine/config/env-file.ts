import { execFileSync } from 'node:child_process';
import { readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { parse } from 'dotenv';
import { EngineError } from '../support/errors.ts';

/**
 * Reads a dotenv file of secrets.
 * @throws EngineError `invalid-config` when it is missing, when others may read it, or when git would commit it.
 */
export function readEnvFile(file: string): Record<string, string> {
  const stats = statSync(file, { throwIfNoEntry: false });
  if (!stats) {
    throw new EngineError('invalid-config', `env_file: ${file} does not exist.`, {
      fix: 'Create it, or set env_file: null.',
    });
  }
  if (!stats.isFile()) throw new EngineError('invalid-config', `env_file: ${file} is not a file.`);
  if (process.platform !== 'win32' && (stats.mode & 0o077) !== 0) {
    throw new EngineError('invalid-config', `env_file: ${file} can be read by other users.`, {
      fix: `Run: chmod 600 ${JSON.stringify(file)}`,
    });
  }
  if (!isIgnoredByGit(file)) {
    throw new EngineError('invalid-config', `env_file: ${file} is not ignored by git.`, {
      fix: `Add ${path.basename(file)} to .gitignore.`,
    });
  }
  return parse(readFileSync(file));
}

/** True outside a git work tree, or where git is not installed: then nothing can commit the file. */
function isIgnoredByGit(file: string): boolean {
  try {
    execFileSync('git', ['check-ignore', '--quiet', '--', path.basename(file)], {
      cwd: path.dirname(file),
      stdio: 'ignore',
    });
    return true;
  } catch (error) {
    return (error as { status?: number }).status !== 1;
  }
}
