import { createHash } from 'node:crypto';
import path from 'node:path';
import type { Config } from '../config/config.ts';
import { csvField } from '../data/csv-text.ts';
import type { LoadedModel } from '../model/loaded-model.ts';
import type { FeatureProfile } from '../model/profile.ts';
import { emptyDistribution, type FileDistribution, mergeDistributions } from '../monitoring/distribution.ts';
import { requireColumns } from '../prediction/required-columns.ts';
import { EngineError } from '../support/errors.ts';
import { throwIfCancelled } from '../support/progress.ts';
import type { FileLayout, ScoredBlock } from './block-scorer.ts';
import { OutputFiles } from './output-files.ts';
import { openRows, type RowSource } from './row-source.ts';
import type { ScoringPool } from './scoring-pool.ts';

/** A registered version, ready to score. */
export interface BatchModel {
  model: LoadedModel;
  /** What the training rows looked like, read once. */
  profile: FeatureProfile[];
  name: string;
  version: string;
  runId: string | null;
}

export interface ScoreFileOptions {
  file: string;
  /** All bytes of the file when somebody has read them already. */
  content: Buffer | undefined;
  /** Where the rows with their predictions go, and those that were refused. */
  output: string;
  refusedOutput: string;
  model: BatchModel;
  config: Config;
  /** What every row is stamped with. */
  scoredAt: Date;
  pool: ScoringPool;
  signal: AbortSignal | undefined;
  /** Bytes of the file that are done. */
  onProgress: (bytes: number) => void;
}

/** What was found and done in a file. */
export interface FileScore {
  /** Written, but not on the disk yet: to be finished, together with those of other files, or abandoned. */
  outputs: OutputFiles;
  /** Hexadecimal SHA-256 of the bytes that were read; null for Parquet, which is not read in order, and when `content` was given. */
  sha256: string | null;
  rows: number;
  refused: number;
  refusedReasons: Record<string, number>;
  /** "line 17: ..." of the first refused rows, for messages. */
  firstRefusals: string[];
  warnings: string[];
  prefix: string;
  distribution: FileDistribution;
}

/**
 * Scores a file block by block: memory stays flat whatever its size.
 * @throws EngineError `invalid-data` for a file that cannot be read or lacks a column, `cancelled`
 */
export async function scoreFile(options: ScoreFileOptions): Promise<FileScore> {
  const hash = createHash('sha256');
  let hashed = 0;
  const onBytes = (bytes: Buffer) => {
    hash.update(bytes);
    hashed += bytes.length;
  };
  const { data, batch_inference: batch } = options.config;
  const { limits, escape_formulas: escapeFormulas } = batch;
  const { file, content, pool } = options;
  const source = await openRows(file, { data, limits, content, onBytes, memory: pool.memory, escapeFormulas });
  try {
    const score = await scoreSource(source, options);
    return { ...score, sha256: hashed > 0 ? hash.digest('hex') : null };
  } finally {
    await source.close();
  }
}

async function scoreSource(source: RowSource, options: ScoreFileOptions): Promise<FileScore> {
  const { layout, prefix, warnings } = planLayout(source, options);
  const { output, refusedOutput, config, model } = options;
  const { escape_formulas: escapeFormulas } = config.batch_inference;
  const files = new OutputFiles({ output, refusedOutput, escapeFormulas });
  const score = emptyScore(model.profile, files, { prefix, warnings });
  const unknown: Record<string, number> = {};
  try {
    files.start(headerLine(source, model, prefix));
    await scoreBlocks({ source, layout, options, score, unknown });
  } catch (error) {
    files.abandon();
    throw error;
  }
  for (const [column, count] of Object.entries(unknown)) {
    const what = `${count} rows hold categories the model was not trained on; they are scored as unknown.`;
    score.warnings.push(`column "${column}": ${what}`);
  }
  if (score.rows === 0) score.warnings.push('the file has a header and no row.');
  return score;
}

interface Work {
  source: RowSource;
  layout: FileLayout;
  options: ScoreFileOptions;
  score: FileScore;
  /** Rows with a text that the model was not trained on, by column. */
  unknown: Record<string, number>;
}

