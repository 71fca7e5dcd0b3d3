import { isUtf8 } from 'node:buffer';
import { createReadStream, readFileSync, statSync } from 'node:fs';
import { open, stat } from 'node:fs/promises';
import { pipeline } from 'node:stream';
import { createGunzip } from 'node:zlib';
import type { Config } from '../config/config.ts';
import { openCsv } from '../data/csv.ts';
import { mayUnpackTo, tooLarge } from '../data/expansion-limit.ts';
import { parquetAsCsv } from '../data/parquet.ts';
import { EngineError } from '../support/errors.ts';
import { type CsvBlock, csvBlocks } from './csv-blocks.ts';
import { withEscapedFormulas } from './formula-escape.ts';
import { inputFormat } from './input-format.ts';
import type { SpareMemory } from './spare-memory.ts';

/** A file of rows that is being read: its header, and then its records in blocks. */
export interface RowSource {
  /** Column names in order. */
  columns: string[];
  delimiter: string;
  decimal: '.' | ',';
  encoding: 'utf8' | 'latin1';
  lineEnd: string;
  /** The header's own bytes, a byte order mark included, its line end left out; formulas made harmless when that was asked for. */
  header: Buffer;
  /** Records behind the header, from line `firstLine` on. */
  blocks: AsyncGenerator<CsvBlock>;
  firstLine: number;
  /** Closes the file, wherever its reader stopped. */
  close(): Promise<void>;
}

export interface SourceOptions {
  data: Config['data'];
  limits: Config['batch_inference']['limits'];
  /** All bytes of the file when somebody has read them, and their digest, already; only used for plain CSV. */
  content: Buffer | undefined;
  /** Gets every byte of the file that is read here as it lies there, for its digest. */
  onBytes: (bytes: Buffer) => void;
  /** Where blocks get their memory from. */
  memory: SpareMemory;
  escapeFormulas: boolean;
}

const BLOCK_BYTES = 1 << 18;
const READ_BYTES = 1 << 17;

/**
 * Opens a CSV file, plain or gzip, or a Parquet file, whose rows come as CSV: ISO dates, shortest numbers, empty for null.
 * @throws EngineError `invalid-data` for what cannot be read, is in UTF-16, or would grow beyond the limits
 */
export async function openRows(file: string, options: SourceOptions): Promise<RowSource> {
  const chunks = rawCsv(file, options)[Symbol.asyncIterator]();
  const close = async () => void (await chunks.return?.());
  try {
    return { ...(await readRows(file, chunks, options)), close };
  } catch (error) {
    await close();
    throw error;
  }
}

async function readRows(
  file: string,
  chunks: AsyncIterator<Buffer>,
  options: SourceOptions,
): Promise<Omit<RowSource, 'close'>> {
  const head = await readHead(chunks, options.limits.max_line_bytes);
  if (head.length === 0) throw new EngineError('invalid-data', 'The file is empty; expected a header line.');
  if ((head[0] === 0xff && head[1] === 0xfe) || (head[0] === 0xfe && head[1] === 0xff)) {
    throw new EngineError('invalid-data', 'The file is in UTF-16, which a batch does not read.', {
      fix: 'Save it as UTF-8.',
    });
  }
  const hasMark = head[0] === 0xef && head[1] === 0xbb && head[2] === 0xbf;
  const text = hasMark ? head.subarray(3) : head;
  const encoding = isLatin(options.data.encoding, text) ? 'latin1' : 'utf8';
  const isParquet = inputFormat(file) === 'parquet';
  const { names, delimiter, decimal, scanner } = openCsv(text, {
    fileName: 'line 1',
    delimiter: isParquet ? ',' : options.data.delimiter,
    decimal: isParquet ? '.' : options.data.decimal,
    encoding: 'utf-8',
    lenient: true,
  });
  const bodyStart = head.length - text.length + scanner.offset;
  const lineEnd = text[scanner.recordEnd] === 13 ? '\r\n' : '\n';
  const header = options.escapeFormulas
    ? withEscapedFormulas(scanner, names.length)
    : text.subarray(scanner.recordStart, scanner.recordEnd);
  const body = prepended(head.subarray(bodyStart), chunks);
  const blockOptions = {
    delimiter: delimiter.charCodeAt(0),
    blockBytes: BLOCK_BYTES,
    maxLineBytes: options.limits.max_line_bytes,
    memory: options.memory,
  };
  return {
    columns: names,
    ...{ delimiter, decimal, encoding, lineEnd },
    header: Buffer.concat([head.subarray(0, head.length - text.length + scanner.recordStart), header]),
    blocks: csvBlocks(body, blockOptions),
    firstLine: scanner.linesRead + 1,
  };
}

