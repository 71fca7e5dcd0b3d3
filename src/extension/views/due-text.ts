const DAY_MS = 86_400_000;

/** When something is due, on the clock of its zone: "13:00 PST" within a day, "Wed 13:00 PST" within six, else with the date. */
export function dueText(instant: string, timeZone: string, now: number = Date.now()): string {
  const format = new Intl.DateTimeFormat('en-US', {
    timeZone,
    hourCycle: 'h23',
    ...({ weekday: 'short', year: 'numeric', month: '2-digit', day: '2-digit' } as const),
    ...({ hour: '2-digit', minute: '2-digit', timeZoneName: 'short' } as const),
  });
  const parts = Object.fromEntries(format.formatToParts(new Date(instant)).map(({ type, value }) => [type, value]));
  const { weekday, year, month, day, hour, minute, timeZoneName } = parts;
  const time = `${hour}:${minute} ${timeZoneName}`;
  const ahead = Math.abs(Date.parse(instant) - now);
  if (ahead < DAY_MS) return time;
  return ahead < 6 * DAY_MS ? `${weekday} ${time}` : `${year}-${month}-${day} ${time}`;
}
