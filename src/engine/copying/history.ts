import { EVENT_VERSION_TAGS } from '../registry/events.ts';
import type { SelectedExperiment } from './selection.ts';

/** The events of a model by what can be told of them in the target. */
export interface History {
  told: SelectedExperiment[];
  /** They name versions that did not come along, and wait for them: an event that was copied is not corrected later. */
  held: SelectedExperiment[];
}

/** @param left numbers in the source of versions that did not come along */
export function splitHistory(events: SelectedExperiment[], left: ReadonlySet<string>): History {
  const some = (isHeld: boolean) =>
    events
      .map((each) => ({
        ...each,
        runs: each.runs.filter(({ tags }) => EVENT_VERSION_TAGS.some((tag) => left.has(tags[tag] ?? '')) === isHeld),
      }))
      .filter(({ runs }) => runs.length > 0);
  return { told: some(false), held: some(true) };
}
