import { Transform } from 'node:stream';

/** Lets bytes pass and tells how many passed so far. */
export function byteCount(onBytes: (passed: number) => void): Transform {
  let passed = 0;
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      passed += chunk.length;
      onBytes(passed);
      done(null, chunk);
    },
  });
}
