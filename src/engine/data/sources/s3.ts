import path from 'node:path';
import { insideFolder } from '../../artifacts/artifact-path.ts';
import { ArtifactCache } from '../../artifacts/cache.ts';
import { isS3Uri, parseS3Uri, type S3Address } from '../../artifacts/s3/address.ts';
import { S3Objects } from '../../artifacts/s3/objects.ts';
import { S3Repository } from '../../artifacts/s3/repository.ts';
import { s3Settings } from '../../artifacts/s3/settings.ts';
import type { Config } from '../../config/config.ts';
import { configError } from '../../config/config-error.ts';
import { EngineError, type ErrorReason } from '../../support/errors.ts';
import type { OperationControl } from '../../support/progress.ts';
import { stateFolderOf } from '../../support/state-folder.ts';
import { isDataFile, readFiles } from './files.ts';
import { fixedBeginning, hasPattern, keyPattern } from './key-pattern.ts';
import type { DataPlace, SourceData } from './source.ts';

/** Files below one key, by their names relative to it. */
interface Found {
  /** Ends with a slash, or is empty. */
  prefix: string;
  files: { path: string; size: number; tag: string | null }[];
}

/**
 * Reads `data.path` from S3: one object, every data file directly below a prefix, or those that a glob names, in the order of their
 * keys. They are copied into the project's cache, and again only when they changed.
 * @throws EngineError about data.path: `unreachable` (no such object or bucket too), `unauthorized`, `invalid-config`
 */
export async function readS3(config: Config, place: DataPlace, control: OperationControl): Promise<SourceData> {
  const address = s3Place(config);
  try {
    return await readObjects(config, address, place, control);
  } catch (error) {
    throw aboutPath(error);
  }
}

/**
 * Looks whether the data are there, without reading them.
 * @returns the server that was asked
 * @throws EngineError as reading them
 */
export async function lookAtS3(config: Config, env: DataPlace['env']): Promise<string> {
  const address = s3Place(config);
  const settings = s3Settings(config, env);
  try {
    await findObjects(new S3Objects(settings), address);
    return settings.endpoint ?? 'Amazon S3';
  } catch (error) {
    throw aboutPath(error);
  }
}

/**
 * The place in S3 that `data.path` names.
 * @throws EngineError `invalid-config`
 */
export function s3Place({ data }: Config): S3Address {
  if (isS3Uri(data.path) && /^s3:\/\/[^/]+/i.test(data.path)) return parseS3Uri(data.path);
  throw configError(['data', 'path'], `found "${data.path}"; expected s3://bucket/key, because data.source is s3`, {
    fix: 'Write the address of a file, a folder or a glob in S3, or set data.source: local.',
  });
}

async function readObjects(
  config: Config,
  address: S3Address,
  { baseDir, env }: DataPlace,
  { signal, onProgress }: OperationControl,
): Promise<SourceData> {
  const objects = new S3Objects(s3Settings(config, env));
  const { prefix, files } = await findObjects(objects, address, signal);
  const repository = new S3Repository(objects, { bucket: address.bucket, key: prefix });
  const cache = new ArtifactCache(path.join(stateFolderOf(baseDir), 'cache', 'data'));
  const onBytes = (done: number, total: number) => onProgress?.({ phase: 'Downloading data', done, total });
  const folder = await cache.folder(repository, config.data.path, { files, signal, onBytes });
  const local = files.map((file) => ({
    file: insideFolder(folder!, file.path),
    name: `s3://${address.bucket}/${prefix}${file.path}`,
  }));
  return {
    ...(await readFiles(local, config, (_file, error) => error as EngineError)),
    description: config.data.path,
    sourceType: 's3',
  };
}

async function findObjects(objects: S3Objects, address: S3Address, signal?: AbortSignal): Promise<Found> {
  const { bucket, key } = address;
  const isFolder = key === '' || key.endsWith('/');
  if (!isFolder && !hasPattern(key)) {
    const object = await objects.find(address, signal);
    const prefix = key.slice(0, key.lastIndexOf('/') + 1);
    if (object !== null) return { prefix, files: [{ ...object, path: key.slice(prefix.length) }] };
  }
  const wanted = hasPattern(key) ? keyPattern(key) : null;
  const beginning = wanted === null ? (isFolder ? key : `${key}/`) : fixedBeginning(key);
  const prefix = beginning.slice(0, beginning.lastIndexOf('/') + 1);
  const listed = await objects.list({ bucket, key: beginning }, undefined, signal);
  const files = listed
    .filter((object) => (wanted === null ? !object.key.slice(prefix.length).includes('/') : wanted.test(object.key)))
    .filter((object) => isDataFile(object.key))
    .map(({ key: name, size, tag }) => ({ path: name.slice(prefix.length), size, tag }));
  if (files.length > 0) return { prefix, files };
  const what = listed.length > 0 || wanted !== null ? 'holds no CSV or Parquet file' : 'does not exist';
  throw configError(['data', 'path'], `s3://${bucket}/${key} ${what}`, {
    reason: 'unreachable',
    fix: 'Put the training data there, or correct data.path.',
  });
}

/** What S3 says of an address is about the value that holds it; an object that is missing is data out of reach. */
function aboutPath(error: unknown): unknown {
  const reasons: Partial<Record<ErrorReason, ErrorReason>> = {
    unreachable: 'unreachable',
    unauthorized: 'unauthorized',
    'not-found': 'unreachable',
  };
  const reason = EngineError.is(error) ? reasons[error.reason] : undefined;
  if (reason === undefined) return error;
  const { message, details } = error as EngineError;
  if (details.path !== undefined) return error;
  return configError(['data', 'path'], message.replace(/\.$/, ''), { ...details, reason });
}
