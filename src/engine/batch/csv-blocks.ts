import { EngineError } from '../support/errors.ts';

/** Whole records of a CSV file, as bytes. */
export interface CsvBlock {
  bytes: Buffer;
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
}

/**
 * Cuts a stream of CSV bytes at the ends of records (RFC 4180: a line end inside quotes ends none). The last block may lack a
 * line end.
 * @throws EngineError `invalid-data` for a record that is too long
 */
export async function* csvBlocks(source: AsyncIterable<Buffer>, options: BlockOptions): AsyncGenerator<CsvBlock> {
  const cutter = new RecordCutter(options.delimiter);
  let pending: Buffer[] = [];
  let pendingBytes = 0;
  let position = 0;
  for await (const chunk of source) {
    position += chunk.length;
    const end = cutter.lastRecordEnd(chunk);
    if (end > 0 && pendingBytes + end >= options.blockBytes) {
      yield { bytes: Buffer.concat([...pending, chunk.subarray(0, end)]), position };
      pending = [chunk.subarray(end)];
      pendingBytes = chunk.length - end;
    } else {
      pending.push(chunk);
      pendingBytes += chunk.length;
    }
    if (cutter.openBytes > options.maxLineBytes) throw tooLong(options.maxLineBytes);
  }
  if (pendingBytes > 0) yield { bytes: Buffer.concat(pending), position };
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
