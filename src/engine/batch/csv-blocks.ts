import { EngineError } from '../support/errors.ts';
import type { SpareMemory } from './spare-memory.ts';

/** Whole records of a CSV file, as bytes. */
export interface CsvBlock {
  /** At the beginning of memory that nobody else uses: whoever is done with the block gives it back. */
  bytes: Buffer<ArrayBuffer>;
  /** Bytes read from the source up to here, for progress. */
  position: number;
}

const QUOTE = 34;
const NEWLINE = 10;
const RETURN = 13;

export interface BlockOptions {
  delimiter: number;
  /** About how many bytes a block holds. */
  blockBytes: number;
  /** A record longer than this is refused, so that memory stays flat whatever the file holds. */
  maxLineBytes: number;
  /** Where blocks get their memory from. */
  memory: SpareMemory;
}

/**
 * Cuts a stream of CSV bytes at the ends of records (RFC 4180: a line end inside quotes ends none). The last block may lack a
 * line end. A chunk of the source is read before the next one is asked for, and never again.
 * @throws EngineError `invalid-data` for a record that is too long
 */
export async function* csvBlocks(source: AsyncIterable<Buffer>, options: BlockOptions): AsyncGenerator<CsvBlock> {
  const cutter = new RecordCutter(options.delimiter);
  const pending = new PendingBytes(options);
  let position = 0;
  for await (const chunk of source) {
    position += chunk.length;
    const end = cutter.lastRecordEnd(chunk);
    if (end > 0 && pending.length + end >= options.blockBytes) {
      pending.add(chunk.subarray(0, end));
      // The rest first: the chunk may be another one when the reader of the block comes back.
      const block = pending.take();
      pending.add(chunk.subarray(end));
      yield { bytes: block, position };
    } else pending.add(chunk);
    if (cutter.openBytes > options.maxLineBytes) throw tooLong(options.maxLineBytes);
  }
  if (pending.length > 0) yield { bytes: pending.take(), position };
}

const NOTHING = Buffer.from(new ArrayBuffer(0));

/** Bytes of the block that is being filled. */
class PendingBytes {
  length = 0;
  readonly #memory: SpareMemory;
  readonly #blockBytes: number;
  #bytes: Buffer<ArrayBuffer> = NOTHING;

  constructor({ memory, blockBytes }: BlockOptions) {
    this.#memory = memory;
    this.#blockBytes = blockBytes;
  }

  add(bytes: Buffer): void {
    if (this.length + bytes.length > this.#bytes.length) this.#grow(this.length + bytes.length);
    this.#bytes.set(bytes, this.length);
    this.length += bytes.length;
  }

  /** What was filled in; the next block begins. */
  take(): Buffer<ArrayBuffer> {
    const taken = this.#bytes.subarray(0, this.length);
    this.#bytes = NOTHING;
    this.length = 0;
    return taken;
  }

  #grow(least: number): void {
    const larger = Buffer.from(this.#memory.take(Math.max(least, this.#blockBytes, this.#bytes.length * 2)));
    larger.set(this.#bytes.subarray(0, this.length));
    if (this.#bytes !== NOTHING) this.#memory.give(this.#bytes.buffer);
    this.#bytes = larger;
  }
}

/** Finds the ends of records in chunk after chunk, remembering whether a quote is open. */
class RecordCutter {
  /** Bytes since the last record's end. */
  openBytes = 0;
  readonly #delimiter: number;
  #inQuotes = false;
  #atFieldStart = true;

  constructor(delimiter: number) {
    this.#delimiter = delimiter;
  }

  /** Position behind the last record that ends in the chunk; 0 when none does. */
  lastRecordEnd(chunk: Buffer): number {
    const end = !this.#inQuotes && !chunk.includes(QUOTE) ? this.#withoutQuotes(chunk) : this.#walk(chunk);
    this.openBytes = end > 0 ? chunk.length - end : this.openBytes + chunk.length;
    return end;
  }

  #withoutQuotes(chunk: Buffer): number {
    const last = chunk.at(-1);
    this.#atFieldStart = last === NEWLINE || last === RETURN || last === this.#delimiter;
    return chunk.lastIndexOf(NEWLINE) + 1;
  }

  #walk(chunk: Buffer): number {
    let end = 0;
    let inQuotes = this.#inQuotes;
    let atFieldStart = this.#atFieldStart;
    for (let at = 0; at < chunk.length; at++) {
      const byte = chunk[at]!;
      if (inQuotes) {
        // A doubled quote closes and opens again: the second one stands where a field could start.
        if (byte === QUOTE) inQuotes = false;
        atFieldStart = byte === QUOTE;
      } else if (byte === QUOTE && atFieldStart) inQuotes = true;
      else {
        if (byte === NEWLINE) end = at + 1;
        atFieldStart = byte === NEWLINE || byte === RETURN || byte === this.#delimiter;
      }
    }
    this.#inQuotes = inQuotes;
    this.#atFieldStart = atFieldStart;
    return end;
  }
}

function tooLong(limit: number): EngineError {
  return new EngineError('invalid-data', `A line is longer than ${limit} bytes.`, {
    fix: 'Correct the file (is a quote never closed?), or raise batch_inference.limits.max_line_bytes.',
  });
}
