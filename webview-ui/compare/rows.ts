import type { ComparedRun } from '../../src/protocol/panels.ts';
import {
  betterDirection,
  compareMetricNames,
  crossValidatedKeys,
  crossValidatedMetrics,
  holdoutMetrics,
} from '../values/metrics.ts';
import { type Doubtful, formatMeanAndDeviation, formatNumber, isKnown } from '../values/numbers.ts';
import { isBookkeepingTag } from '../values/tags.ts';

/** A fold row holds mean and deviation of a metric that was cross-validated. */
export type RowKind = 'metric' | 'fold' | 'param' | 'tag';

/** What one run has in a row; null when it has nothing. */
export type CellValue = number | string | null;

export interface CompareRow {
  /** Unique in the table. */
  key: string;
  kind: RowKind;
  name: string;
  /** By run: what it sorts and is compared by. */
  values: CellValue[];
  /** By run: as shown. */
  texts: string[];
  /** Whether more or less is better; null when neither, or not known. */
  better: 'more' | 'less' | null;
  /** Whether any two of the runs differ. */
  differs: boolean;
  /** MLflow's keys behind the row with all digits, for export. */
  sources: { name: string; values: CellValue[] }[];
}

/** Runs side by side: metrics, cross-validation, params, tags, each with the values in the order of the runs. */
export function compareRows(runs: readonly ComparedRun[]): CompareRow[] {
  return [...metricRows(runs), ...textRows('param', runs), ...textRows('tag', runs)];
}

/** The rows of a kind, differences only on request. */
export function rowsToShow(rows: readonly CompareRow[], kind: RowKind, onlyDifferences: boolean): CompareRow[] {
  return rows.filter((row) => row.kind === kind && (row.differs || !onlyDifferences));
}

function metricRows(runs: readonly ComparedRun[]): CompareRow[] {
  const keys = namesIn(runs, ({ metrics }) => metrics);
  const values = (key: string) => runs.map(({ run }) => known(run.metrics[key]));
  const holdout = holdoutMetrics(keys).map((name) => singleRow('metric', name, values(name), betterDirection(name)));
  return [...holdout, ...crossValidatedMetrics(keys).map((metric) => foldsRow(metric, values))];
}

/** Mean and deviation over the folds stand in one row: they are read together. */
function foldsRow(metric: string, values: (key: string) => CellValue[]): CompareRow {
  const { folds, mean, deviation } = crossValidatedKeys(metric);
  const sources = [mean, deviation].map((name) => ({ name, values: values(name) }));
  const [means = [], deviations = []] = sources.map((source) => source.values as Doubtful[]);
  return {
    key: `metric ${mean}`,
    kind: 'fold',
    name: folds,
    values: means.map((value) => value ?? null),
    texts: means.map((value, run) => formatMeanAndDeviation(value, deviations[run])),
    better: betterDirection(mean),
    differs: sources.some((source) => areDifferent(source.values)),
    sources,
  };
}

function textRows(kind: 'param' | 'tag', runs: readonly ComparedRun[]): CompareRow[] {
  const part = ({ params, tags }: ComparedRun['run']) => (kind === 'param' ? params : tags);
  const names = namesIn(runs, part).sort((a, b) => (a < b ? -1 : 1));
  const shown = kind === 'tag' ? names.filter((name) => !isBookkeepingTag(name)) : names;
  return shown.map((name) =>
    singleRow(
      kind,
      name,
      runs.map(({ run }) => part(run)[name] ?? null),
      null,
    ),
  );
}

function singleRow(kind: RowKind, name: string, values: CellValue[], better: CompareRow['better']): CompareRow {
  const texts = values.map((value) => (typeof value === 'string' ? value : formatNumber(value)));
  const sources = [{ name, values }];
  return { key: `${kind} ${name}`, kind, name, values, texts, better, differs: areDifferent(values), sources };
}

function namesIn(runs: readonly ComparedRun[], part: (run: ComparedRun['run']) => object): string[] {
  return [...new Set(runs.flatMap(({ run }) => Object.keys(part(run))))].sort(compareMetricNames);
}

/** NaN and infinities count as absent: they cross as null anyway. */
function known(value: Doubtful): number | null {
  return isKnown(value) ? value : null;
}

function areDifferent(values: readonly CellValue[]): boolean {
  return values.some((value) => value !== values[0]);
}

/**
 * The runs (by index) with the best value of a row, several when they are equally good. None when it is not known what is
 * better, fewer than two runs have a value, or all are equal: then nothing stands out.
 */
export function bestOf({ better, values }: Pick<CompareRow, 'better' | 'values'>): Set<number> {
  const numbers = values.filter((value) => typeof value === 'number');
  if (better === null || new Set(numbers).size < 2) return new Set();
  const best = better === 'more' ? Math.max(...numbers) : Math.min(...numbers);
  return new Set(values.flatMap((value, run) => (value === best ? [run] : [])));
}
