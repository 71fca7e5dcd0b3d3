import { open, stat } from 'node:fs/promises';
import { Readable } from 'node:stream';
import type { CompletedPart, S3Client } from '@aws-sdk/client-s3';
import { partsOf } from '../../http/body.ts';
import type { TransferControl } from '../repository.ts';
import type { S3Address } from './address.ts';
import { s3Failure } from './failures.ts';
import type { S3Settings } from './settings.ts';

/** One object of a bucket. */
export interface S3Object {
  key: string;
  /** bytes */
  size: number;
  tag: string | null;
}

/** Files from here on are sent in parts; each part waits in memory. */
const PART_BYTES = 8 * 2 ** 20;
/** S3 takes no more parts. */
const MOST_PARTS = 10_000;
const LANES = 4;
const STALL_MS = 60_000;

type Commands = typeof import('./client.ts').commands;

/**
 * The objects of an S3 server. Every method rejects with EngineError: `not-found`, `unauthorized`, `unreachable`, `cancelled`.
 */
export class S3Objects {
  readonly settings: S3Settings;
  readonly #stallMs: number;
  #opened: Promise<Opened> | null = null;

  /** @param stallMs how long next to nothing may come of an object that is read */
  constructor(settings: S3Settings, stallMs = STALL_MS) {
    this.settings = settings;
    this.#stallMs = stallMs;
  }

  /** Objects whose key begins with `key`, in the order of keys; at most `most`. */
  async list(address: S3Address, most = Number.POSITIVE_INFINITY, signal?: AbortSignal): Promise<S3Object[]> {
    return this.#try(address, async ({ sdk, client }) => {
      const found: S3Object[] = [];
      let token: string | undefined;
      do {
        const command = new sdk.ListObjectsV2Command({
          Bucket: address.bucket,
          Prefix: address.key,
          ContinuationToken: token,
          MaxKeys: Math.min(1000, most - found.length),
        });
        const page = await client.send(command, abort(signal));
        for (const { Key, Size = 0, ETag } of page.Contents ?? []) {
          if (Key !== undefined) found.push({ key: Key, size: Size, tag: ETag ?? null });
        }
        token = page.NextContinuationToken;
      } while (token !== undefined && found.length < most);
      return found;
    });
  }

  /** The object at exactly this key; null when there is none. Needs no right to list. */
  async find(address: S3Address, signal?: AbortSignal): Promise<S3Object | null> {
    return this.#try(address, async ({ sdk, client }) => {
      const command = new sdk.HeadObjectCommand({ Bucket: address.bucket, Key: address.key });
      try {
        const { ContentLength = 0, ETag } = await client.send(command, abort(signal));
        return { key: address.key, size: ContentLength, tag: ETag ?? null };
      } catch (error) {
        if ((error as Error).name === 'NotFound') return null;
        throw error;
      }
    });
  }

  async read(address: S3Address, signal?: AbortSignal): Promise<Readable> {
    const { settings } = this;
    const stallMs = this.#stallMs;
    return this.#try(address, async ({ sdk, client }) => {
      const command = new sdk.GetObjectCommand({ Bucket: address.bucket, Key: address.key });
      const { Body } = await client.send(command, abort(signal));
      const body = Body as Readable;
      return Readable.from(
        (async function* () {
          try {
            yield* partsOf(body, stallMs);
          } catch (error) {
            throw s3Failure(error, address, settings);
          }
        })(),
        { objectMode: false },
      );
    });
  }

  /** Writes an object, whole or not at all; large files go in parts. */
  async write(address: S3Address, file: string, { signal, onBytes }: TransferControl = {}): Promise<void> {
    const { size } = await stat(file);
    const upload: Upload = { address, file, size, signal, onBytes, options: this.settings.uploadOptions };
    await this.#try(address, (opened) => (size <= PART_BYTES ? putWhole(opened, upload) : putParts(opened, upload)));
  }

  async #try<T>(address: S3Address, work: (opened: Opened) => Promise<T>): Promise<T> {
    try {
      this.#opened ??= openClient(this.settings);
      return await work(await this.#opened);
    } catch (error) {
      throw s3Failure(error, address, this.settings);
    }
  }
}

type Opened = { sdk: Commands; client: S3Client };

/** What it takes is loaded now: it is larger than everything else of the command line. */
async function openClient(settings: S3Settings): Promise<Opened> {
  const { commands, makeClient } = await import('./client.ts');
  return { sdk: commands, client: makeClient(settings) };
}

interface Upload extends TransferControl {
  address: S3Address;
  file: string;
  size: number;
  /** Said with what begins the object. */
  options: Record<string, string>;
}

async function putWhole({ sdk, client }: Opened, upload: Upload): Promise<void> {
  const { address, file, size, signal, onBytes, options } = upload;
  const handle = await open(file);
  try {
    const Body = await handle.readFile();
    const command = new sdk.PutObjectCommand({ ...options, Bucket: address.bucket, Key: address.key, Body });
    await client.send(command, abort(signal));
    onBytes?.(size, size);
  } finally {
    await handle.close();
  }
}

/** A failure in the middle takes the parts away again, so that nobody pays for them. */
async function putParts(opened: Opened, upload: Upload): Promise<void> {
  const { sdk, client } = opened;
  const { bucket: Bucket, key: Key } = upload.address;
  const { signal } = upload;
  const begin = new sdk.CreateMultipartUploadCommand({ ...upload.options, Bucket, Key });
  const { UploadId } = await client.send(begin, abort(signal));
  try {
    const Parts = await sendParts(opened, upload, UploadId!);
    const complete = { Bucket, Key, UploadId, MultipartUpload: { Parts } };
    await client.send(new sdk.CompleteMultipartUploadCommand(complete), abort(signal));
  } catch (error) {
    await client.send(new sdk.AbortMultipartUploadCommand({ Bucket, Key, UploadId })).catch(() => undefined);
    throw error;
  }
}

async function sendParts({ sdk, client }: Opened, upload: Upload, UploadId: string): Promise<CompletedPart[]> {
  const { address, file, size, onBytes } = upload;
  const partBytes = Math.max(PART_BYTES, Math.ceil(size / MOST_PARTS));
  const waiting = Array.from({ length: Math.ceil(size / partBytes) }, (_, i) => i).values();
  const parts: CompletedPart[] = [];
  const handle = await open(file);
  const stop = new AbortController();
  const signal = upload.signal ? AbortSignal.any([upload.signal, stop.signal]) : stop.signal;
  let sent = 0;
  const lane = async (): Promise<void> => {
    for (const index of waiting) {
      signal.throwIfAborted();
      const length = Math.min(partBytes, size - index * partBytes);
      const Body = Buffer.allocUnsafe(length);
      await handle.read(Body, 0, length, index * partBytes);
      const PartNumber = index + 1;
      const part = { Bucket: address.bucket, Key: address.key, UploadId, PartNumber, Body };
      const { ETag } = await client.send(new sdk.UploadPartCommand(part), abort(signal));
      parts.push({ ETag, PartNumber });
      sent += length;
      onBytes?.(sent, size);
    }
  };
  const lanes = Array.from({ length: LANES }, () => lane());
  try {
    await Promise.all(lanes);
  } catch (error) {
    stop.abort();
    await Promise.allSettled(lanes);
    throw error;
  } finally {
    await handle.close();
  }
  return parts.sort((a, b) => a.PartNumber! - b.PartNumber!);
}

function abort(signal: AbortSignal | undefined): { abortSignal?: AbortSignal } {
  return signal ? { abortSignal: signal } : {};
}
