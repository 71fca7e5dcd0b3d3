import { configError } from '../config/config-error.ts';
import { EngineError } from '../support/errors.ts';
import { nearestName } from '../support/nearest-name.ts';
import { type Column, isMissing, valueAt } from './table.ts';

/** A class as it stands in the data. */
export type ClassLabel = string | number | boolean;

/** The target column as class indices. */
export interface Target {
  /** Sorted; with two classes the positive one is last, so that its index is 1. */
  classes: ClassLabel[];
  type: Column['type'];
  /** Class index by row, -1 where the target is missing. */
  labels: Int32Array;
}

/** More classes than this is a number to predict, not a class. */
const MOST_CLASSES = 100;

/**
 * The classes of the target column.
 * @throws EngineError `invalid-data` with fewer than two or more than 100 classes, `invalid-config` when
 * `positive_class` is none of them.
 */
export function readTarget(column: Column, positiveClass: ClassLabel | null): Target {
  const rows = column.type === 'string' ? column.codes.length : column.values.length;
  const values = Array.from({ length: rows }, (_, row) => valueAt(column, row));
  const classes = [...new Set(values)].filter((value) => value !== null).sort(compareLabels);
  requireClasses(column.name, classes);
  placePositiveLast(classes, positiveClass);
  const index = new Map(classes.map((label, i) => [label, i]));
  const labels = Int32Array.from(values, (value) => (value === null ? -1 : index.get(value)!));
  return { classes, type: column.type, labels };
}

/** Numbers by size, text by code unit; as scikit-learn sorts `classes_`. */
function compareLabels(a: ClassLabel, b: ClassLabel): number {
  if (typeof a === 'string' || typeof b === 'string') return String(a) < String(b) ? -1 : 1;
  return Number(a) - Number(b);
}

function requireClasses(name: string, classes: ClassLabel[]): void {
  const found = `target column "${name}" has ${classes.length === 1 ? `one class only (${classes[0]})` : `${classes.length} classes`}`;
  if (classes.length < 2) {
    throw new EngineError('data-quality', `${found}; a classifier needs at least two.`, {
      fix: 'Check data.target_column and the data.',
    });
  }
  if (classes.length > MOST_CLASSES) {
    throw new EngineError('data-quality', `${found}; at most ${MOST_CLASSES} are supported.`, {
      fix: 'Numbers to predict (regression) are not supported: group them into classes, or choose another target.',
    });
  }
}

function placePositiveLast(classes: ClassLabel[], positive: ClassLabel | null): void {
  if (positive === null) return;
  const at = classes.findIndex((label) => String(label) === String(positive));
  if (at < 0) {
    throw configError(['data', 'positive_class'], `found "${positive}"; expected one of ${classes.join(', ')}`, {
      replacement: nearestName(String(positive), classes.map(String)),
    });
  }
  if (classes.length === 2 && at === 0) classes.reverse();
}

/** The rows whose target is known, ascending. */
export function rowsWithTarget(column: Column): Int32Array {
  const rows = column.type === 'string' ? column.codes.length : column.values.length;
  return Int32Array.from({ length: rows }, (_, row) => row).filter((row) => !isMissing(column, row));
}
