const STEPS: [seconds: number, unit: string][] = [
  [86_400 * 365, 'y'],
  [86_400 * 30, 'mo'],
  [86_400, 'd'],
  [3600, 'h'],
  [60, 'min'],
];

/** "5 min ago": how long ago an instant (ms since 1970) was. */
export function ageText(instant: number, now: number = Date.now()): string {
  const seconds = Math.max(0, (now - instant) / 1000);
  const step = STEPS.find(([length]) => seconds >= length);
  return step === undefined ? 'just now' : `${Math.floor(seconds / step[0])} ${step[1]} ago`;
}

/** "1.2 s", "3 min": how long something took, given in ms. */
export function durationText(ms: number): string {
  if (ms < 1000) return `${Math.round(ms)} ms`;
  if (ms < 60_000) return `${(ms / 1000).toFixed(1)} s`;
  return ms < 3_600_000 ? `${Math.round(ms / 60_000)} min` : `${(ms / 3_600_000).toFixed(1)} h`;
}
