import { statfsSync } from 'node:fs';
import path from 'node:path';
import { EngineError } from '../../support/errors.ts';

/** File systems whose locks SQLite cannot trust, by the type number that statfs(2) gives on Linux. */
const NETWORK_TYPES = new Map([
  [0x6969, 'NFS'],
  [0x517b, 'SMB'],
  [0xff534d42, 'SMB'],
  [0xfe534d42, 'SMB'],
  [0x01021997, '9p'],
]);

/** The name of the network file system that `folder` lies on, null when it is local (or nothing is known). */
export function networkFileSystem(folder: string, typeOf: (folder: string) => number = linuxType): string | null {
  if (process.platform === 'win32') return path.resolve(folder).startsWith('\\\\') ? 'SMB' : null;
  return NETWORK_TYPES.get(typeOf(folder) >>> 0) ?? null;
}

/** @throws EngineError `invalid-store` when `file` would lie on a network file system. */
export function refuseNetworkFileSystem(file: string, typeOf?: (folder: string) => number): void {
  const name = networkFileSystem(path.dirname(file), typeOf);
  if (name === null) return;
  throw new EngineError(
    'invalid-store',
    `${file} lies on ${name}, where SQLite's locks do not hold: data would be lost.`,
    {
      fix: 'Move the file to a local disk, or run an MLflow server and set mlflow.tracking_uri to its http address.',
    },
  );
}

function linuxType(folder: string): number {
  return process.platform === 'linux' ? statfsSync(folder).type : 0;
}
