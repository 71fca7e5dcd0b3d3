import { type Column, isMissing } from './table.ts';

const OFFSET = 0x811c9dc5;
const PRIME = 0x01000193;

/** FNV-1a over UTF-16 code units (G. Fowler, L. C. Noll, K.-P. Vo). */
function hashText(text: string, state: number): number {
  let hash = state;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), PRIME);
  return hash >>> 0;
}

/** MurmurHash3's finalizer (A. Appleby): every input bit reaches every output bit. */
function mix(hash: number): number {
  let mixed = hash;
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  return (mixed ^ (mixed >>> 16)) >>> 0;
}

/**
 * A 32-bit hash of each row's content: the given columns' names and values, in name order, so that neither the order
 * of rows nor of columns matters and equal rows get equal hashes.
 */
export function hashRows(columns: Column[], rowCount: number, seed: number): Uint32Array {
  const hashes = new Uint32Array(rowCount).fill(mix(OFFSET ^ seed));
  const bits = new DataView(new ArrayBuffer(8));
  for (const column of columns.toSorted((a, b) => (a.name < b.name ? -1 : 1))) {
    const nameHash = hashText(column.name, OFFSET);
    const valueHash = column.type === 'string' ? textHashes(column.categories) : undefined;
    for (let row = 0; row < rowCount; row++) {
      const value = isMissing(column, row)
        ? 1
        : column.type === 'string'
          ? valueHash![column.codes[row]!]!
          : hashNumber(column.values[row]!, bits);
      hashes[row] = mix(Math.imul(hashes[row]! ^ nameHash, PRIME) ^ value);
    }
  }
  return hashes;
}

function textHashes(categories: string[]): Uint32Array {
  return Uint32Array.from(categories, (text) => hashText(text, OFFSET));
}

function hashNumber(value: number, bits: DataView): number {
  bits.setFloat64(0, value === 0 ? 0 : value);
  return mix(bits.getUint32(0) ^ mix(bits.getUint32(4)));
}
