import { pipeline, type Readable, Transform } from 'node:stream';

/** As large pieces as uploads are read in. */
const PIECE_BYTES = 1 << 20;

/**
 * Reads a body up to `most` bytes and lets go of the rest.
 * @param idleMs gives up when nothing comes for so long: rejects with the code ETIMEDOUT
 */
export async function readBody(body: Readable, { most, idleMs }: { most: number; idleMs: number }): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of partsOf(body, idleMs)) {
    chunks.push(chunk);
    bytes += chunk.length;
    if (bytes > most) break;
  }
  return Buffer.concat(chunks);
}

/**
 * The parts of a body as they come. Gives up with the code ETIMEDOUT when nothing comes for `idleMs`; the time that the reader takes
 * for a part does not count.
 */
export async function* partsOf(body: Readable, idleMs: number): AsyncGenerator<Buffer> {
  let timer: NodeJS.Timeout | undefined;
  const watch = () => {
    timer = setTimeout(() => body.destroy(Object.assign(new Error('idle'), { code: 'ETIMEDOUT' })), idleMs);
  };
  try {
    watch();
    for await (const chunk of body) {
      clearTimeout(timer);
      yield chunk as Buffer;
      watch();
    }
  } finally {
    clearTimeout(timer);
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
