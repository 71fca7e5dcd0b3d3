const QUOTE = 34;
const NEWLINE = 10;
const RETURN = 13;
const SPACE = 32;
const TAB = 9;

/**
 * Walks CSV bytes record by record (RFC 4180: quoted fields may hold delimiters, quotes doubled, and line ends;
 * LF, CRLF and CR end a record). Blank lines are skipped, as pandas does. Fields are ranges of the input: nothing is
 * copied until somebody asks for it.
 */
export class CsvScanner {
  /** Byte range of each field of the current record, quotes left out. */
  starts = new Int32Array(64);
  ends = new Int32Array(64);
  /** 1 where a field was quoted. */
  quoted = new Uint8Array(64);
  /** Line on which the current record starts, from 1. */
  line = 0;
  /** Byte range of the current record, its line end left out. */
  recordStart = 0;
  recordEnd = 0;

  readonly bytes: Buffer;
  private readonly delimiter: number;
  private position: number;
  private nextLine = 1;

  constructor(bytes: Buffer, delimiter: string, position = 0) {
    this.bytes = bytes;
    this.delimiter = delimiter.charCodeAt(0);
    this.position = position;
  }

  /** Reads the next record; returns its number of fields, or 0 at the end. */
  next(): number {
    this.skipBlankLines();
    if (this.position >= this.bytes.length) return 0;
    this.line = this.nextLine;
    this.recordStart = this.position;
    let count = 0;
    for (;;) {
      if (count === this.starts.length) this.grow();
      this.readField(count++);
      if (this.bytes[this.position] !== this.delimiter) break;
      this.position++;
    }
    this.recordEnd = this.position;
    this.skipLineEnd();
    return count;
  }

  /** Where the next record starts, or blank lines before it. */
  get offset(): number {
    return this.position;
  }

  /** Lines that were read so far; a last one without a line end counts too. */
  get linesRead(): number {
    const last = this.bytes.at(-1);
    const isOpen = this.position >= this.bytes.length && last !== undefined && last !== NEWLINE && last !== RETURN;
    return this.nextLine - 1 + (isOpen ? 1 : 0);
  }

  /** Whether the last field of the current record was opened by a quote that never closed. */
  unterminated = false;

  /** Text of a field of the current record. */
  text(field: number, encoding: 'utf8' | 'latin1' = 'utf8'): string {
    const raw = this.bytes.toString(encoding, this.starts[field]!, this.ends[field]!);
    return this.quoted[field] ? raw.replaceAll('""', '"') : raw;
  }

  /** Lines of nothing but spaces and tabs are blank too. */
  private skipBlankLines(): void {
    for (;;) {
      let at = this.position;
      while ((this.bytes[at] === SPACE || this.bytes[at] === TAB) && this.bytes[at] !== this.delimiter) at++;
      const byte = this.bytes[at];
      if (byte !== undefined && byte !== NEWLINE && byte !== RETURN) return;
      this.position = at;
      if (byte === undefined) return;
      this.skipLineEnd();
    }
  }

  private skipLineEnd(): void {
    const byte = this.bytes[this.position];
    if (byte === RETURN) this.position += this.bytes[this.position + 1] === NEWLINE ? 2 : 1;
    else if (byte === NEWLINE) this.position++;
    else return;
    this.nextLine++;
  }

  private readField(field: number): void {
    if (this.bytes[this.position] === QUOTE) {
      this.readQuoted(field);
      return;
    }
    const { bytes, delimiter } = this;
    const length = bytes.length;
    let at = this.position;
    while (at < length) {
      const byte = bytes[at]!;
      if (byte === delimiter || byte === NEWLINE || byte === RETURN) break;
      at++;
    }
    this.starts[field] = this.position;
    this.ends[field] = at;
    this.quoted[field] = 0;
    this.position = at;
  }

  private readQuoted(field: number): void {
    const { bytes } = this;
    let at = this.position + 1;
    this.starts[field] = at;
    this.quoted[field] = 1;
    while (at < bytes.length) {
      if (bytes[at] === NEWLINE) this.nextLine++;
      else if (bytes[at] === QUOTE) {
        if (bytes[at + 1] !== QUOTE) break;
        at++;
      }
      at++;
    }
    this.unterminated = at >= bytes.length;
    this.ends[field] = at;
    this.position = this.afterQuote(at + 1);
  }

  /** Text between a closing quote and the delimiter is dropped, as pandas' parser keeps it only by accident. */
  private afterQuote(from: number): number {
    let at = from;
    while (at < this.bytes.length) {
      const byte = this.bytes[at]!;
      if (byte === this.delimiter || byte === NEWLINE || byte === RETURN) break;
      at++;
    }
    return Math.min(at, this.bytes.length);
  }

  private grow(): void {
    const size = this.starts.length * 2;
    this.starts = widen(this.starts, new Int32Array(size));
    this.ends = widen(this.ends, new Int32Array(size));
    this.quoted = widen(this.quoted, new Uint8Array(size));
  }
}

function widen<T extends Int32Array | Uint8Array>(from: T, to: T): T {
  to.set(from);
  return to;
}
