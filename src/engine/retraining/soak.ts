import { configError } from '../config/config-error.ts';
import type { Project } from '../project.ts';
import type { DeploymentEvent } from '../registry/events.ts';
import type { RegistryState } from '../registry/state.ts';
import { type Decision, decisionsAbout } from './decision-record.ts';

const UNITS: Record<string, number> = { m: 60_000, h: 3_600_000, d: 86_400_000 };

/**
 * `retraining.soak` in ms: "90m", "24h", "2d".
 * @throws EngineError `invalid-config`
 */
export function parseSoak(text: string): number {
  const match = /^(\d+(?:\.\d+)?)\s*([mhd])$/.exec(text.trim());
  if (match) return Number(match[1]) * UNITS[match[2]!]!;
  throw configError(['retraining', 'soak'], `found "${text}"; expected a time such as 24h, 90m or 2d`);
}

/** How the notes of what a retraining put into Staging begin. */
export const RETRAINING_NOTES = 'Retraining: ';

/** A version that a retraining put into Staging, where it waits for its time. */
export interface Soak {
  version: string;
  since: Date;
  /** Production is not what it was compared with any more, so it is no reason to replace what is there now. */
  isOvertaken: boolean;
}

/** Decisions after which a version in Staging waits for a person. */
const ENDS = new Set(['refused', 'waiting']);

/**
 * What soaks in Staging; null when a person put it there, or nothing is there, or a gate of production refused it already: what was
 * refused once would be refused every night, and nothing else would be done. Without any decision the retraining was killed
 * between the stages, and goes on.
 */
export async function findSoak(project: Project, state: RegistryState): Promise<Soak | null> {
  const event = stagedByRetraining(state);
  const version = state.versions.find((each) => each.version === event?.version);
  if (event === null || version === undefined) return null;
  const decisions = await decisionsAbout(project, version);
  if (decisions.some(({ status }) => ENDS.has(status))) return null;
  return { version: event.version, since: new Date(event.at), isOvertaken: isOvertaken(state, event, decisions) };
}

/** The event by which a retraining put the version that is in Staging now there; null when a person did, or nothing is there. */
function stagedByRetraining({ aliases, events }: RegistryState): DeploymentEvent | null {
  const staged = aliases.Staging;
  if (staged === undefined) return null;
  const last = events.find((event) => event.to === 'Staging' && event.status === 'FINISHED');
  return last?.version === staged && last.notes.startsWith(RETRAINING_NOTES) ? last : null;
}

/** By an event since, or by another tool, which leaves none: then the decision tells who the champion was. */
function isOvertaken({ aliases, events }: RegistryState, staging: DeploymentEvent, decisions: Decision[]): boolean {
  const later = events.slice(0, events.indexOf(staging)).filter(({ status }) => status === 'FINISHED');
  if (later.some(({ from, to }) => from === 'GNU_Production' || to === 'GNU_Production')) return true;
  const staged = decisions.find(({ status }) => status === 'staged');
  return staged !== undefined && staged.champion !== (aliases.GNU_Production ?? null);
}
