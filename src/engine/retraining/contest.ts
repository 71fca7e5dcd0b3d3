import type { Config } from '../config/config.ts';
import { splitRows } from '../data/split.ts';
import { type Column, findColumn } from '../data/table.ts';
import { computeMetrics, type MetricName, type Scored } from '../evaluation/metrics.ts';
import { columnTensor, type LoadedModel } from '../model/loaded-model.ts';
import { EngineError } from '../support/errors.ts';
import type { Run } from '../tracking/store.ts';
import type { TrainingData } from '../training/training-data.ts';
import { improvement, pairedBootstrap } from './bootstrap.ts';
import type { Contest } from './results.ts';

/** Rows that a contest is held on. */
export interface Arena {
  rows: Int32Array;
  /** Share of the challenger's holdout that they are. */
  unseenShare: number;
  warnings: string[];
}

export interface Champion {
  model: LoadedModel;
  /** The run it came from; null when nobody knows. */
  run: Run | null;
}

const LEAST_SHARE = 0.5;
const LEAST_ROWS = 200;
/** With so few rows in all the limits would stop everybody: then they warn. */
const SMALL_DATA = 1000;

/**
 * The challenger's holdout rows that the champion cannot have seen either: with `split: hash` and the same seed a row's side depends
 * on its content alone, so what the champion's run would hold out of these rows it never learned from.
 * @throws EngineError `data-quality` when they are too few to compare on
 */
export function findArena(data: TrainingData, champion: Champion, training: Config['training']): Arena {
  requireSameFeatures(data.features, champion.model);
  const unseen = unseenRows(data, champion.run, training);
  const holdout = data.split.test;
  const rows = holdout.filter((row) => unseen.has(row));
  const unseenShare = holdout.length === 0 ? 0 : rows.length / holdout.length;
  const complaint = tooFew(rows.length, unseenShare);
  if (complaint === null) return { rows, unseenShare, warnings: [] };
  if (data.target.labels.length >= SMALL_DATA || rows.length === 0) {
    throw new EngineError('data-quality', `Champion and challenger cannot be compared: ${complaint}.`, {
      fix: 'Keep training.split: hash with its seed and test_size from one training to the next, or deploy by hand.',
    });
  }
  return { rows, unseenShare, warnings: [`The comparison is weak: ${complaint}.`] };
}

function tooFew(rows: number, share: number): string | null {
  if (share < LEAST_SHARE) return `the champion may have seen ${Math.round((1 - share) * 100)} % of the holdout rows`;
  return rows < LEAST_ROWS ? `there are only ${rows} rows that neither was trained on` : null;
}

/** A row's side depends on the content of the features: on others, or on texts that were numbers, it was another one. */
function requireSameFeatures(features: Column[], { signature }: LoadedModel): void {
  const kindOf = (type: string | undefined) => (type === undefined ? 'none' : type === 'string' ? 'texts' : 'numbers');
  const then = new Map<string, string>(signature.inputs.map(({ name, type }) => [name, type]));
  const now = new Map<string, string>(features.map(({ name, type }) => [name, type]));
  const changes = [...new Set([...then.keys(), ...now.keys()])]
    .map((name) => ({ name, before: kindOf(then.get(name)), after: kindOf(now.get(name)) }))
    .filter(({ before, after }) => before !== after)
    .map(({ name, before, after }) => `"${name}": ${before} then, ${after} now`);
  if (changes.length === 0) return;
  const shown = changes.length > MOST_SHOWN ? [...changes.slice(0, MOST_SHOWN), '...'] : changes;
  const what = `the champion was trained on other features (${shown.join('; ')}), so nobody knows which rows it has seen`;
  throw new EngineError('data-quality', `Champion and challenger cannot be compared: ${what}.`, {
    fix: 'Bring the columns back (data.feature_columns), or deploy a model of the new ones by hand.',
  });
}

const MOST_SHOWN = 5;

function unseenRows(data: TrainingData, championRun: Run | null, training: Config['training']): Set<number> {
  const { source, features, target } = data;
  const { split, random_seed, test_size, validation_size } = championRun?.params ?? {};
  const isSameHash = split === 'hash' && training.split === 'hash' && Number(random_seed) === training.random_seed;
  if (!isSameHash) return new Set();
  const targetColumn = source.table.columns.find(({ name }) => name === data.targetName)!;
  const input = {
    table: source.table,
    contentColumns: [...features, targetColumn],
    labels: target.labels,
    classCount: target.classes.length,
  };
  const sizes = { test_size: Number(test_size), validation_size: Number(validation_size) };
  const { test, validation } = splitRows(input, { ...training, ...sizes });
  return new Set([...test, ...validation]);
}

/** Measures both models on the arena's rows. */
export function holdContest(
  data: TrainingData,
  { rows, unseenShare }: Arena,
  champion: LoadedModel,
  challenger: LoadedModel,
  metric: MetricName,
  seed: number,
): Contest {
  const [before, after] = [champion, challenger].map((model) => scoreRows(data, rows, model));
  const values = [before, after].map((scored) => computeMetrics(scored!)[metric]);
  return {
    metric,
    rows: rows.length,
    unseen_share: unseenShare,
    champion: finite(values[0]!),
    challenger: finite(values[1]!),
    improvement: improvement(metric, values[0]!, values[1]!),
    confidence: pairedBootstrap(metric, before!, after!, seed),
  };
}

/**
 * Probabilities in the order of the data's classes; a class that a model does not know has none.
 * @throws EngineError `invalid-model` when the data lacks a column that the model needs
 */
function scoreRows({ source, target }: TrainingData, rows: Int32Array, model: LoadedModel): Scored {
  const feeds = model.signature.inputs.map(({ name, type }) => {
    const column = findColumn(source.table, name);
    if (column === undefined) {
      throw new EngineError('invalid-model', `The data lacks the column "${name}" that the model in production needs.`);
    }
    // The model's own type decides: what were whole numbers then may have gaps now.
    return [
      name,
      columnTensor(column.type === 'string' ? column : { ...column, type: numericType(type) }, rows),
    ] as const;
  });
  const scores = model.score(new Map(feeds));
  const byLabel = new Map(model.classes.map((label, i) => [String(label), scores.byClass[i]!]));
  const none = new Float32Array(rows.length);
  return {
    actual: Int32Array.from(rows, (row) => target.labels[row]!),
    probabilities: target.classes.map((label) => byLabel.get(String(label)) ?? none),
  };
}

function numericType(type: string): 'long' | 'double' | 'boolean' {
  return type === 'long' || type === 'boolean' ? type : 'double';
}

function finite(value: number): number | null {
  return Number.isFinite(value) ? value : null;
}
