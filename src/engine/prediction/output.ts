import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { parquetWriteBuffer } from 'hyparquet-writer';
import { sync as writeFileAtomic } from 'write-file-atomic';
import { csvText } from '../data/csv-text.ts';
import { outputNames } from '../model/signature.ts';
import { EngineError } from '../support/errors.ts';
import type { RowFormat, TextFormat } from './input.ts';
import type { PredictOutput, ScoredRows } from './predict.ts';
import { typedRows } from './typed-rows.ts';

/** Gives out the rows with their predictions; returns the path of the file that was written, if one was. */
export function writePredictions(scored: ScoredRows, output: PredictOutput): string | null {
  if ('write' in output) {
    const format = output.format ?? scored.input.format;
    if (format === 'parquet') {
      throw new EngineError('usage', 'Parquet is no text, so it is written to a file only.', {
        fix: 'Name one with --output, or choose another --format.',
      });
    }
    output.write(renderPredictions(scored, format));
    return null;
  }
  const { file } = output;
  const format = output.format ?? formatByName(file) ?? scored.input.format;
  mkdirSync(path.dirname(path.resolve(file)), { recursive: true });
  writeFileAtomic(file, format === 'parquet' ? parquetBytes(scored) : renderPredictions(scored, format));
  return file;
}

function formatByName(file: string): RowFormat | undefined {
  return /\.(csv|json|jsonl|parquet)$/i.exec(file)?.[1]?.toLowerCase() as RowFormat | undefined;
}

/** The rows with their predictions as text. */
export function renderPredictions(scored: ScoredRows, format: TextFormat): string {
  const { input } = scored;
  if (format === 'csv') {
    const all = [...input.columns, ...addedNames(scored)];
    return csvText([all, ...withPredictions(scored, input.rows).map((row) => all.map((name) => row[name]))]);
  }
  const rows = withPredictions(scored, typedRows(input, scored.model.signature.inputs));
  if (format === 'json') return `${JSON.stringify(rows, null, 1)}\n`;
  return rows.map((row) => `${JSON.stringify(row)}\n`).join('');
}

/** The rows with their predictions as a Parquet file: numbers as DOUBLE, truth values as BOOLEAN, everything else as text. */
function parquetBytes(scored: ScoredRows): Buffer {
  const rows = withPredictions(scored, typedRows(scored.input, scored.model.signature.inputs));
  const columnData = [...scored.input.columns, ...addedNames(scored)].map((name) => {
    const values = rows.map((row) => row[name] ?? null);
    const present = values.filter((value) => value !== null);
    const isAll = (type: string) => present.length > 0 && present.every((value) => typeof value === type);
    if (isAll('number')) return { name, data: values, type: 'DOUBLE' as const };
    if (isAll('boolean')) return { name, data: values, type: 'BOOLEAN' as const };
    return { name, data: values.map((value) => (value === null ? null : String(value))), type: 'STRING' as const };
  });
  return Buffer.from(parquetWriteBuffer({ columnData }));
}

function withPredictions(scored: ScoredRows, given: readonly object[]): Record<string, unknown>[] {
  const names = addedNames(scored);
  return given.map((row, i) => {
    const values = addedValues(scored, i);
    return { ...row, ...Object.fromEntries(names.map((name, column) => [name, values[column]])) };
  });
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
