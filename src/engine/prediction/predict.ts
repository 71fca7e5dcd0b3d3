import { withPlaces } from '../config/place-error.ts';
import { shortestDecimal } from '../data/share-text.ts';
import type { ClassLabel } from '../data/target.ts';
import type { LoadedModel, Scores } from '../model/loaded-model.ts';
import type { Project } from '../project.ts';
import { loadVersion, resolveVersion, type VersionSelector } from '../registry/model-version.ts';
import { EngineError } from '../support/errors.ts';
import { type OperationControl, throwIfCancelled } from '../support/progress.ts';
import type { ModelVersion } from '../tracking/store.ts';
import { FeatureReader } from './feature-reader.ts';
import type { CsvFormat, InputRows, PredictInput, RowFormat } from './input.ts';
import { writePredictions } from './output.ts';
import { requireHarmlessOutput } from './output-file.ts';
import { readRows } from './parquet-input.ts';
import { requireColumns } from './required-columns.ts';

export interface PredictOptions extends OperationControl {
  input: PredictInput;
  /** Which version scores; the one in GNU_Production when left out. */
  select?: VersionSelector;
  /** Refuse categories that the model was not trained on. */
  strict?: boolean;
  /** Also give out the rows with their predictions: to a file, whole or not at all, or as text. */
  output?: PredictOutput;
}

/** Format: by the file's name, else as the input came. Parquet goes to files only. */
export type PredictOutput =
  | { file: string; format?: RowFormat | undefined }
  | { write: (text: string) => void; format?: RowFormat | undefined };

export interface Prediction {
  prediction: ClassLabel;
  /** Of the positive class; with more than two classes, of the predicted one. */
  probability: number;
  probabilities: Record<string, number>;
}

/** What `predict --json` prints. */
export interface PredictResult {
  schema: 1;
  model_name: string;
  version: string;
  predictions: Prediction[];
  warnings: string[];
  /** The file that was written, if one was asked for. */
  output: string | null;
}

/** Rows scored by a version, with what they came from. */
export interface ScoredRows {
  input: InputRows;
  model: LoadedModel;
  version: ModelVersion;
  predictions: Prediction[];
  scoredAt: Date;
}

/**
 * Scores rows with a registered version. Column order does not matter.
 * @throws EngineError `not-found`, `invalid-model`, `usage` (the output would overwrite the input or the project's own files), or `invalid-data` naming each row and column that does not fit
 */
export async function predict(project: Project, options: PredictOptions): Promise<PredictResult> {
  const { store, config } = project;
  if (options.output && 'file' in options.output)
    await requireHarmlessOutput(project, options.input, options.output.file);
  const version = await resolveVersion(store, config.mlflow.model_name, options.select ?? {});
  const model = await loadVersion(store, version);
  throwIfCancelled(options.signal);
  const names = model.signature.inputs.map(({ name }) => name);
  const input = await withPlaces(project.loaded, () => readRows(options.input, names, csvFormat(project)));
  const { scores, warnings } = scoreRows(model, input, options.strict ?? false);
  const predictions = toPredictions(scores, model.classes);
  const scored = { input, model, version, predictions, scoredAt: project.clock() };
  const output = options.output ? writePredictions(scored, options.output) : null;
  return { schema: 1, model_name: version.name, version: version.version, predictions, warnings, output };
}

/** Rows to score are written as the training data. */
function csvFormat({ config }: Project): CsvFormat {
  const { delimiter, encoding, decimal } = config.data;
  return { delimiter, encoding, decimal };
}

/** Scores rows and says what was odd about them. */
export function scoreRows(
  model: LoadedModel,
  input: InputRows,
  strict: boolean,
): { scores: Scores; warnings: string[] } {
  const warnings = checkColumns(model, input);
  const readers = model.signature.inputs.map(
    (column) => new FeatureReader(column, model.categories.get(column.name), input.decimal),
  );
  const refusals: string[] = [];
  for (const [row, cells] of input.rows.entries()) {
    for (const reader of readers) {
      const wrong = reader.add(cells[reader.column.name]);
      if (wrong !== null) refusals.push(`${input.placeOf(row)}: ${wrong}`);
    }
  }
  if (refusals.length > 0) throw unfitRows(refusals);
  const unknown = readers.flatMap(unknownWarning);
  if (strict && unknown.length > 0)
    throw new EngineError('invalid-data', unknown.join('\n'), { fix: 'Leave out --strict to score them as unknown.' });
  return {
    scores: model.score(new Map(readers.map((reader) => [reader.column.name, reader.tensor()]))),
    warnings: [...warnings, ...unknown],
  };
}

const MOST_REFUSALS = 10;

function unfitRows(refusals: string[]): EngineError {
  const more = refusals.length - MOST_REFUSALS;
  const lines = refusals.slice(0, MOST_REFUSALS);
  if (more > 0) lines.push(`... and ${more} more`);
  return new EngineError('invalid-data', lines.join('\n'), {
    refusals,
    fix: 'Correct these values; nothing was scored.',
  });
}

/** Refuses input without a required column; other differences are warnings. */
function checkColumns(model: LoadedModel, input: InputRows): string[] {
  const given = new Set(input.columns);
  const expected = model.signature.inputs;
  const absent = expected.filter(({ name }) => !given.has(name));
  if (input.rows.length > 0) requireColumns(expected, input.columns);
  const known = new Set(expected.map(({ name }) => name));
  const extra = input.columns.filter((name) => !known.has(name));
  return [
    ...absent
      .filter((column) => !column.required)
      .map(({ name }) => `column "${name}" is absent; it is scored as missing.`),
    ...(extra.length > 0 ? [`columns that the model does not use: ${extra.join(', ')}.`] : []),
  ];
}

function unknownWarning({ column, unknown }: FeatureReader): string[] {
  if (unknown.size === 0) return [];
  const rows = [...unknown.values()].reduce((sum, count) => sum + count, 0);
  const shown = [...unknown.keys()].slice(0, 5).map((text) => JSON.stringify(text));
  const more = unknown.size > shown.length ? ', ...' : '';
  return [
    `column "${column.name}": ${rows} rows hold categories the model was not trained on (${shown.join(', ')}${more}); they are scored as unknown.`,
  ];
}

function toPredictions(scores: Scores, classes: ClassLabel[]): Prediction[] {
  return scores.predictions.map((prediction, row) => ({
    prediction,
    probability: shortestDecimal(scores.probability[row]!),
    probabilities: Object.fromEntries(
      classes.map((label, i) => [String(label), shortestDecimal(scores.byClass[i]![row]!)]),
    ),
  }));
}
