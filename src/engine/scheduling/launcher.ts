import { chmodSync, existsSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import path from 'node:path';
import type { Environment } from '../config/load.ts';
import { writeFileWhole } from '../support/atomic-file.ts';
import { EngineError } from '../support/errors.ts';
import { batchLauncher, type LauncherFacts, shellLauncher } from './launcher-script.ts';

/** Where the launcher of this user lies: `~/.local/share/gnu-mlops/bin/gnu-mlops`, on Windows below `%LOCALAPPDATA%`. */
export function launcherFile(env: Environment, platform: NodeJS.Platform = process.platform): string {
  if (platform !== 'win32') return path.posix.join(homeFolder(env), '.local/share/gnu-mlops/bin/gnu-mlops');
  const local = env.LOCALAPPDATA ?? path.win32.join(homeFolder(env), 'AppData', 'Local');
  return path.win32.join(local, 'gnu-mlops', 'bin', 'gnu-mlops.cmd');
}

/**
 * Writes the launcher of this user, for this Node and this command: the editor's "Install Command Line" and `schedule install`.
 * @returns its path
 * @throws EngineError `permission`
 */
export function installLauncher(env: Environment = process.env): string {
  const file = launcherFile(env);
  try {
    writeLauncher(file);
  } catch (error) {
    if (EngineError.is(error)) throw error;
    throw new EngineError('permission', `${file} cannot be written.`, {
      fix: 'Correct the permissions of that folder, or of HOME.',
    });
  }
  return file;
}

/** This Node and this command. */
export function ownFacts(): LauncherFacts {
  return {
    node: process.execPath,
    command: commandFile(),
    isEditor: process.versions.electron !== undefined,
  };
}

/** Writes the launcher, whole and executable. Nothing is written when it is there already, so that it can be called often. */
export function writeLauncher(
  file: string,
  facts: LauncherFacts = ownFacts(),
  platform: NodeJS.Platform = process.platform,
): void {
  const text = platform === 'win32' ? batchLauncher(facts) : shellLauncher(facts);
  if (!existsSync(file) || readFileSync(file, 'utf8') !== text) writeFileWhole(file, text);
  if (platform !== 'win32') chmodSync(file, 0o755);
}

export function homeFolder(env: Environment): string {
  return env.HOME || homedir();
}

/** `bin/gnu-mlops.js` of the package that this code belongs to, built or not. */
function commandFile(): string {
  for (let folder = import.meta.dirname; folder !== path.dirname(folder); folder = path.dirname(folder)) {
    const file = path.join(folder, 'bin', 'gnu-mlops.js');
    if (existsSync(file)) return file;
  }
  throw new EngineError('not-found', 'The command gnu-mlops is not beside this program.', {
    fix: 'Install the package or the extension again.',
  });
}
