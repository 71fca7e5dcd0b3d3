/** JSON as Databricks writes it: ids are numbers beyond 2^53, which come in and go out as BigInt, not one digit lost. */

type Reviver = (key: string, value: unknown, context: { source?: string }) => unknown;
const json = JSON as unknown as {
  parse(text: string, reviver: Reviver): unknown;
  rawJSON(text: string): unknown;
};

/** @throws SyntaxError when it is no JSON */
export function parseJson(text: string): unknown {
  return json.parse(text, (_key, value, { source }) =>
    Number.isInteger(value) && !Number.isSafeInteger(value) && source !== undefined ? BigInt(source) : value,
  );
}

/** NaN and infinities as protobuf's JSON has them: texts. */
export function printJson(document: unknown): string {
  return JSON.stringify(document, (_key, value: unknown) => {
    if (typeof value === 'bigint') return json.rawJSON(String(value));
    return typeof value === 'number' && !Number.isFinite(value) ? String(value) : value;
  });
}
