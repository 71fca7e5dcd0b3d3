import { configError } from '../config/config-error.ts';
import type { DeploymentEvent } from '../registry/events.ts';
import type { RegistryState } from '../registry/state.ts';

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

/** The event by which a retraining put the version that is in Staging now there; null when a person did, or nothing is there. */
export function soakingEvent({ aliases, events }: RegistryState): DeploymentEvent | null {
  const staged = aliases.Staging;
  if (staged === undefined) return null;
  const last = events.find((event) => event.to === 'Staging' && event.status === 'FINISHED');
  return last?.version === staged && last.notes.startsWith(RETRAINING_NOTES) ? last : null;
}
