// How the lines of a chart are told apart: by colour, then by dashes, so that colour is never alone for long.

export const COLOURS = ['blue', 'orange', 'green', 'purple', 'red', 'yellow'] as const;
const DASHES: readonly (readonly number[])[] = [[], [7, 4], [2, 3], [10, 3, 2, 3]];

export interface SeriesStyle {
  /** Index into {@link COLOURS}. */
  colour: number;
  /** Lengths of dashes and gaps in pixels; empty for a whole line. */
  dash: readonly number[];
}

/** The look of the line at a place in the list; 24 lines look all different, then it starts again. */
export function seriesStyle(at: number): SeriesStyle {
  const dash = DASHES[Math.floor(at / COLOURS.length) % DASHES.length] ?? [];
  return { colour: at % COLOURS.length, dash };
}
