import { configError } from '../config/config-error.ts';
import type { EngineError } from '../support/errors.ts';
import { nearestName } from '../support/nearest-name.ts';
import { HYPERPARAMETERS, type Hyperparameter, type HyperparameterValue, type Range } from './hyperparameter-table.ts';
import type { Algorithm, Hyperparameters } from './learner.ts';

/**
 * Every hyper-parameter of `algorithm`: those in `given` (aliases become the name they stand for), the others at their
 * defaults. Resolving the result again gives the same.
 * @throws EngineError `invalid-config`, the first of {@link hyperparameterErrors}
 */
export function resolveHyperparameters(algorithm: Algorithm, given: Readonly<Hyperparameters>): Hyperparameters {
  const [wrong] = hyperparameterErrors(algorithm, given);
  if (wrong) throw wrong;
  const known = HYPERPARAMETERS[algorithm];
  const resolved: Hyperparameters = Object.fromEntries(known.map((each) => [each.name, each.default]));
  for (const [name, value] of Object.entries(given)) resolved[parameterOf(known, name)!.name] = value;
  return resolved;
}

/**
 * One error for each name the algorithm does not have, value out of range, and hyper-parameter given twice; `details.path` is
 * `model.hyperparameters.<name as given>`.
 */
export function hyperparameterErrors(algorithm: Algorithm, given: Readonly<Hyperparameters>): EngineError[] {
  const known = HYPERPARAMETERS[algorithm];
  const givenAs = new Map<string, string>();
  return Object.entries(given).flatMap(([name, value]) => {
    const parameter = parameterOf(known, name);
    if (parameter === undefined) return [unknownName(algorithm, name, known)];
    const before = givenAs.get(parameter.name);
    givenAs.set(parameter.name, name);
    if (before !== undefined) {
      return [
        refusal(name, `found a second name of the same hyper-parameter; expected ${before} or ${name}, not both`),
      ];
    }
    return parameter.range.some((range) => accepts(range, value)) ? [] : [outOfRange(name, value, parameter)];
  });
}

function parameterOf(known: readonly Hyperparameter[], name: string): Hyperparameter | undefined {
  return known.find((each) => each.name === name || each.alias === name);
}

/** What values a hyper-parameter takes, as shown to people: "an integer of at least 1, or null". */
export function rangeText({ range }: Hyperparameter): string {
  const texts = range.map(textOf);
  const last = texts.pop()!;
  return texts.length === 0 ? last : `${texts.join(', ')} or ${last}`;
}

function accepts(range: Range, value: HyperparameterValue): boolean {
  if (range.kind === 'null') return value === null;
  if (range.kind === 'boolean') return typeof value === 'boolean';
  if (range.kind === 'word') return value === range.word;
  if (typeof value !== 'number' || !Number.isFinite(value)) return false;
  if (range.kind === 'integer' && !Number.isSafeInteger(value)) return false;
  const { min, max = Number.POSITIVE_INFINITY } = range;
  return (range.kind === 'above' ? value > min : value >= min) && value <= max;
}

function textOf(range: Range): string {
  if (range.kind === 'null') return 'null';
  if (range.kind === 'boolean') return 'true or false';
  if (range.kind === 'word') return `"${range.word}"`;
  const what = range.kind === 'integer' ? 'an integer' : 'a number';
  const from = range.kind === 'above' ? `above ${range.min}` : `of at least ${range.min}`;
  return range.max === undefined ? `${what} ${from}` : `${what} ${from} and at most ${range.max}`;
}

function unknownName(algorithm: Algorithm, name: string, known: readonly Hyperparameter[]): EngineError {
  const names = known.flatMap((each) => (each.alias === undefined ? [each.name] : [each.name, each.alias]));
  const replacement = nearestName(name, names);
  const hint =
    replacement === undefined
      ? `it has ${known.map((each) => each.name).join(', ')}`
      : `did you mean "${replacement}"?`;
  return refusal(name, `unknown hyper-parameter of ${algorithm}; ${hint}`, replacement);
}

function outOfRange(name: string, value: HyperparameterValue, parameter: Hyperparameter): EngineError {
  return refusal(name, `found ${JSON.stringify(value)}; expected ${rangeText(parameter)}`);
}

/** The refusal of one hyper-parameter, pointing at its place in config.yaml. */
export function refusal(name: string, complaint: string, replacement?: string): EngineError {
  return configError(['model', 'hyperparameters', name], complaint, { replacement });
}
