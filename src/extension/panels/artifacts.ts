import { open, realpath } from 'node:fs/promises';
import path from 'node:path';
import { EngineFailure } from '../engine/engine-failure.ts';

/**
 * The file behind an artifact's path, when it is a text inside the run's folder. What a page asks for is not trusted: no
 * "..", no absolute path, no link that leads out.
 * @throws EngineFailure `not-found`, `permission` (outside), `unsupported` (not a text)
 */
export async function textArtifact(folder: string, artifact: string): Promise<string> {
  const file = await realpath(path.resolve(folder, artifact)).catch(() => {
    throw refusal('not-found', `The artifact ${artifact} does not exist.`);
  });
  const relative = path.relative(await realpath(folder), file);
  if (relative === '' || relative.startsWith('..') || path.isAbsolute(relative)) {
    throw refusal('permission', `The artifact ${artifact} lies outside the run's folder and is not opened.`);
  }
  if (!(await isText(file))) throw refusal('unsupported', `${artifact} is not a text. It is the file ${file}`);
  return file;
}

const LOOKED_AT_BYTES = 8192;

async function isText(file: string): Promise<boolean> {
  const handle = await open(file, 'r');
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(LOOKED_AT_BYTES), 0, LOOKED_AT_BYTES, 0);
    return !buffer.subarray(0, bytesRead).includes(0);
  } finally {
    await handle.close();
  }
}

function refusal(reason: EngineFailure['reason'], message: string): EngineFailure {
  return new EngineFailure({ reason, message, details: {} });
}
