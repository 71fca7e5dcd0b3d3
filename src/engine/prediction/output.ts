import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { sync as writeFileAtomic } from 'write-file-atomic';
import { csvText } from '../data/csv-text.ts';
import { EngineError } from '../support/errors.ts';
import type { RowFormat } from './input.ts';
import type { ScoredRows } from './predict.ts';

/** Writes the rows with their predictions, whole or not at all; returns the path. */
export function writePredictions(scored: ScoredRows, file: string, format?: RowFormat): string {
  const chosen = format ?? formatByName(file) ?? scored.input.format;
  mkdirSync(path.dirname(path.resolve(file)), { recursive: true });
  writeFileAtomic(file, renderPredictions(scored, chosen));
  return file;
}

function formatByName(file: string): RowFormat | undefined {
  const extension = /\.(csv|json|jsonl|parquet)$/i.exec(file)?.[1]?.toLowerCase();
  if (extension !== 'parquet') return extension as RowFormat | undefined;
  throw new EngineError('unsupported', `${file}: Parquet is not written yet; it arrives with the batch release.`);
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
