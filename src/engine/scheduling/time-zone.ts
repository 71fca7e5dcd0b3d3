import { nearestName } from '../support/nearest-name.ts';

/** What is wrong with the name of a time zone, and which one was probably meant; null when it can be used. */
export function zoneProblem(zone: string): { message: string; nearest: string | undefined } | null {
  if (isZone(zone)) return null;
  const nearest = nearestZone(zone);
  const hint = nearest === undefined ? 'expected an IANA name such as Europe/Berlin' : `did you mean "${nearest}"?`;
  return { message: `"${zone}" is no time zone; ${hint}`, nearest };
}

/** Fixed offsets are refused: they know no summer, which is hardly ever meant. */
function isZone(zone: string): boolean {
  if (!/^[A-Za-z]/.test(zone)) return false;
  try {
    new Intl.DateTimeFormat('en', { timeZone: zone });
    return true;
  } catch {
    return false;
  }
}

/** A city alone is enough: "los angeles" is America/Los_Angeles. */
function nearestZone(wrong: string): string | undefined {
  const names = ['UTC', ...Intl.supportedValuesOf('timeZone')];
  const city = (name: string) => name.slice(name.lastIndexOf('/') + 1);
  const wanted = city(wrong.trim().replace(/\s+/g, '_')).toLowerCase();
  const sameCity = names.find((name) => city(name).toLowerCase() === wanted);
  return (
    sameCity ?? nearestName(wrong, names) ?? names.find((name) => city(name) === nearestName(wanted, names.map(city)))
  );
}
