import { EngineError } from '../support/errors.ts';
import type { OperationControl } from '../support/progress.ts';
import { MANAGED_BY } from './jobs.ts';
import { poll } from './polling.ts';
import type { WorkspaceClient } from './workspace-client.ts';

/** A model version behind an endpoint. */
export interface ServedVersion {
  /** Of the served entity: what routes name. */
  name: string;
  model: string;
  version: string;
  /** Per cent of the requests. */
  traffic: number;
}

/** A serving endpoint as it is. */
export interface Endpoint {
  name: string;
  /** Whether the current configuration answers. */
  isReady: boolean;
  /** `IN_PROGRESS`, `NOT_UPDATING`, `UPDATE_FAILED`, `UPDATE_CANCELED`: how far the pending configuration is. */
  update: string;
  isOurs: boolean;
  served: ServedVersion[];
  /** What is served when the update has worked; empty without one. */
  pending: ServedVersion[];
  /** Why an entity is not there yet, in Databricks' words. */
  message: string;
}

/** What each served version is run on. */
export interface ServingSize {
  workloadSize: 'Small' | 'Medium' | 'Large';
  scaleToZero: boolean;
}

interface EntityAnswer {
  name: string;
  entity_name?: string;
  entity_version?: string;
  state?: { deployment?: string; deployment_state_message?: string };
}

interface ConfigAnswer {
  served_entities?: EntityAnswer[];
  traffic_config?: {
    routes?: { served_entity_name?: string; served_model_name?: string; traffic_percentage: number }[];
  };
}

interface EndpointAnswer {
  name: string;
  tags?: { key: string; value?: string }[];
  state?: { ready?: string; config_update?: string };
  config?: ConfigAnswer;
  pending_config?: ConfigAnswer;
}

const ENDPOINTS = '/api/2.0/serving-endpoints';
const at = (name: string) => `${ENDPOINTS}/${encodeURIComponent(name)}`;

/** The endpoint of a name; null when there is none. */
export async function findEndpoint(client: WorkspaceClient, name: string): Promise<Endpoint | null> {
  try {
    return toEndpoint(await client.call<EndpointAnswer>({ method: 'GET', path: at(name) }));
  } catch (error) {
    if (EngineError.is(error, 'not-found')) return null;
    throw error;
  }
}

/** Makes an endpoint that serves these versions; it takes minutes until it answers: `waitForEndpoint`. */
export async function createEndpoint(
  client: WorkspaceClient,
  name: string,
  served: readonly ServedVersion[],
  size: ServingSize,
): Promise<void> {
  const body = { name, config: { name, ...servingConfig(served, size) }, tags: [MANAGED_BY] };
  try {
    await client.call({ method: 'POST', path: ENDPOINTS, body });
  } catch (error) {
    // The answer may have been lost on its way, not the request.
    const isThere =
      EngineError.is(error, 'unreachable') && (await findEndpoint(client, name).catch(() => null)) !== null;
    if (!isThere) throw error;
  }
}

/** Gives an endpoint these versions and this traffic; what served before goes on until they are ready. */
export async function updateEndpoint(
  client: WorkspaceClient,
  name: string,
  served: readonly ServedVersion[],
  size: ServingSize,
): Promise<void> {
  await client.call({
    method: 'PUT',
    path: `${at(name)}/config`,
    body: servingConfig(served, size),
    isRepeatable: false,
  });
}

/**
 * Waits until the pending configuration serves.
 * @throws EngineError `remote-failed`; what served before still does, and the message says so
 */
export async function waitForEndpoint(
  client: WorkspaceClient,
  name: string,
  { signal, onProgress }: OperationControl,
): Promise<Endpoint> {
  const endpoint = await poll({
    ask: async () => toEndpoint(await client.call<EndpointAnswer>({ method: 'GET', path: at(name), signal })),
    until: ({ update }) => update !== 'IN_PROGRESS',
    tell: ({ message }) =>
      onProgress?.({ phase: `Waiting for the endpoint ${name}${message && `: ${message}`}`, done: 0, total: 0 }),
    signal,
    longestMs: 60 * 60_000,
    what: `the endpoint ${name}`,
  });
  if (endpoint.update === 'NOT_UPDATING') return endpoint;
  const still = endpoint.isReady ? 'What it served before still answers.' : 'It serves nothing.';
  throw new EngineError('remote-failed', `The endpoint ${name} was not updated (${endpoint.update}). ${still}`, {
    fix: 'Look at its build log in the workspace: Serving, the endpoint, Logs.',
  });
}

function servingConfig(served: readonly ServedVersion[], { workloadSize, scaleToZero }: ServingSize): object {
  return {
    served_entities: served.map(({ name, model, version }) => ({
      name,
      entity_name: model,
      entity_version: version,
      workload_size: workloadSize,
      workload_type: 'CPU',
      scale_to_zero_enabled: scaleToZero,
    })),
    traffic_config: {
      routes: served.map(({ name, traffic }) => ({ served_entity_name: name, traffic_percentage: traffic })),
    },
  };
}

function toEndpoint({ name, tags = [], state = {}, config, pending_config }: EndpointAnswer): Endpoint {
  const entities = [...(pending_config?.served_entities ?? []), ...(config?.served_entities ?? [])];
  return {
    name,
    isReady: state.ready === 'READY',
    update: state.config_update ?? 'UNKNOWN',
    isOurs: tags.some(({ key, value }) => key === MANAGED_BY.key && value === MANAGED_BY.value),
    served: servedVersions(config),
    pending: servedVersions(pending_config),
    message: entities.map((entity) => entity.state?.deployment_state_message).find(Boolean) ?? '',
  };
}

function servedVersions({ served_entities = [], traffic_config }: ConfigAnswer = {}): ServedVersion[] {
  const routes = traffic_config?.routes ?? [];
  return served_entities.map(({ name, entity_name = '', entity_version = '' }) => {
    const route = routes.find((each) => (each.served_entity_name ?? each.served_model_name) === name);
    return { name, model: entity_name, version: entity_version, traffic: route?.traffic_percentage ?? 0 };
  });
}
