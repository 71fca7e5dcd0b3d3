import { Ajv, type ValidateFunction } from 'ajv';

/** A JSON Schema that says which fields a request may have. */
export type Shape = Readonly<Record<string, unknown>>;

export const text: Shape = { type: 'string' };
export const filled: Shape = { type: 'string', minLength: 1 };
export const flag: Shape = { type: 'boolean' };
export const integer: Shape = { type: 'integer' };
export const number: Shape = { type: 'number' };
/** protobuf's JSON has NaN and infinities as texts. */
export const double: Shape = { anyOf: [number, { enum: ['NaN', 'Infinity', '-Infinity'] }] };
/** An int64, which protobuf's JSON may write as text. */
export const int64: Shape = { anyOf: [integer, { type: 'string', pattern: '^-?\\d+$' }] };
export const anything: Shape = {};
/** Numbers and flags of a query. */
export const digits: Shape = { type: 'string', pattern: '^\\d+$' };
export const truth: Shape = { enum: ['true', 'false'] };

export const oneOf = (...values: unknown[]): Shape => ({ enum: values });
export const list = (items: Shape): Shape => ({ type: 'array', items });
export const map = (values: Shape = text): Shape => ({ type: 'object', additionalProperties: values });

/** An object with these fields and no other: the first must be there, the second may. Nothing is ever null. */
export function object(required: Record<string, Shape>, optional: Record<string, Shape> = {}): Shape {
  return {
    type: 'object',
    properties: { ...required, ...optional },
    required: Object.keys(required),
    additionalProperties: false,
  };
}

const ajv = new Ajv({ allErrors: true, allowUnionTypes: true, strict: false });
const compiled = new Map<Shape, ValidateFunction>();

/** What is wrong with `value`, as one line; null when nothing is. */
export function problem(shape: Shape, value: unknown): string | null {
  let validate = compiled.get(shape);
  if (validate === undefined) {
    validate = ajv.compile(shape);
    compiled.set(shape, validate);
  }
  if (validate(value)) return null;
  const extras = validate.errors?.map(({ params, instancePath, message }) => {
    const extra = (params as { additionalProperty?: string }).additionalProperty;
    return `${instancePath || 'it'} ${message}${extra === undefined ? '' : ` (${extra})`}`;
  });
  return extras?.join('; ') ?? 'it is wrong';
}
