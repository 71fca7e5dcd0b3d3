import { CsvScanner } from '../data/csv-scanner.ts';
import { type LoadedModel, loadModel } from '../model/loaded-model.ts';
import { DistributionCounter, type FileDistribution } from '../monitoring/distribution.ts';
import { FeatureReader } from '../prediction/feature-reader.ts';
import { withEscapedFormulas } from './formula-escape.ts';
import { type ByteRange, ScoredRows } from './scored-rows.ts';

/** What all blocks of a file have in common. Plain data: it goes to other threads. */
export interface FileLayout {
  modelFolder: string;
  delimiter: string;
  decimal: '.' | ',';
  /** latin1 for windows-1252. */
  encoding: 'utf8' | 'latin1';
  /** Number of fields that a record must have. */
  fieldCount: number;
  /** Field of each model input, in the order of the signature; -1 for one that may be missing and is. */
  fields: number[];
  /** What every row gets behind its probabilities: model name, version, timestamp, as CSV, and the line end. */
  suffix: string;
  escapeFormulas: boolean;
  /** Most rows scored in one go. */
  batchSize: number;
}

export interface RefusedRow {
  /** From 1 within the block. */
  line: number;
  reason: string;
  /** The record as it stands. */
  text: string;
}

export interface ScoredBlock {
  /** The rows that could be scored: their bytes, our columns, their line end. In memory that nobody else uses. */
  output: Uint8Array<ArrayBuffer>;
  /** Records in the block, refused ones included. */
  rows: number;
  /** Lines in the block. */
  lines: number;
  /** Line (from 1 within the block) of a quote that is never closed: everything behind it is one record. */
  openQuote: number | null;
  refused: RefusedRow[];
  /** Rows with a text that the model was not trained on, by column. */
  unknown: Record<string, number>;
  distribution: FileDistribution;
}

interface ScoringModel {
  model: LoadedModel;
  counter: DistributionCounter;
}

const models = new Map<string, ScoringModel>();

/**
 * Scores the records of a block; rows that do not fit the model are refused, one by one.
 * @param room for the output, about twice the block's size; other memory is taken when it is too small
 */
export function scoreBlock(layout: FileLayout, bytes: Buffer, room: ArrayBuffer): ScoredBlock {
  return new BlockScorer(layout, loadOnce(layout.modelFolder), bytes, room).score();
}

/** A folder never changes once its version is registered; the gates have seen to it. */
function loadOnce(folder: string): ScoringModel {
  const known = models.get(folder);
  if (known) return known;
  const model = loadModel(folder);
  const loaded = { model, counter: new DistributionCounter(model.profile()?.features ?? []) };
  models.set(folder, loaded);
  return loaded;
}

class BlockScorer {
  readonly #layout: FileLayout;
  readonly #model: LoadedModel;
  readonly #bytes: Buffer;
  readonly #scanner: CsvScanner;
  readonly #scored: ScoredRows;
  readonly #refused: RefusedRow[] = [];
  readonly #unknown: Record<string, number> = {};
  readonly #counter: DistributionCounter;
  #rows = 0;

  constructor(layout: FileLayout, { model, counter }: ScoringModel, bytes: Buffer, room: ArrayBuffer) {
    this.#layout = layout;
    this.#model = model;
    this.#bytes = bytes;
    this.#scanner = new CsvScanner(bytes, layout.delimiter);
    this.#counter = counter;
    // A block that failed half-way may have left some counts.
    counter.take();
    this.#scored = new ScoredRows(layout, model.classes, room);
  }

  score(): ScoredBlock {
    while (this.#scoreSome());
    return {
      output: this.#scored.bytes,
      rows: this.#rows,
      lines: this.#scanner.linesRead,
      openQuote: this.#scanner.unterminated ? this.#scanner.line : null,
      refused: this.#refused,
      unknown: this.#unknown,
      distribution: this.#counter.take(),
    };
  }

  /** Reads and scores up to `batchSize` rows; false at the end of the block. */
  #scoreSome(): boolean {
    const { batchSize } = this.#layout;
    const readers = this.#model.signature.inputs.map((column) => {
      return new FeatureReader(column, this.#model.categories.get(column.name), this.#layout.decimal);
    });
    const records: ByteRange[] = [];
    let goesOn = true;
    while (records.length < batchSize && goesOn) {
      const count = this.#scanner.next();
      goesOn = count > 0;
      if (!goesOn) break;
      this.#rows++;
      const wrong = this.#read(readers, count, records.length);
      if (wrong === null) records.push(this.#record());
      else this.#refused.push({ line: this.#scanner.line, reason: wrong, text: this.#recordText() });
    }
    if (records.length > 0) this.#scoreRows(readers, records);
    return goesOn;
  }

  /** Reads a record's features; null when they fit, else what is wrong. */
  #read(readers: FeatureReader[], count: number, rowsBefore: number): string | null {
    if (count !== this.#layout.fieldCount) return `found ${count} fields; the header has ${this.#layout.fieldCount}`;
    const { fields, encoding } = this.#layout;
    for (let index = 0; index < readers.length; index++) {
      const wrong = readers[index]!.addField(this.#scanner, fields[index]!, encoding);
      if (wrong === null) continue;
      for (const earlier of readers) earlier.truncate(rowsBefore);
      return wrong;
    }
    return null;
  }

  #scoreRows(readers: FeatureReader[], records: ByteRange[]): void {
    const feeds = new Map(readers.map((reader) => [reader.column.name, reader.tensor()]));
    const scores = this.#model.score(feeds);
    this.#counter.add(feeds, scores);
    for (const { column, unknown } of readers) {
      for (const count of unknown.values()) this.#unknown[column.name] = (this.#unknown[column.name] ?? 0) + count;
    }
    for (let row = 0; row < records.length; row++) this.#scored.add(records[row]!, scores, row);
  }

  /** The record's own bytes; with formulas made harmless when that was asked for. */
  #record(): ByteRange {
    const { recordStart: start, recordEnd: end } = this.#scanner;
    if (!this.#layout.escapeFormulas) return { bytes: this.#bytes, start, end };
    const bytes = withEscapedFormulas(this.#scanner, this.#layout.fieldCount);
    return { bytes, start: 0, end: bytes.length };
  }

  #recordText(): string {
    return this.#bytes.toString(this.#layout.encoding, this.#scanner.recordStart, this.#scanner.recordEnd);
  }
}
