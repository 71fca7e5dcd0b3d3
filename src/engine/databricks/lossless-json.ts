/** JSON whose ids may be numbers beyond 2^53: job and run ids of Databricks are, and rounded they are another's. */

type Reviver = (key: string, value: unknown, context: { source?: string }) => unknown;
const json = JSON as unknown as {
  parse(text: string, reviver: Reviver): unknown;
  rawJSON(text: string): unknown;
};

/**
 * Reads JSON; whole numbers that a double cannot hold come as text, digit for digit.
 * @throws SyntaxError
 */
export function parseLossless(text: string): unknown {
  return json.parse(text, (_key, value, { source }) =>
    typeof value === 'number' && Number.isInteger(value) && !Number.isSafeInteger(value) ? (source ?? value) : value,
  );
}

/** An id as it must be sent: a number, although we keep it as text. */
export function numberText(id: string): unknown {
  if (!/^-?\d+$/.test(id)) throw new RangeError(`${id} is no whole number`);
  return json.rawJSON(id);
}