/** Blocks are scored side by side, and written in their order. */
async function scoreBlocks(work: Work): Promise<void> {
  const { source, layout, options, score } = work;
  const ahead: { position: number; scored: Promise<ScoredBlock> | ScoredBlock }[] = [];
  let line = source.firstLine - 1;
  const take = async () => {
    const { position, scored } = ahead.shift()!;
    const block = await scored;
    if (block.openQuote !== null) throw openQuote(line + block.openQuote);
    await score.outputs.write(block, line);
    options.pool.memory.give(block.output.buffer);
    addBlock(work, block, line);
    line += block.lines;
    options.onProgress(position);
  };
  try {
    for await (const { bytes, position } of source.blocks) {
      throwIfCancelled(options.signal);
      ahead.push({ position, scored: options.pool.score(layout, bytes, ahead.length === 0) });
      if (ahead.length > options.pool.size) await take();
    }
    while (ahead.length > 0) await take();
  } finally {
    // What failed was told already; the others' answers have no reader any more.
    for (const { scored } of ahead) void Promise.resolve(scored).catch(() => undefined);
  }
}

function openQuote(line: number): EngineError {
  return new EngineError(
    'invalid-data',
    `line ${line}: a quote is opened and never closed; all rows behind it are lost in it.`,
    {
      fix: 'Close the quote, or double it inside the field.',
    },
  );
}

function emptyScore(
  profile: FeatureProfile[],
  outputs: OutputFiles,
  plan: { prefix: string; warnings: string[] },
): FileScore {
  const found = {
    rows: 0,
    refused: 0,
    refusedReasons: {},
    firstRefusals: [],
    distribution: emptyDistribution(profile),
  };
  return { sha256: null, outputs, ...found, ...plan };
}

const MOST_TOLD = 5;

function addBlock({ score, unknown }: Work, block: ScoredBlock, linesBefore: number): void {
  score.rows += block.rows;
  score.refused += block.refused.length;
  for (const { line, reason } of block.refused) {
    const kind = reason.replace(/found ("(?:[^"\\]|\\.)*"|\d+ fields)/, 'found another');
    score.refusedReasons[kind] = (score.refusedReasons[kind] ?? 0) + 1;
    if (score.firstRefusals.length < MOST_TOLD) score.firstRefusals.push(`line ${linesBefore + line}: ${reason}`);
  }
  for (const [column, count] of Object.entries(block.unknown)) unknown[column] = (unknown[column] ?? 0) + count;
  score.distribution = mergeDistributions(score.distribution, block.distribution);
}

/** Which field is which input of the model, and what every row gets. */
function planLayout(source: RowSource, { model, config, scoredAt }: ScoreFileOptions) {
  const { columns, delimiter, lineEnd } = source;
  const inputs = model.model.signature.inputs;
  const fields = inputs.map(({ name }) => columns.indexOf(name));
  requireColumns(inputs, columns);
  const suffix = [model.name, model.version, scoredAt.toISOString()].map((value) => csvField(value, delimiter));
  const layout: FileLayout = {
    modelFolder: model.model.folder,
    ...{ delimiter, decimal: source.decimal, encoding: source.encoding },
    fieldCount: columns.length,
    fields,
    suffix: `${delimiter}${suffix.join(delimiter)}${lineEnd}`,
    escapeFormulas: config.batch_inference.escape_formulas,
    batchSize: config.batch_inference.batch_size,
  };
  const absent = inputs.filter((_, i) => fields[i] === -1);
  const warnings = absent.map(({ name }) => `column "${name}" is absent; it is scored as missing.`);
  return { layout, prefix: choosePrefix(source, model), warnings };
}

const PREFIX = 'gnu_mlops_';

/** Names of our columns in the file. */
function ourColumns({ model }: BatchModel): string[] {
  const bare = ['prediction', 'probability', ...model.classes.map((label) => `probability_${label}`)];
  return [...bare, 'model_name', 'model_version', 'prediction_timestamp'];
}

/** @throws EngineError `invalid-data` when even the prefixed names are taken: the file is an output of ours */
function choosePrefix({ columns }: RowSource, model: BatchModel): string {
  const ours = ourColumns(model);
  const taken = (prefix: string) => ours.find((name) => columns.includes(prefix + name));
  if (taken('') === undefined) return '';
  const still = taken(PREFIX);
  if (still === undefined) return PREFIX;
  throw new EngineError('invalid-data', `The file has the columns "${taken('')}" and "${PREFIX}${still}" already.`, {
    fix: 'Is it the output of a batch? Score the rows it was made from.',
  });
}

function headerLine({ header, delimiter, encoding, lineEnd }: RowSource, model: BatchModel, prefix: string): Buffer {
  const names = ourColumns(model).map((name) => csvField(prefix + name, delimiter));
  const added = `${delimiter}${names.join(delimiter)}${lineEnd}`;
  return Buffer.concat([header, Buffer.from(added, encoding)]);
}

/** A name in the folder of `file` that is not yet a result. */
export function partialName(file: string): string {
  return path.join(path.dirname(file), `.${path.basename(file)}.partial`);
}