function isLatin(configured: string | null, head: Buffer): boolean {
  if (configured !== null) return !/^utf-?8$/i.test(configured);
  // The head may end within a character: its last bytes are no evidence.
  return !isUtf8(head.subarray(0, Math.max(0, head.lastIndexOf(10) + 1))) && head.includes(10);
}

/** The file's rows as CSV bytes. */
function rawCsv(file: string, options: SourceOptions): AsyncIterable<Buffer> {
  const format = inputFormat(file);
  if (format === 'parquet') return parquetAsCsv(file, options.limits);
  if (format === 'csv') return fileChunks(file, options);
  const stream = createReadStream(file, { highWaterMark: READ_BYTES });
  stream.on('data', (chunk) => options.onBytes(chunk as Buffer));
  const unpacked = createGunzip({ chunkSize: 1 << 18 });
  pipeline(stream, unpacked, () => undefined);
  return unzipped(unpacked as AsyncIterable<Buffer>, file, options.limits.max_expansion);
}

/**
 * The file's bytes, part by part, all of them in the same memory: a chunk is gone when the next one is asked for. A small file is
 * read at once: waiting for it four times would take longer.
 */
async function* fileChunks(file: string, { content, onBytes, memory }: SourceOptions): AsyncGenerator<Buffer> {
  if (content !== undefined || statSync(file).size <= READ_BYTES) {
    const bytes = content ?? readFileSync(file);
    if (content === undefined) onBytes(bytes);
    if (bytes.length > 0) yield bytes;
    return;
  }
  const handle = await open(file);
  const room = Buffer.from(memory.take(READ_BYTES));
  try {
    for (;;) {
      const { bytesRead } = await handle.read(room, 0, room.length, null);
      if (bytesRead === 0) return;
      const chunk = room.subarray(0, bytesRead);
      onBytes(chunk);
      yield chunk;
    }
  } finally {
    memory.give(room.buffer);
    await handle.close();
  }
}

async function* unzipped(chunks: AsyncIterable<Buffer>, file: string, maxExpansion: number): AsyncGenerator<Buffer> {
  const { size } = await stat(file);
  let total = 0;
  try {
    for await (const chunk of chunks) {
      total += chunk.length;
      if (!mayUnpackTo(total, size, maxExpansion)) throw tooLarge(maxExpansion);
      yield chunk;
    }
  } catch (error) {
    if (error instanceof EngineError) throw error;
    throw new EngineError('invalid-data', `Not valid gzip, or cut off (${(error as Error).message}).`);
  }
}

/** Enough of the file to hold its header and some rows: the first chunk, or more when that has no line end. */
async function readHead(chunks: AsyncIterator<Buffer>, maxLineBytes: number): Promise<Buffer> {
  let head: Buffer = Buffer.alloc(0);
  while (!head.includes(10)) {
    const { value, done } = await chunks.next();
    if (done) return head;
    head = Buffer.concat([head, value]);
    if (!head.includes(10) && head.length > maxLineBytes) {
      throw new EngineError('invalid-data', `The header is longer than ${maxLineBytes} bytes.`, {
        fix: 'Correct the file, or raise batch_inference.limits.max_line_bytes.',
      });
    }
  }
  return head;
}

async function* prepended(first: Buffer, rest: AsyncIterator<Buffer>): AsyncGenerator<Buffer> {
  if (first.length > 0) yield first;
  for (;;) {
    const { value, done } = await rest.next();
    if (done) return;
    yield value;
  }
}
