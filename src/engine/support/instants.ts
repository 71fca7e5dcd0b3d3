import { EngineError } from './errors.ts';

const DATE = /^(\d{4})-(\d{2})-(\d{2})$/;
const INSTANT = /^\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(:\d{2}(\.\d{1,3})?)?(Z|[+-]\d{2}:?\d{2})?$/;

/**
 * `2026-11-25` is the end of that local day, `2026-11-25T13:00:00Z` exactly that (local time without a zone).
 * @returns ms since 1970
 * @throws EngineError `usage` for anything else
 */
export function parseInstant(text: string): number {
  const instant = DATE.test(text) ? endOfDay(text) : INSTANT.test(text) ? Date.parse(text.replace(' ', 'T')) : NaN;
  if (!Number.isNaN(instant)) return instant;
  throw new EngineError('usage', `"${text}" is no date.`, {
    fix: 'Write a day such as 2026-11-25, or an instant such as 2026-11-25T13:00:00Z.',
  });
}

/** Built from parts, because `new Date("2026-11-25")` would be midnight in Greenwich, not here. */
function endOfDay(text: string): number {
  const [, year, month, day] = DATE.exec(text)!.map(Number) as [number, number, number, number];
  const date = new Date(year, month - 1, day, 23, 59, 59, 999);
  return date.getMonth() === month - 1 ? date.getTime() : Number.NaN;
}
