import { existsSync } from 'node:fs';
import { parquetAsCsv } from '../data/parquet.ts';
import { EngineError, toEngineError } from '../support/errors.ts';
import { type CsvFormat, csvRows, type InputRows, type PredictInput, readInput } from './input.ts';

/**
 * Reads rows to score, from Parquet files too; see `readInput`.
 * @throws EngineError `invalid-data` with file and row, `not-found`
 */
export async function readRows(input: PredictInput, names: string[], csv: CsvFormat): Promise<InputRows> {
  return 'file' in input && /\.parquet$/i.test(input.file) ? parquetRows(input.file) : readInput(input, names, csv);
}

/** A file of predict's is held in memory whole; larger ones are for the batch. */
const LIMITS = { max_expansion: 200 };

/** The rows as their CSV text says them: dates as ISO 8601, nothing for null. */
async function parquetRows(file: string): Promise<InputRows> {
  if (!existsSync(file)) throw new EngineError('not-found', `${file} does not exist.`);
  const chunks: Buffer[] = [];
  try {
    for await (const chunk of parquetAsCsv(file, LIMITS)) chunks.push(chunk);
  } catch (error) {
    const { reason, message, details } = toEngineError(error);
    throw new EngineError(reason, `${file}: ${message}`, details, { cause: error });
  }
  const rows = csvRows(Buffer.concat(chunks), file, { delimiter: ',', decimal: '.', encoding: 'utf-8' });
  return { ...rows, placeOf: (row) => `${file}: row ${row + 1}`, format: 'parquet' };
}
