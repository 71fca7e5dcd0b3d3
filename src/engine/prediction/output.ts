import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { sync as writeFileAtomic } from 'write-file-atomic';
import { csvText } from '../data/csv-text.ts';
import { outputNames } from '../model/signature.ts';
import { EngineError } from '../support/errors.ts';
import type { RowFormat } from './input.ts';
import type { PredictOutput, ScoredRows } from './predict.ts';
import { typedRows } from './typed-rows.ts';

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
  const { input } = scored;
  const names = addedNames(scored);
  const given = format === 'csv' ? input.rows : typedRows(input, scored.model.signature.inputs);
  const rows = given.map((row, i): Record<string, unknown> => {
    const values = addedValues(scored, i);
    return { ...row, ...Object.fromEntries(names.map((name, column) => [name, values[column]])) };
  });
  if (format === 'json') return `${JSON.stringify(rows, null, 1)}\n`;
  if (format === 'jsonl') return rows.map((row) => `${JSON.stringify(row)}\n`).join('');
  const all = [...input.columns, ...names];
  return csvText([all, ...rows.map((row) => all.map((name) => row[name]))]);
}

/**
 * `prediction`, `probability`, `probability_<class>`, `model_name`, `model_version`, `prediction_timestamp`; all with a prefix
 * when the rows have a column of such a name, be it the model's or not.
 */
function addedNames({ model, input }: ScoredRows): string[] {
  const given = [...input.columns, ...model.signature.inputs.map(({ name }) => name)];
  const { prediction, probability, byClass } = outputNames(model.classes, given);
  const prefix = prediction.slice(0, -'prediction'.length);
  const others = ['model_name', 'model_version', 'prediction_timestamp'];
  return [prediction, probability, ...byClass, ...others.map((name) => prefix + name)];
}

function addedValues({ model, version, predictions, scoredAt }: ScoredRows, row: number): unknown[] {
  const { prediction, probability, probabilities } = predictions[row]!;
  const byClass = model.classes.map((label) => probabilities[String(label)]);
  return [prediction, probability, ...byClass, version.name, version.version, scoredAt.toISOString()];
}
