import { realpathSync, type Stats, statSync } from 'node:fs';
import path from 'node:path';
import type { Project } from '../project.ts';
import { EngineError } from '../support/errors.ts';
import type { PredictInput } from './input.ts';

/**
 * Refuses to write predictions over what they come from: the input, the configuration, the secrets, the store.
 * @throws EngineError `usage`
 */
export async function requireHarmlessOutput(project: Project, input: PredictInput, output: string): Promise<void> {
  const place = statSync(output, { throwIfNoEntry: false });
  if (place !== undefined && !place.isFile()) {
    throw new EngineError('usage', `The output ${output} is no file that could be written.`, {
      fix: 'Name a file, or write to standard output: --output -',
    });
  }
  const taken = (await precious(project, input)).find(([, file]) => isSameFile(output, file));
  if (taken === undefined) return;
  throw new EngineError('usage', `The output ${output} would overwrite ${taken[0]}.`, {
    fix: 'Name another file with --output, or leave it out.',
  });
}

async function precious(project: Project, input: PredictInput): Promise<[what: string, file: string][]> {
  const { config, configFile, baseDir, store } = project;
  const { kind, location } = await store.describe();
  return [
    ...('file' in input ? [['its own input', input.file] as [string, string]] : []),
    ['the configuration', configFile],
    ...(config.env_file === null ? [] : [['env_file', path.resolve(baseDir, config.env_file)] as [string, string]]),
    ...(kind === 'sqlite' ? [['the store', location] as [string, string]] : []),
  ];
}

/** Under whatever name: links count as what they point at. */
function isSameFile(a: string, b: string): boolean {
  const [first, second] = [a, b].map((file) => statSync(file, { throwIfNoEntry: false }));
  if (!first || !second) return path.resolve(a) === path.resolve(b);
  return realpathSync(a) === realpathSync(b) || isHardLink(first, second);
}

function isHardLink(a: Stats, b: Stats): boolean {
  return a.ino !== 0 && a.ino === b.ino && a.dev === b.dev;
}
