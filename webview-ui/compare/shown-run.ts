import type { ComparedRun } from '../../src/protocol/panels.ts';

/** A run that is not hidden, with its look. */
export interface ShownRun extends ComparedRun {
  /** Place among all runs of the panel, as they were chosen: it gives the run its line in every chart. */
  series: number;
}

/** The runs that are not hidden, in the order in which they were chosen; all of them when fewer than two would be left. */
export function shownRuns(runs: readonly ComparedRun[], hidden: readonly string[]): ShownRun[] {
  const all = runs.map((run, series) => ({ ...run, series }));
  const shown = all.filter(({ run }) => !hidden.includes(run.runId));
  return shown.length < 2 ? all : shown;
}
