import type { Config } from '../config/config.ts';
import { configError } from '../config/config-error.ts';
import { inspectQuality, type QualityReport } from '../data/quality.ts';
import { type DataPlace, readSource, type SourceData } from '../data/sources/source.ts';
import { type Split, splitRows } from '../data/split.ts';
import { type Column, findColumn, type Table, takeRows } from '../data/table.ts';
import { readTarget, rowsWithTarget, type Target } from '../data/target.ts';
import { requireFreeNames } from '../model/pipeline-graph.ts';
import { EngineError } from '../support/errors.ts';
import type { OperationControl } from '../support/progress.ts';
import { columnErrors } from './configured-columns.ts';

/** Rows that are ready to learn from: checked, with known targets, divided. */
export interface TrainingData {
  source: SourceData;
  quality: QualityReport;
  features: Column[];
  target: Target;
  /** Name of the target's column. */
  targetName: string;
  split: Split;
  /** Row weights by `training.weights_column`, or null. */
  rowWeights: Float64Array | null;
}

/**
 * Reads the data source, looks it over and divides it.
 * @throws EngineError `unreachable`, `unauthorized`, `invalid-data`, `invalid-config` (a column that is not there), `data-quality`
 */
export async function loadTrainingData(
  config: Config,
  place: DataPlace,
  control: OperationControl = {},
): Promise<TrainingData> {
  const raw = await readSource(config, place, control);
  requireColumns(config, raw.table);
  const targetColumn = findColumn(raw.table, config.data.target_column)!;
  const source = keepRows(raw, rowsWithTarget(targetColumn));
  const features = featureColumns(source.table, config);
  requireFreeNames(features.map(({ name }) => name));
  const target = readTarget(findColumn(source.table, targetColumn.name)!, config.data.positive_class);
  const missingTarget = raw.table.rowCount - source.table.rowCount;
  const quality = inspectQuality({ source, features, target, targetName: targetColumn.name, missingTarget });
  requireGoodQuality(quality);
  const { labels, classes } = target;
  const contentColumns = [...features, findColumn(source.table, targetColumn.name)!];
  const split = splitRows({ table: source.table, contentColumns, labels, classCount: classes.length }, config.training);
  requireEveryClass(split, target);
  requireFilledFolds(split, config.training.cv_folds);
  return {
    source,
    quality,
    features,
    target,
    targetName: targetColumn.name,
    split,
    rowWeights: rowWeights(source.table, config),
  };
}

function keepRows(source: SourceData, rows: Int32Array): SourceData {
  if (rows.length === source.table.rowCount) return source;
  const table = { columns: source.table.columns.map((column) => takeRows(column, rows)), rowCount: rows.length };
  return { ...source, table, originOf: (row) => source.originOf(rows[row]!) };
}

function requireColumns(config: Config, table: Table): void {
  const [wrong] = columnErrors(
    config,
    table.columns.map(({ name }) => name),
  );
  if (wrong) throw wrong;
}

/** The configured features, or every column that has no other part to play. */
function featureColumns(table: Table, { data, training }: Config): Column[] {
  const reserved = new Set([data.target_column, training.weights_column, training.time_column]);
  if (data.feature_columns.length > 0) {
    return data.feature_columns.map((name) => findColumn(table, name)!);
  }
  const features = table.columns.filter(({ name }) => !reserved.has(name));
  if (features.length === 0) throw new EngineError('invalid-data', 'The data has no column beside the target.');
  return features;
}

function requireGoodQuality(quality: QualityReport): void {
  const errors = quality.findings.filter(({ severity }) => severity === 'error');
  if (errors.length === 0) return;
  throw new EngineError('data-quality', errors.map(({ message }) => message).join('\n'), { findings: errors });
}

function requireEveryClass(split: Split, target: Target): void {
  for (const [side, rows] of [
    ['training', split.train],
    ['test', split.test],
  ] as const) {
    const seen = new Set(Array.from(rows, (row) => target.labels[row]));
    const absent = target.classes.find((_, label) => !seen.has(label));
    if (absent === undefined) continue;
    throw new EngineError('data-quality', `The ${side} rows hold none of class "${absent}".`, {
      fix: 'Add rows of that class, or set training.split: stratified or another training.random_seed.',
    });
  }
}

function requireFilledFolds({ train }: Split, folds: number): void {
  if (folds <= train.length) return;
  throw configError(['training', 'cv_folds'], `found ${folds}; there are ${train.length} training rows`, {
    fix: 'Set fewer folds, or 0 to leave the cross-validation out.',
  });
}

function rowWeights(table: Table, { training }: Config): Float64Array | null {
  if (training.weights_column === null) return null;
  const column = findColumn(table, training.weights_column)!;
  if (column.type === 'string' || column.values.some((weight) => !(weight >= 0))) {
    const found = `found "${column.name}", which holds other things; expected a column of numbers of at least 0`;
    throw configError(['training', 'weights_column'], found, {
      reason: 'invalid-data',
      fix: 'Correct the column, or choose another one.',
    });
  }
  return column.values;
}
