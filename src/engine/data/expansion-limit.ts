import { EngineError } from '../support/errors.ts';

/** Whatever the ratio, so much may come out of a file. */
const ALWAYS_ALLOWED_BYTES = 16 << 20;

/** Whether so many bytes may come out of a file of that size. */
export function mayUnpackTo(bytes: number, size: number, maxExpansion: number): boolean {
  return bytes <= Math.max(ALWAYS_ALLOWED_BYTES, size * maxExpansion);
}

/** A file that grows beyond all measure when it is unpacked. */
export function tooLarge(maxExpansion: number): EngineError {
  return new EngineError('invalid-data', `The file unpacks to more than ${maxExpansion} times its size.`, {
    fix: 'If it is meant to, raise batch_inference.limits.max_expansion.',
  });
}
