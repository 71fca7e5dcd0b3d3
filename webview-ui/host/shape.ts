// Tests of the shape of a value that arrived from outside.

/** Guards by field. */
export type Shape = Record<string, (value: unknown) => boolean>;

export function isText(value: unknown): value is string {
  return typeof value === 'string';
}

/** A number, or the null that NaN and infinities are in JSON. */
export function isDoubtful(value: unknown): value is number | null {
  return typeof value === 'number' || value === null;
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function isRecordOf(guard: (value: unknown) => boolean): (value: unknown) => boolean {
  return (value) => isRecord(value) && Object.values(value).every(guard);
}

export function isListOf(guard: (value: unknown) => boolean): (value: unknown) => boolean {
  return (value) => Array.isArray(value) && value.every(guard);
}

/** Whether a value has every field of a shape; fields beside them may be anything. */
export function hasShape(value: unknown, shape: Shape): value is Record<string, unknown> {
  return isRecord(value) && Object.entries(shape).every(([field, guard]) => guard(value[field]));
}
