import { uniform } from '../../../src/engine/data/random.ts';
import { findColumn, type Table } from '../../../src/engine/data/table.ts';
import { readTarget } from '../../../src/engine/data/target.ts';
import { fitEnsemble } from '../../../src/engine/learners/fit.ts';
import type { Algorithm, Hyperparameters } from '../../../src/engine/learners/learner.ts';
import { writeModelFolder } from '../../../src/engine/model/model-folder.ts';
import type { Pipeline } from '../../../src/engine/model/pipeline.ts';
import { inferSignature } from '../../../src/engine/model/signature.ts';
import { assemblePipeline, prepareRows } from '../../../src/engine/training/estimator.ts';
import { inspectText } from '../config/config-text.ts';
import { csv } from '../data/tables.ts';

export interface Recipe {
  algorithm?: Algorithm;
  hyperparameters?: Hyperparameters;
  /** How a class is written in the data: `yes` and `no` unless given. */
  labels?: readonly (string | number)[];
  rows?: number;
}

/** A pipeline fitted on a table whose last column is `t`. */
export interface Trained {
  table: Table;
  pipeline: Pipeline;
}

/**
 * CSV text of numbers, whole numbers, booleans and texts, the first two of them with gaps; the class follows from them with some
 * noise. Columns: amount (double with gaps), age (long), member (boolean), city (string with gaps), plan (string), t.
 */
export function mixedCsv(rows: number, labels: readonly (string | number)[] = ['no', 'yes'], seed = 1): string {
  const random = uniform(seed);
  const lines = Array.from({ length: rows }, (_, row) => {
    const amount = random() * 200 - 50;
    const age = 18 + Math.floor(random() * 60);
    const city = ['Berlin', 'Paris', 'São Paulo', '東京', 'New York, NY'][Math.floor(random() * 5)]!;
    const member = random() < 0.5;
    const signal = amount / 100 + age / 60 + (city === 'Paris' ? 0.6 : 0) + (member ? 0.4 : 0) + random() * 0.4;
    const label =
      labels[row < labels.length ? row : Math.min(labels.length - 1, Math.floor((signal / 3) * labels.length))];
    const gap = (text: unknown) => (random() < 0.15 ? '' : text);
    const plan = `plan ${Math.floor(random() * 3)}`;
    return `${gap(amount.toFixed(3))},${age},${member ? 'True' : 'False'},${gap(`"${city}"`)},${plan},${label}`;
  });
  return `amount,age,member,city,plan,t\n${lines.join('\n')}\n`;
}

/** Fits a pipeline on every row of `text`. */
export async function train(
  text: string,
  { algorithm = 'random_forest', hyperparameters = {} }: Recipe = {},
): Promise<Trained> {
  const table = csv(text);
  const target = readTarget(findColumn(table, 't')!, null);
  const columns = table.columns.filter(({ name }) => name !== 't');
  const rows = Int32Array.from({ length: table.rowCount }, (_, row) => row);
  const prepared = prepareRows({ columns, rows, target, rowWeights: null, training: inspectText('').config.training });
  const fitted = await fitEnsemble(algorithm, prepared.set, { hyperparameters, seed: 1, threads: 1 });
  return { table, pipeline: assemblePipeline(prepared, fitted, target) };
}

/** A small trained pipeline over `mixedCsv`. */
export function trainMixed({ labels, rows = 120, ...recipe }: Recipe = {}): Promise<Trained> {
  return train(mixedCsv(rows, labels), { hyperparameters: { n_estimators: 5, max_depth: 3 }, ...recipe });
}

/** Writes the pipeline's model folder; returns its digest. */
export function writeModel(folder: string, { table, pipeline }: Trained): string {
  const features = table.columns.filter(({ name }) => name !== 't');
  return writeModelFolder(folder, {
    pipeline,
    signature: inferSignature(features, pipeline.classes, pipeline.targetType),
    profile: {
      schema: 1,
      rows: table.rowCount,
      classes: pipeline.classes,
      class_shares: [],
      threshold: 0.5,
      features: [],
      cover: '',
    },
    inputExample: { columns: features, rows: Int32Array.of(0, 1, 2) },
    runId: '0'.repeat(32),
    createdAt: new Date('2026-11-25T00:00:00.000Z'),
  });
}
