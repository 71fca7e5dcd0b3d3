import type { ErrorObject } from 'ajv';
import { nearestName } from '../support/nearest-name.ts';
import type { ConfigPath } from './config.ts';
import { isSecretPath } from './secret-paths.ts';

/** Texts that follow a rule, by the rule. */
const PATTERNS: Record<string, string> = {
  '^[^/:]+$': 'a name without / and :',
  '^\\d+(m|h|d)$': 'a time such as 24h, 90m or 2d',
  '^[A-Za-z0-9][A-Za-z0-9_-]*$': 'a name of letters, digits, - and _',
};

/** What the schema found and what it expected, in words. */
export function expectation(error: ErrorObject, path: ConfigPath): string {
  if (error.keyword === 'required') return `"${error.params.missingProperty}" is missing`;
  if (error.keyword === 'minLength') return 'must not be empty';
  return `found ${found(error.data, path)}; expected ${expected(error)}`;
}

function expected(error: ErrorObject): string {
  const { keyword, params } = error;
  switch (keyword) {
    case 'enum': {
      const near = nearestAllowed(error);
      return `${params.allowedValues.map(String).join(', ')}${near ? ` (did you mean "${near}"?)` : ''}`;
    }
    case 'type':
      return [params.type].flat().map(typeName).join(' or ');
    case 'anyOf':
      return 'a number, or { min: number, max: number }';
    case 'not':
      return aroundGap(error.parentSchema as GapSchema);
    case 'pattern':
      return PATTERNS[params.pattern] ?? `text like ${params.pattern}`;
    case 'uniqueItems':
      return `each only once (${JSON.stringify((error.data as unknown[])[params.i])} comes twice)`;
    default:
      return BOUNDS[keyword]?.(params.limit) ?? String(error.message);
  }
}

const BOUNDS: Record<string, (limit: number) => string> = {
  minimum: (limit) => `at least ${limit}`,
  maximum: (limit) => `at most ${limit}`,
  exclusiveMinimum: (limit) => `more than ${limit}`,
  exclusiveMaximum: (limit) => `less than ${limit}`,
  maxLength: (limit) => (limit === 1 ? 'one character' : `at most ${limit} characters`),
};

/** Whole numbers from a least one, with one left out just above it: "0 or at least 2". */
interface GapSchema {
  minimum: number;
  not: { const: number };
}

function aroundGap({ minimum, not }: GapSchema): string {
  return `${minimum} or at least ${not.const + 1}`;
}

/** The allowed value that a wrong one was probably meant to be. */
export function nearestAllowed({ keyword, data, params }: ErrorObject): string | undefined {
  return keyword === 'enum' && typeof data === 'string'
    ? nearestName(data, params.allowedValues.map(String))
    : undefined;
}

/** Types as people call them in YAML. */
function typeName(type: string): string {
  const names: Record<string, string> = {
    ...{ object: 'a section', array: 'a list', string: 'text' },
    ...{ integer: 'an integer', number: 'a number', boolean: 'true or false' },
  };
  return names[type] ?? type;
}

/** The value itself, but of a secret only what kind of thing it is. */
function found(value: unknown, path: ConfigPath): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object') return 'a section';
  if (isSecretPath(path)) return typeName(typeof value);
  return typeof value === 'string' ? `"${value}"` : `${value}`;
}
