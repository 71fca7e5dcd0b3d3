import type { Readable } from 'node:stream';

/** One file of a repository. */
export interface ArtifactFile {
  /** Relative to the repository, with "/" between the parts. Nobody has checked it yet: see `safeArtifactPath`. */
  path: string;
  /** bytes */
  size: number;
  /** Changes when the content does, such as S3's ETag; null where the repository knows none. */
  tag: string | null;
}

export interface ListOptions {
  /** All of them unless given. */
  most?: number | undefined;
  signal?: AbortSignal | undefined;
}

/** Beside what is transferred: how to stop it, and who wants to know how far it is. */
export interface TransferControl {
  signal?: AbortSignal | undefined;
  /** Bytes of all files together. */
  onBytes?: ((done: number, total: number) => void) | undefined;
}

/**
 * The files below one artifact URI: on this disk, in S3, behind a server. Whole trees are moved by `downloadTree` and `uploadTree`,
 * which check every name; an implementation only moves one file.
 * Every method rejects with EngineError: `unreachable`, `unauthorized`, `not-found` (a file), `invalid-store` (a hostile name), `cancelled`.
 */
export interface ArtifactRepository {
  /** For people: the URI or folder, without credentials. */
  readonly location: string;

  /**
   * All files below the repository, or the first `most`; an empty list when there is nothing.
   * Links and devices are left out: they may lead anywhere.
   */
  list(options?: ListOptions): Promise<ArtifactFile[]>;

  /** The bytes of one file. Errors may also come while it is read. */
  open(path: string, signal?: AbortSignal): Promise<Readable>;

  /** Copies a file of this disk to `path`, over what is there; afterwards it is there whole, or as it was before. */
  put(path: string, file: string, control?: TransferControl): Promise<void>;
}

/** Opens the repository behind an artifact URI; null for URIs that are not of its kind. */
export type RepositoryOpener = (uri: string) => ArtifactRepository | null;
