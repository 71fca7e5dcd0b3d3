/**
 * The seed of one part of a fit (a tree, a round) by its index, so that no part depends on what ran before it or on
 * which thread. Mixing as in MurmurHash3's finaliser (A. Appleby, 2011).
 */
export function partSeed(seed: number, index: number): number {
  let mixed = (Math.imul(seed ^ 0x9e3779b9, 0x85ebca6b) + Math.imul(index + 1, 0xc2b2ae35)) | 0;
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  return (mixed ^ (mixed >>> 16)) >>> 0;
}
