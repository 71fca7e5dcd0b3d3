import { closeSync, fsync, openSync, writeFile, writeFileSync } from 'node:fs';
import { promisify } from 'node:util';
import { csvText } from '../data/csv-text.ts';
import type { ScoredBlock } from './block-scorer.ts';
import { escapedFormula } from './formula-escape.ts';

interface OutputFileOptions {
  /** Where the rows with their predictions go, and those that were refused. */
  output: string;
  refusedOutput: string;
  escapeFormulas: boolean;
}

/** The two files that a scored file becomes; the one for refused rows exists only when there are any. */
export class OutputFiles {
  readonly #options: OutputFileOptions;
  /** Goes with the first block, so that a small file is written in one go. */
  #header: Buffer | null = null;
  #output: GrowingFile | undefined;
  #refused: GrowingFile | undefined;

  constructor(options: OutputFileOptions) {
    this.#options = options;
  }

  start(header: Buffer): void {
    this.#output = new GrowingFile(this.#options.output);
    this.#header = header;
  }

  async write({ output, refused }: ScoredBlock, linesBefore: number): Promise<void> {
    await this.#writeRows(output);
    if (refused.length === 0) return;
    const isFirst = this.#refused === undefined;
    this.#refused ??= new GrowingFile(this.#options.refusedOutput);
    const { escapeFormulas } = this.#options;
    const shown = (text: string) => (escapeFormulas ? escapedFormula(text) : text);
    const rows = refused.map(({ line, reason, text }) => [linesBefore + line, shown(reason), shown(text)]);
    await this.#refused.append(Buffer.from(csvText(isFirst ? [['line', 'reason', 'row'], ...rows] : rows)));
  }

  async #writeRows(rows: Uint8Array): Promise<void> {
    const header = this.#header;
    this.#header = null;
    await this.#output!.append(header === null ? rows : Buffer.concat([header, rows]));
  }

  /** Both files on the disk, and closed whatever happens. */
  async finish(): Promise<void> {
    try {
      if (this.#header !== null) await this.#writeRows(Buffer.alloc(0));
      for (const file of [this.#output, this.#refused]) await file?.finish();
    } finally {
      this.abandon();
    }
  }

  abandon(): void {
    for (const file of [this.#output, this.#refused]) file?.close();
  }
}

/** Shorter texts are written at once: handing them over would take longer. */
const SMALL_BYTES = 1 << 17;

const write = promisify(writeFile);
const flush = promisify(fsync);

/** A file that is written from its beginning to its end. */
class GrowingFile {
  #descriptor: number | null;

  constructor(file: string) {
    this.#descriptor = openSync(file, 'w');
  }

  async append(bytes: Uint8Array): Promise<void> {
    if (bytes.length <= SMALL_BYTES) writeFileSync(this.#descriptor!, bytes);
    else await write(this.#descriptor!, bytes);
  }

  async finish(): Promise<void> {
    await flush(this.#descriptor!);
    this.close();
  }

  /** Does nothing to a file that is closed already. */
  close(): void {
    const descriptor = this.#descriptor;
    this.#descriptor = null;
    if (descriptor !== null) closeSync(descriptor);
  }
}
