// The lines of a chart, apart from how they are drawn.

export type Point = readonly [x: number, y: number];

export interface Line {
  name: string;
  /** Place in the legend, which gives the line its look. */
  series: number;
  points: readonly Point[];
}

export interface Axis {
  name: string;
  min?: number;
  max?: number;
  /** Whole numbers only: steps, folds. */
  whole?: boolean;
}
