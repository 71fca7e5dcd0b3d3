const DAY_MS = 86_400_000;

const known = new Map<string, number[]>();

/** Offsets from UTC that a zone has within a year of the month of `now`, in minutes east of Greenwich, ascending. */
export function offsetsOf(zone: string, now: Date): number[] {
  const month = Date.UTC(now.getUTCFullYear(), now.getUTCMonth());
  const key = `${zone} ${month}`;
  const offsets = known.get(key) ?? sampledOffsets(zone, month);
  known.set(key, offsets);
  return offsets;
}

/** No summer time is shorter than the week from one look to the next. */
function sampledOffsets(zone: string, month: number): number[] {
  const weeks = Array.from({ length: 2 * 56 }, (_, week) => month + (week - 53) * 7 * DAY_MS);
  return [...new Set(weeks.map((at) => offsetAt(zone, new Date(at))))].sort((a, b) => a - b);
}

const formats = new Map<string, Intl.DateTimeFormat>();

/** Offset of a zone from UTC at an instant, in minutes. */
function offsetAt(zone: string, instant: Date): number {
  const format = formats.get(zone) ?? new Intl.DateTimeFormat('en-US', { timeZone: zone, timeZoneName: 'longOffset' });
  formats.set(zone, format);
  const name = format.formatToParts(instant).find(({ type }) => type === 'timeZoneName')?.value ?? 'GMT';
  const match = /^GMT(?:([+-])(\d\d):(\d\d))?/.exec(name);
  const [, sign, hours, minutes] = match ?? [];
  return (sign === '-' ? -1 : 1) * (Number(hours ?? 0) * 60 + Number(minutes ?? 0));
}
