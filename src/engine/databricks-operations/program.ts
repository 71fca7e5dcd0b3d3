import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import packageJson from '../../../package.json' with { type: 'json' };
import { EngineError } from '../support/errors.ts';
import { filesBelow, type LocalFile } from './upload.ts';

/** What a job needs of this program, and a name that changes with it. */
export interface Program {
  files: LocalFile[];
  /** `0.1.0-1a2b3c4d`: version and the beginning of a digest over the files. */
  name: string;
}

/** Of the package: the command, what it is built of, and no editor. */
const NEEDED = /^(package\.json|bin\/.*\.js|dist\/[^/]+\.js|dist\/python\/.*)$/;

/** @throws EngineError `not-found` when this program was never built */
export function ownProgram(): Program {
  const root = packageRoot();
  const files = filesBelow(root, (relative) => NEEDED.test(relative));
  const hash = createHash('sha256');
  for (const { file, relative } of files) hash.update(relative).update(readFileSync(file));
  return { files, name: `${packageJson.version}-${hash.digest('hex').slice(0, 8)}` };
}

function packageRoot(): string {
  for (let folder = import.meta.dirname; folder !== path.dirname(folder); folder = path.dirname(folder)) {
    if (existsSync(path.join(folder, 'bin', 'gnu-mlops.js')) && existsSync(path.join(folder, 'dist', 'cli.js')))
      return folder;
  }
  throw new EngineError('not-found', 'The files of gnu-mlops are not beside this program, so no job could run it.', {
    fix: 'Install the package again, or run "npm run build" in a clone.',
  });
}
