const DAY_MS = 86_400_000;

/** Offsets from UTC that a zone has within a year of `now`, in minutes east of Greenwich, ascending. */
export function offsetsOf(zone: string, now: Date): number[] {
  const found = new Set<number>();
  for (let day = -366; day <= 366; day++) found.add(offsetAt(zone, new Date(now.getTime() + day * DAY_MS)));
  return [...found].sort((a, b) => a - b);
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
