import type { RunStatus } from '../tracking/store.ts';
import type { DeploymentEvent, EventKind } from './events.ts';
import { STAGES, type Stage, type VersionStage } from './stages.ts';
import type { RegistryState } from './state.ts';

/** One event as `info --json` prints it. */
export interface HistoryEntry {
  event_id: string;
  kind: EventKind;
  version: string;
  from: VersionStage;
  to: VersionStage;
  by: string;
  /** ISO 8601 UTC with milliseconds */
  at: string;
  notes: string;
  previous: string | null;
  status: RunStatus;
}

/** Who holds a stage, and since when, by whom and why as far as events tell. */
export interface StageHolding {
  version: string;
  /** ms since 1970; null when no event tells */
  since: number | null;
  by: string | null;
  notes: string;
  eventId: string | null;
}

/** An alias that another tool moved: what our events say and what the store says. */
export interface OutsideChange {
  stage: Stage;
  /** Null: nobody. */
  expected: string | null;
  holder: string | null;
}

/** All events, newest first, those that were overtaken or interrupted too. */
export function historyEntries(state: RegistryState): HistoryEntry[] {
  return state.events.map((event) => ({
    event_id: event.id,
    kind: event.kind,
    version: event.version,
    from: event.from,
    to: event.to,
    by: event.by,
    at: new Date(event.at).toISOString(),
    notes: event.notes,
    previous: event.previous,
    status: event.status,
  }));
}

/** Who held the stages at an instant (ms since 1970), by the events alone. */
export function stageAt(state: RegistryState, instant: number): Record<Stage, StageHolding | null> {
  const holders = replay(state.events.filter((event) => event.at <= instant));
  return byStage((stage) => (holders[stage] ? toHolding(holders[stage]) : null));
}

/** Who holds the stages now; the aliases tell who, the events the rest. */
export function stageHolders(state: RegistryState): Record<Stage, StageHolding | null> {
  const told = replay(state.events);
  return byStage((stage) => {
    const version = state.aliases[stage];
    if (version === undefined) return null;
    const event = told[stage];
    if (event?.version === version) return toHolding(event);
    return { version, since: null, by: null, notes: '', eventId: null };
  });
}

/** Aliases that are not where the last finished event left them. */
export function detectOutsideChanges(state: RegistryState): OutsideChange[] {
  const told = replay(state.events);
  return STAGES.map((stage) => ({
    stage,
    expected: told[stage]?.version ?? null,
    holder: state.aliases[stage] ?? null,
  })).filter(({ expected, holder }) => expected !== holder);
}

/** The change as a sentence, for `info` and the tree. */
export function describeOutsideChange({ stage, expected, holder }: OutsideChange): string {
  const name = (version: string | null) => (version === null ? 'no version' : `version ${version}`);
  return `${stage} was changed outside: ${name(holder)} holds it, history says ${name(expected)}.`;
}

/** The event that gave each stage its holder, after all finished events. */
function replay(events: DeploymentEvent[]): Record<Stage, DeploymentEvent | null> {
  const holders = byStage<DeploymentEvent | null>(() => null);
  for (const event of events.filter(({ status }) => status === 'FINISHED').reverse()) {
    for (const stage of STAGES) {
      if (event.to === stage) holders[stage] = event;
      else if (event.from === stage && holders[stage]?.version === event.version) holders[stage] = null;
    }
  }
  return holders;
}

function toHolding(event: DeploymentEvent): StageHolding {
  return { version: event.version, since: event.at, by: event.by, notes: event.notes, eventId: event.id };
}

function byStage<T>(value: (stage: Stage) => T): Record<Stage, T> {
  return { Staging: value('Staging'), GNU_Production: value('GNU_Production') };
}
