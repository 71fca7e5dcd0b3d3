import { createHash } from 'node:crypto';
import type { Config } from '../../config/config.ts';
import { textColumn } from '../column-builder.ts';
import { normal, uniform } from '../random.ts';
import type { Column, Table } from '../table.ts';
import type { SourceData } from './source.ts';

/** What generated data looks like. */
export interface SyntheticOptions {
  rows: number;
  features: number;
  /** At least 2. */
  classes: number;
  /** Share of the rows whose class is drawn at random, 0 to 1. */
  noise: number;
  /** How far the features of later data have moved, in standard deviations of a feature. */
  drift: number;
  seed: number;
  /** Which sample of the same population: 0 unless given. */
  sample?: number;
  targetColumn: string;
  /** `class_0`, `class_1`, ... unless given. */
  classNames?: string[];
  /** `feature_1`, `feature_2`, ... unless given. */
  featureNames?: string[];
}

export const SYNTHETIC_DEFAULTS: Omit<SyntheticOptions, 'targetColumn'> = {
  rows: 1000,
  features: 10,
  classes: 2,
  noise: 0.05,
  drift: 0,
  seed: 42,
};

/**
 * Rows around one centre per class, with unit normal noise; after scikit-learn's `make_blobs`. Half of the features
 * tell the classes apart, the rest are noise. Centres depend on the seed only, so drifted data fits the same model.
 */
export function generateTable(options: SyntheticOptions): Table {
  const { rows, features, classes, noise, drift } = options;
  const centres = normal(uniform(options.seed));
  const informative = Math.max(1, Math.ceil(features / 2));
  const means = Array.from({ length: classes }, () =>
    Array.from({ length: features }, (_, feature) => (feature < informative ? 1.2 * centres() : 0)),
  );
  const random = uniform(options.seed + 1 + (options.sample ?? 0));
  const gauss = normal(random);
  const labels = Array.from({ length: rows }, (_, row) => row % classes);
  const columns: Column[] = Array.from({ length: features }, (_, feature) => ({
    name: options.featureNames?.[feature] ?? `feature_${feature + 1}`,
    type: 'double',
    values: Float64Array.from(labels, (label) => round(means[label]![feature]! + gauss() + drift)),
  }));
  const drawn = labels.map((label) => (random() < noise ? Math.floor(random() * classes) : label));
  const names = drawn.map((label) => options.classNames?.[label] ?? `class_${label}`);
  columns.push(textColumn(options.targetColumn, names));
  return { columns, rowCount: rows };
}

/** Six decimals are plenty, and print alike everywhere. */
function round(value: number): number {
  return Math.round(value * 1e6) / 1e6;
}

/** The generated table as a data source, with the columns and the positive class that are configured. */
export function readSynthetic(config: Config): SourceData {
  const seed = config.training.random_seed;
  const { target_column: targetColumn, positive_class, feature_columns } = config.data;
  const options: SyntheticOptions = {
    ...SYNTHETIC_DEFAULTS,
    ...(feature_columns.length > 0 ? { features: feature_columns.length, featureNames: feature_columns } : {}),
    ...(positive_class === null ? {} : { classNames: [`not_${positive_class}`, String(positive_class)] }),
    seed,
    targetColumn,
  };
  const description = `synthetic(${JSON.stringify(options)})`;
  return {
    table: generateTable(options),
    description,
    sourceType: 'synthetic',
    digest: createHash('sha256').update(description).digest('hex').slice(0, 32),
    conflicts: [],
    originOf: (row) => ({ file: 'synthetic data', line: row + 1 }),
  };
}
