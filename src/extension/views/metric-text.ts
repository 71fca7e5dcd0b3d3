/** A metric as people read it: four digits after the point are plenty to tell models apart, and stand in line. */
export function metricText(value: number | null | undefined): string {
  if (value === null || value === undefined || Number.isNaN(value)) return '-';
  return Number.isInteger(value) ? String(value) : value.toFixed(4);
}

/** Text of other tools and people, so that Markdown shows it as it is. */
export function escapeMarkdown(text: string): string {
  return text.replaceAll(/[\\`*_{}[\]()<>#+!|~$&]/g, '\\$&').replaceAll(/\s*\n\s*/g, ' ');
}
