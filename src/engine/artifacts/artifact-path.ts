import path from 'node:path';
import { EngineError } from '../support/errors.ts';

/** `location`, a folder or a URI, with more parts at its end. */
export function joinLocation(location: string, ...parts: string[]): string {
  return [location.replace(/\/+$/, ''), ...parts].join('/');
}

/**
 * A path that a repository names, once it is sure that it stays inside of whatever folder it is put into, on every system.
 * @param location of the repository, for the message
 * @throws EngineError `invalid-store`
 */
export function safeArtifactPath(name: string, location: string): string {
  const parts = name.split('/');
  const isSafe = name !== '' && parts.every((part) => part !== '' && part !== '.' && part !== '..' && isPlain(part));
  if (isSafe) return name;
  throw new EngineError(
    'invalid-store',
    `${location} lists a file called ${JSON.stringify(name)}, which would lead out of its folder: nothing was copied.`,
    { fix: 'Look at who wrote it there, and remove or rename it.' },
  );
}

/** No drive, no backslash, no stream of NTFS, no zero byte. */
function isPlain(part: string): boolean {
  if (part.includes('\0') || part.includes('\\')) return false;
  return process.platform !== 'win32' || !part.includes(':');
}

/** Where the file lies in a folder of this machine. */
export function insideFolder(folder: string, name: string, location = folder): string {
  return path.join(folder, ...safeArtifactPath(name, location).split('/'));
}
