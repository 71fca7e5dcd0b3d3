import type { SignatureColumn } from '../model/signature.ts';
import { EngineError } from '../support/errors.ts';
import { nearestName } from '../support/nearest-name.ts';

/**
 * Refuses rows without a column that the model needs; a column that had gaps in training may be absent.
 * @param given columns of the rows
 * @throws EngineError `invalid-data` naming each, with a given name that was probably meant and is no input itself
 */
export function requireColumns(inputs: SignatureColumn[], given: string[]): void {
  const missing = inputs.filter(({ name, required }) => required && !given.includes(name)).map(({ name }) => name);
  if (missing.length === 0) return;
  const known = new Set(inputs.map(({ name }) => name));
  const others = given.filter((name) => !known.has(name));
  const hints = missing.map((name) => {
    const near = nearestName(name, others);
    return near ? `"${name}" (is it "${near}"?)` : `"${name}"`;
  });
  const message = `The input lacks ${missing.length === 1 ? 'the column' : 'the columns'} ${hints.join(', ')}.`;
  throw new EngineError('invalid-data', message, { missing, fix: 'The model needs every column it was trained on.' });
}
