import { pipeline, type Readable, Transform } from 'node:stream';

/** As large pieces as uploads are read in. */
const PIECE_BYTES = 1 << 20;

/** A transfer that is slower stands still, bytes per second. */
const SLOWEST_TRANSFER = 1024;

/** An answer that is read as a whole may take longer than its limit only when it comes this fast, bytes per second. */
const SLOWEST_ANSWER = 64 << 10;

/**
 * Reads a body up to `most` bytes and lets go of the rest. What is small by nature is here within `wholeMs`, however it comes; what is
 * large has the time that its bytes take at 64 KB a second on top.
 * @throws with the code ETIMEDOUT when it takes longer
 */
export async function readBody(body: Readable, { most, wholeMs }: { most: number; wholeMs: number }): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  const begun = performance.now();
  const limit = new Limit(body);
  try {
    limit.set(wholeMs);
    for await (const chunk of body) {
      chunks.push(chunk as Buffer);
      bytes += (chunk as Buffer).length;
      if (bytes > most) break;
      limit.set(begun + wholeMs + (bytes / SLOWEST_ANSWER) * 1000 - performance.now());
    }
  } finally {
    limit.clear();
  }
  return Buffer.concat(chunks);
}

/**
 * The parts of a body as they come, however long it takes in all. The time that the reader takes for a part does not count.
 * @throws with the code ETIMEDOUT when less than a kilobyte a second came for `windowMs`
 */
export async function* partsOf(body: Readable, windowMs: number): AsyncGenerator<Buffer> {
  const enough = (SLOWEST_TRANSFER * windowMs) / 1000;
  const limit = new Limit(body);
  let left = windowMs;
  let bytes = 0;
  let since = performance.now();
  try {
    limit.set(left);
    for await (const chunk of body) {
      limit.clear();
      left -= performance.now() - since;
      bytes += (chunk as Buffer).length;
      if (bytes >= enough) {
        left = windowMs;
        bytes = 0;
      }
      yield chunk as Buffer;
      since = performance.now();
      limit.set(left);
    }
  } finally {
    limit.clear();
  }
}

/** Ends a body when its time is over. */
class Limit {
  readonly #body: Readable;
  #timer: NodeJS.Timeout | undefined;

  constructor(body: Readable) {
    this.#body = body;
  }

  set(ms: number): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      this.#body.destroy(Object.assign(new Error('too slow'), { code: 'ETIMEDOUT' }));
    }, ms);
  }

  clear(): void {
    clearTimeout(this.#timer);
  }
}

/** A body that says whenever a part of it is taken. */
export function telling(body: Buffer | Readable, onPart: () => void): Buffer | Readable {
  if (Buffer.isBuffer(body)) return body;
  const passing = new Transform({
    highWaterMark: PIECE_BYTES,
    transform(part: Buffer, _encoding, done) {
      onPart();
      done(null, part);
    },
  });
  return pipeline(body, passing, () => undefined);
}
