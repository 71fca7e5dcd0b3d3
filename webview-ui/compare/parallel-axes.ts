import type { CompareRow } from './rows.ts';

/** One upright axis: a param or metric in which the runs differ. */
export interface ParallelAxis {
  name: string;
  /** By run: a number, or the text of a category; null when the run has none. */
  values: (number | string | null)[];
  /** Whole numbers only. */
  whole: boolean;
  /** Texts from bottom to top; null for an axis of numbers. */
  categories: string[] | null;
  /** Turned over, so that up is better on every axis of a metric. */
  inverted: boolean;
}

/** More axes than this cannot be read. */
const MOST_OF_EACH = 6;
const LONGEST_CATEGORY = 24;

/** What an operator looks at first. */
const FIRST_METRICS = ['accuracy', 'precision', 'recall', 'f1', 'roc_auc', 'log_loss'];

/** Up to six params and six metrics in which the runs differ, causes on the left, effects on the right. */
export function parallelAxes(rows: readonly CompareRow[]): ParallelAxis[] {
  const differing = rows.filter(({ differs }) => differs);
  const params = differing.filter(({ kind }) => kind === 'param');
  const metrics = differing.filter(({ kind }) => kind === 'metric');
  const first = metrics.filter(({ name }) => FIRST_METRICS.includes(name));
  const others = metrics.filter(({ name }) => !FIRST_METRICS.includes(name));
  return [...params.slice(0, MOST_OF_EACH), ...[...first, ...others].slice(0, MOST_OF_EACH)].map(axisOf);
}

function axisOf({ name, values, better }: CompareRow): ParallelAxis {
  const numbers = values.map((value) => (value === null || value === '' ? null : Number(value)));
  if (numbers.every((value) => value === null || Number.isFinite(value))) {
    const whole = numbers.every((value) => value === null || Number.isInteger(value));
    return { name, values: numbers, whole, categories: null, inverted: better === 'less' };
  }
  const texts = values.map((value) => (value === null ? null : shortened(String(value))));
  const categories = [...new Set(texts)].filter((text) => text !== null).sort();
  return { name, values: texts, whole: false, categories, inverted: false };
}

function shortened(text: string): string {
  const line = text.replaceAll(/\s+/g, ' ');
  return line.length > LONGEST_CATEGORY ? `${line.slice(0, LONGEST_CATEGORY)}…` : line;
}
