import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { sync as writeFileAtomic } from 'write-file-atomic';
import { csvText } from '../data/csv-text.ts';
import { EngineError } from '../support/errors.ts';
import type { RowFormat } from './input.ts';
import type { PredictOutput, ScoredRows } from './predict.ts';

/** Gives out the rows with their predictions; returns the path of the file that was written, if one was. */
export function writePredictions(scored: ScoredRows, output: PredictOutput): string | null {
  if ('write' in output) {
    output.write(renderPredictions(scored, requireWritten(output.format ?? scored.input.format)));
    return null;
  }
  const { file } = output;
  const format = requireWritten(output.format ?? formatByName(file) ?? scored.input.format);
  mkdirSync(path.dirname(path.resolve(file)), { recursive: true });
  writeFileAtomic(file, renderPredictions(scored, format));
  return file;
}

function formatByName(file: string): RowFormat | 'parquet' | undefined {
  return /\.(csv|json|jsonl|parquet)$/i.exec(file)?.[1]?.toLowerCase() as RowFormat | 'parquet' | undefined;
}

function requireWritten(format: RowFormat | 'parquet'): RowFormat {
  if (format !== 'parquet') return format;
  throw new EngineError('unsupported', 'Parquet is not written yet; it arrives with the batch release.', {
    fix: 'Write CSV, JSON or JSON lines: --format csv',
  });
}

/** The rows with their predictions as text. */
export function renderPredictions(scored: ScoredRows, format: RowFormat): string {
  const rows = scored.input.rows.map((row, i) => ({ ...row, ...addedColumns(scored, i) }));
  if (format === 'json') return `${JSON.stringify(rows, null, 1)}\n`;
  if (format === 'jsonl') return rows.map((row) => `${JSON.stringify(row)}\n`).join('');
  const names = [...scored.input.columns, ...Object.keys(rows[0] ? addedColumns(scored, 0) : {})];
  const lines = [names, ...rows.map((row) => names.map((name) => (row as Record<string, unknown>)[name]))];
  return csvText(lines);
}

/** `prediction`, `probability`, `probability_<class>`, `model_name`, `model_version`, `prediction_timestamp`. */
function addedColumns({ model, version, predictions, scoredAt }: ScoredRows, row: number): Record<string, unknown> {
  const { prediction, probability, probabilities } = predictions[row]!;
  const names = model.outputNames;
  const prefix = names.prediction.slice(0, -'prediction'.length);
  return {
    [names.prediction]: prediction,
    [names.probability]: probability,
    ...Object.fromEntries(names.byClass.map((name, label) => [name, probabilities[String(model.classes[label])]])),
    [`${prefix}model_name`]: version.name,
    [`${prefix}model_version`]: version.version,
    [`${prefix}prediction_timestamp`]: scoredAt.toISOString(),
  };
}
