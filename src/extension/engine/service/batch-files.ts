import { closeSync, existsSync, openSync, readdirSync, readFileSync, readSync, statSync } from 'node:fs';
import path from 'node:path';
import type { Manifest } from '../../../engine/batch/results.ts';
import type { Config } from '../../../engine/config/config.ts';
import { openCsv } from '../../../engine/data/csv.ts';
import { EngineError } from '../../../engine/support/errors.ts';
import type { BatchOutput, BatchPreview, TablePreview, TimeSpan } from '../../../protocol/unattended-api.ts';

const MANIFEST = /^(.*)__(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z__[0-9a-f]{8}\.manifest\.json$/;
/** The names of outputs tell whole seconds, and a later one when a name was taken. */
const NAME_TOLERANCE_MS = 2000;

/** The outputs that were begun in a span of time, in that order. Only files whose name fits are read. */
export function batchOutputs(config: Config, baseDir: string, span: TimeSpan): BatchOutput[] {
  const folder = path.resolve(baseDir, config.batch_inference.output_path);
  const names = existsSync(folder) ? readdirSync(folder) : [];
  const found = names
    .filter((name) => mayLieIn(name, span))
    .map((name) => readManifest(path.join(folder, name)))
    .filter((each) => isIn(Date.parse(each.started), span));
  return found.sort((a, b) => (a.started < b.started ? -1 : 1)).map((each) => summary(folder, each));
}

function mayLieIn(name: string, { start, end }: TimeSpan): boolean {
  const parts = MANIFEST.exec(name)?.slice(2).map(Number);
  if (parts === undefined) return false;
  const [year, month, day, hour, minute, second] = parts as [number, number, number, number, number, number];
  const at = Date.UTC(year, month - 1, day, hour, minute, second);
  return isIn(at, { start: start - NAME_TOLERANCE_MS, end: end === null ? null : end + NAME_TOLERANCE_MS });
}

function isIn(at: number, { start, end }: TimeSpan): boolean {
  return at >= start && (end === null || at <= end);
}

function summary(folder: string, { output, input, rows, refused, manifest }: ReadManifest): BatchOutput {
  return { manifest, output: path.join(folder, output), input: input.name, rows, refused };
}

type ReadManifest = Manifest & { manifest: string };

/** Names in a manifest are those of files beside it: whatever stands there, nothing else is opened. */
function readManifest(file: string): ReadManifest {
  const manifest = parse(file);
  const { output, refused_file } = manifest;
  return {
    ...manifest,
    manifest: file,
    output: path.basename(output),
    refused_file: refused_file === null ? null : path.basename(refused_file),
  };
}

function parse(file: string): Manifest {
  try {
    const value = JSON.parse(readFileSync(file, 'utf8')) as Partial<Manifest>;
    if (value.schema === 1 && typeof value.output === 'string' && value.refused_file !== undefined) {
      return value as Manifest;
    }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') throw missing(file);
  }
  throw new EngineError('invalid-data', `${file} is not the manifest of a batch output.`);
}

function missing(file: string): EngineError {
  return new EngineError('not-found', `${file} is not there any more.`, { fix: 'Was it moved, or cleaned up?' });
}

/**
 * The beginning of an output and of its refused rows.
 * @throws EngineError `not-found`, `invalid-data`
 */
export function batchPreview({ data }: Config, file: string): BatchPreview {
  const { distribution: _, manifest: __, ...manifest } = readManifest(file);
  const beside = (name: string) => path.join(path.dirname(file), name);
  const isParquet = manifest.input.name.toLowerCase().endsWith('.parquet');
  const scored = manifest.rows - manifest.refused;
  const output = preview(beside(manifest.output), isParquet ? ',' : data.delimiter, scored);
  const added = output.columns.indexOf(`${manifest.prefix}prediction`);
  const refused = manifest.refused_file;
  return {
    manifest,
    files: { output: beside(manifest.output), refused: refused === null ? null : beside(refused), manifest: file },
    output,
    inputColumns: added < 0 ? output.columns.length : added,
    refused: refused === null ? null : preview(beside(refused), ',', manifest.refused),
  };
}

const MOST_ROWS = 1000;
/** Rows of very many columns are shown in smaller number, so that a page can hold them. */
const MOST_CELLS = 200_000;
const MOST_BYTES = 8 << 20;
const MOST_CHARACTERS = 1000;

function preview(file: string, delimiter: string | null, total: number): TablePreview {
  const { bytes, isWhole } = beginning(file);
  const { scanner, names } = openCsv(bytes, { fileName: path.basename(file), delimiter });
  const most = Math.min(MOST_ROWS, Math.max(1, Math.floor(MOST_CELLS / names.length)));
  const rows: string[][] = [];
  while (rows.length < most && scanner.next() > 0) {
    // What was cut off within a field with line ends.
    if (scanner.unterminated && !isWhole) break;
    rows.push(names.map((_, field) => cut(scanner.text(field))));
  }
  return { columns: names.map(cut), rows, total };
}

/** The first bytes of a file, up to the end of a line. */
function beginning(file: string): { bytes: Buffer; isWhole: boolean } {
  if (!existsSync(file)) throw missing(file);
  const { size } = statSync(file);
  const handle = openSync(file, 'r');
  try {
    const bytes = Buffer.alloc(Math.min(size, MOST_BYTES));
    const read = readSync(handle, bytes, 0, bytes.length, 0);
    const isWhole = read === size;
    return { bytes: bytes.subarray(0, isWhole ? read : bytes.lastIndexOf(10) + 1), isWhole };
  } finally {
    closeSync(handle);
  }
}

function cut(text: string): string {
  return text.length <= MOST_CHARACTERS ? text : `${text.slice(0, MOST_CHARACTERS)}…`;
}
