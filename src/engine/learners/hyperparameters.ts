import { EngineError } from '../support/errors.ts';
import { nearestName } from '../support/nearest-name.ts';
import { HYPERPARAMETERS, type Hyperparameter, type HyperparameterValue, type Range } from './hyperparameter-table.ts';
import type { Algorithm, Hyperparameters } from './learner.ts';

/**
 * Every hyper-parameter of `algorithm`: those in `given` (aliases become the name they stand for), the others at their
 * defaults. Resolving the result again gives the same.
 * @throws EngineError `invalid-config` for a name the algorithm does not have, a value out of range, or a
 *   hyper-parameter given twice; `details.path` is `model.hyperparameters.<name as given>`.
 */
export function resolveHyperparameters(algorithm: Algorithm, given: Readonly<Hyperparameters>): Hyperparameters {
  const known = HYPERPARAMETERS[algorithm];
  const resolved: Hyperparameters = Object.fromEntries(known.map((each) => [each.name, each.default]));
  const givenAs = new Map<string, string>();
  for (const [name, value] of Object.entries(given)) {
    const parameter = known.find((each) => each.name === name || each.alias === name);
    if (parameter === undefined) throw unknownName(algorithm, name, known);
    const before = givenAs.get(parameter.name);
    if (before !== undefined) throw refusal(name, `is the same hyper-parameter as ${before}; give one of them.`);
    if (!parameter.range.some((range) => accepts(range, value))) throw outOfRange(name, value, parameter);
    givenAs.set(parameter.name, name);
    resolved[parameter.name] = value;
  }
  return resolved;
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
  const nearest = nearestName(name, names);
  const hint =
    nearest === undefined ? `It has ${known.map((each) => each.name).join(', ')}.` : `Did you mean ${nearest}?`;
  return refusal(name, `is no hyper-parameter of ${algorithm}. ${hint}`);
}

function outOfRange(name: string, value: HyperparameterValue, parameter: Hyperparameter): EngineError {
  return refusal(name, `must be ${rangeText(parameter)}; it is ${JSON.stringify(value)}.`);
}

/** The refusal of one hyper-parameter, pointing at its place in config.yaml. */
export function refusal(name: string, complaint: string): EngineError {
  const path = `model.hyperparameters.${name}`;
  return new EngineError('invalid-config', `${path} ${complaint}`, { path });
}
