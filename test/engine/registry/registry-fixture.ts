import type { DeploymentEvent } from '../../../src/engine/registry/events.ts';
import type { RegistryState } from '../../../src/engine/registry/state.ts';
import type { ModelVersion, TrackingStore } from '../../../src/engine/tracking/store.ts';

export const EVENTS = 'contract_events';
export const MODEL = 'model';

/** A version as a store gives it. */
export function version(number: number, changes: Partial<ModelVersion> = {}): ModelVersion {
  return {
    name: MODEL,
    version: String(number),
    createdAt: number,
    updatedAt: number,
    description: '',
    userId: 'alice',
    stageField: 'None',
    status: 'READY',
    source: '/m',
    runId: null,
    tags: {},
    aliases: [],
    ...changes,
  };
}

/** A finished promotion to production unless told. */
export function event(at: number, number: number, changes: Partial<DeploymentEvent> = {}): DeploymentEvent {
  return {
    id: `event-${at}`,
    kind: 'promote',
    modelName: MODEL,
    version: String(number),
    from: 'Staging',
    to: 'GNU_Production',
    by: 'alice',
    at,
    notes: `at ${at}`,
    previous: null,
    status: 'FINISHED',
    owner: '',
    conflict: null,
    artifactUri: '',
    ...changes,
  };
}

/** Versions 1 to `count`, with these aliases and events (given oldest first). */
export function state(count: number, aliases: Record<string, string>, events: DeploymentEvent[] = []): RegistryState {
  const versions = Array.from({ length: count }, (_, index) => version(count - index));
  return { modelName: MODEL, versions, aliases, events: [...events].reverse() };
}

/** Registers versions in a store. */
export async function register(store: TrackingStore, count: number): Promise<void> {
  const { experimentId } = await store.ensureExperiment('contract');
  for (let index = 0; index < count; index++) {
    const run = await store.createRun({ experimentId, name: 'run', userId: 'alice', startTime: 1 });
    const register = { name: MODEL, source: `${run.artifactUri}/model`, runId: run.runId, userId: 'alice' };
    await store.finishRun(run.runId, { status: 'FINISHED', endTime: 2, register });
  }
}
