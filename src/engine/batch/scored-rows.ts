import { csvField } from '../data/csv-text.ts';
import { SHARE_BYTES, writeShare } from '../data/share-text.ts';
import type { ClassLabel } from '../data/target.ts';
import type { Scores } from '../model/loaded-model.ts';
import type { FileLayout } from './block-scorer.ts';

/** A part of some bytes; lighter than a view of it, of which there would be one per row. */
export interface ByteRange {
  bytes: Buffer;
  start: number;
  end: number;
}

/** What stands behind every record, in the file's encoding. */
interface Added {
  delimiter: number;
  /** Delimiter and label, by class. */
  labels: Map<ClassLabel, Buffer>;
  suffix: Buffer;
  /** Most bytes of all of them together. */
  size: number;
}

/** The rows of a block as they go into the output: their own bytes, then our columns. */
export class ScoredRows {
  readonly #added: Added;
  #bytes: Buffer<ArrayBuffer>;
  #length = 0;

  /** @param room where they are written; other memory is taken when it is too small */
  constructor(layout: FileLayout, classes: readonly ClassLabel[], room: ArrayBuffer) {
    this.#added = addedBytes(layout, classes);
    this.#bytes = Buffer.from(room);
  }

  /** @param row of the scores, which belong to the record */
  add({ bytes: source, start, end }: ByteRange, { predictions, probability, byClass }: Scores, row: number): void {
    const { delimiter, labels, suffix, size } = this.#added;
    this.#makeRoom(end - start + size);
    const bytes = this.#bytes;
    const from = this.#length + source.copy(bytes, this.#length, start, end);
    let at = put(bytes, labels.get(predictions[row]!)!, from);
    bytes[at++] = delimiter;
    at = writeShare(probability[row]!, bytes, at);
    for (const shares of byClass) {
      bytes[at++] = delimiter;
      at = writeShare(shares[row]!, bytes, at);
    }
    this.#length = put(bytes, suffix, at);
  }

  /** All rows; their memory can be handed to another thread. */
  get bytes(): Uint8Array<ArrayBuffer> {
    return this.#bytes.subarray(0, this.#length);
  }

  #makeRoom(size: number): void {
    if (this.#length + size <= this.#bytes.length) return;
    const larger = Buffer.from(new ArrayBuffer((this.#length + size) * 2));
    larger.set(this.bytes);
    this.#bytes = larger;
  }
}

function addedBytes({ delimiter, encoding, suffix }: FileLayout, classes: readonly ClassLabel[]): Added {
  const text = (value: string) => Buffer.from(value, encoding);
  const labels = new Map(classes.map((label) => [label, text(delimiter + csvField(label, delimiter))]));
  const longest = Math.max(...[...labels.values()].map(({ length }) => length));
  const size = longest + (classes.length + 1) * (SHARE_BYTES + 1) + text(suffix).length;
  return { delimiter: delimiter.charCodeAt(0), labels, suffix: text(suffix), size };
}

/** Faster than `set` for a few dozen bytes, which would make a view of them first. */
function put(bytes: Uint8Array, some: Uint8Array, at: number): number {
  for (let i = 0; i < some.length; i++) bytes[at + i] = some[i]!;
  return at + some.length;
}
