import type { Readable } from 'node:stream';

/**
 * Reads a body up to `most` bytes and lets go of the rest.
 * @param idleMs gives up when nothing comes for so long: rejects with the code ETIMEDOUT
 */
export async function readBody(body: Readable, { most, idleMs }: { most: number; idleMs: number }): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  let timer: NodeJS.Timeout | undefined;
  const watch = () => {
    clearTimeout(timer);
    timer = setTimeout(() => body.destroy(Object.assign(new Error('idle'), { code: 'ETIMEDOUT' })), idleMs);
  };
  try {
    watch();
    for await (const chunk of body) {
      watch();
      chunks.push(chunk as Buffer);
      bytes += (chunk as Buffer).length;
      if (bytes > most) break;
    }
  } finally {
    clearTimeout(timer);
  }
  return Buffer.concat(chunks);
}
