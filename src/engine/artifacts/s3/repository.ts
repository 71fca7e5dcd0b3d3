import type { Readable } from 'node:stream';
import { safeArtifactPath } from '../artifact-path.ts';
import type {
  ArtifactFile,
  ArtifactRepository,
  ListOptions,
  RepositoryOpener,
  TransferControl,
} from '../repository.ts';
import { isS3Uri, parseS3Uri, type S3Address } from './address.ts';
import { S3Objects } from './objects.ts';
import type { S3Settings } from './settings.ts';

/** Opens artifacts at `s3://bucket/key`; one client serves them all. */
export function s3Opener(settings: S3Settings): RepositoryOpener {
  const objects = new S3Objects(settings);
  return (uri) => (isS3Uri(uri) ? new S3Repository(objects, parseS3Uri(uri)) : null);
}

/** Artifacts below a key of a bucket, one object per file. */
export class S3Repository implements ArtifactRepository {
  readonly location: string;
  readonly #objects: S3Objects;
  readonly #bucket: string;
  /** Empty, or with a slash at its end. */
  readonly #prefix: string;

  constructor(objects: S3Objects, { bucket, key }: S3Address) {
    this.#objects = objects;
    this.#bucket = bucket;
    this.#prefix = key === '' ? '' : `${key.replace(/\/+$/, '')}/`;
    this.location = `s3://${bucket}/${key}`;
  }

  async list({ most, signal }: ListOptions = {}): Promise<ArtifactFile[]> {
    const found = await this.#objects.list({ bucket: this.#bucket, key: this.#prefix }, most, signal);
    // Amazon's console makes an empty object for a folder: its key ends with a slash.
    const files = found.filter(({ key }) => !key.endsWith('/'));
    return files.map(({ key, size, tag }) => ({ path: key.slice(this.#prefix.length), size, tag }));
  }

  async open(path: string, signal?: AbortSignal): Promise<Readable> {
    return this.#objects.read(this.#address(path), signal);
  }

  async put(path: string, file: string, control?: TransferControl): Promise<void> {
    await this.#objects.write(this.#address(path), file, control);
  }

  #address(path: string): S3Address {
    return { bucket: this.#bucket, key: this.#prefix + safeArtifactPath(path, this.location) };
  }
}
