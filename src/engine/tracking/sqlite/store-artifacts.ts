import path from 'node:path';
import { Artifacts } from '../../artifacts/artifacts.ts';
import type { RepositoryOpener } from '../../artifacts/repository.ts';
import { localFolder } from './location.ts';

/** What a store of this machine needs to know about artifacts that lie elsewhere. */
export interface RemoteArtifacts {
  /** Where copies of them are kept; `.gnu-mlops/cache/artifacts` beside the store unless given. */
  cacheFolder?: string;
  /** Who opens them; nobody unless given. */
  remotes?: RepositoryOpener[];
}

/** The artifacts of a store that lies in `storeFolder`. */
export function storeArtifacts(storeFolder: string, { cacheFolder, remotes = [] }: RemoteArtifacts): Artifacts {
  return new Artifacts({
    localFolder: (uri) => localFolder(uri, storeFolder),
    remotes,
    cacheFolder: cacheFolder ?? path.join(storeFolder, '.gnu-mlops/cache/artifacts'),
  });
}
