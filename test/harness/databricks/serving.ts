import { type Answer, ApiError, type Call, exists, invalid, json, missing, type Route } from './call.ts';
import { filled, flag, integer, list, map, object, oneOf, text } from './shape.ts';
import type { Workspace } from './workspace.ts';

interface ServedEntity {
  name: string;
  entity_name: string;
  entity_version: string;
  [field: string]: unknown;
}

interface EndpointConfig {
  served_entities: ServedEntity[];
  traffic_config: { routes: { served_entity_name: string; traffic_percentage: number }[] };
}

export interface Endpoint {
  name: string;
  creator: string;
  tags: { key: string; value?: string }[];
  config: EndpointConfig | null;
  pending: EndpointConfig | null;
  update: 'IN_PROGRESS' | 'NOT_UPDATING' | 'UPDATE_FAILED';
  polls: number;
  version: number;
}

const ENDPOINTS = '/api/2.0/serving-endpoints';
const served = object(
  { entity_name: filled, entity_version: filled },
  {
    name: text,
    workload_size: oneOf('Small', 'Medium', 'Large'),
    workload_type: oneOf('CPU', 'CPU_MEDIUM', 'CPU_LARGE', 'GPU_SMALL', 'GPU_MEDIUM', 'GPU_LARGE'),
    scale_to_zero_enabled: flag,
    min_provisioned_concurrency: integer,
    max_provisioned_concurrency: integer,
    environment_vars: map(),
  },
);
const traffic = object({
  routes: list(
    object({ traffic_percentage: { type: 'integer', minimum: 0, maximum: 100 } }, { served_entity_name: text }),
  ),
});
const tags = list(object({ key: filled }, { value: text }));

export const servingRoutes: Route[] = [
  {
    method: 'POST',
    path: ENDPOINTS,
    body: object(
      { name: { type: 'string', pattern: '^[A-Za-z0-9_-]+$' } },
      {
        config: object({}, { name: text, served_entities: list(served), traffic_config: traffic }),
        tags,
        description: text,
        route_optimized: flag,
        email_notifications: object({}, { on_update_success: list(text), on_update_failure: list(text) }),
      },
    ),
    answer: create,
  },
  {
    method: 'GET',
    path: ENDPOINTS,
    answer: (_call, { endpoints }) => json({ endpoints: [...endpoints.values()].map(document) }),
  },
  {
    method: 'GET',
    path: `${ENDPOINTS}/{name}`,
    answer: ({ params }, workspace) => {
      const endpoint = find(workspace, params.name!);
      goOn(endpoint, workspace);
      return json(document(endpoint));
    },
  },
  {
    method: 'PUT',
    path: `${ENDPOINTS}/{name}/config`,
    body: object({}, { name: text, served_entities: list(served), traffic_config: traffic }),
    answer: update,
  },
  {
    method: 'PATCH',
    path: `${ENDPOINTS}/{name}/tags`,
    body: object({}, { add_tags: tags, delete_tags: list(text), name: text }),
    answer: ({ params, body }, workspace) => {
      const endpoint = find(workspace, params.name!);
      endpoint.tags = [...endpoint.tags, ...((body.add_tags ?? []) as Endpoint['tags'])];
      return json({ tags: endpoint.tags });
    },
  },
  {
    method: 'DELETE',
    path: `${ENDPOINTS}/{name}`,
    answer: ({ params }, workspace) => {
      workspace.endpoints.delete(find(workspace, params.name!).name);
      return {};
    },
  },
  {
    method: 'POST',
    // The one call without /api/2.0.
    path: '/serving-endpoints/{name}/invocations',
    body: object({}, { dataframe_split: map({}), dataframe_records: list(map({})), client_request_id: text }),
    answer: ({ params, body }, workspace) => {
      const endpoint = find(workspace, params.name!);
      if (endpoint.config === null) throw new ApiError(404, 'RESOURCE_DOES_NOT_EXIST', 'The endpoint is not ready.');
      const split = body.dataframe_split as { data: unknown[] } | undefined;
      const rows = split?.data ?? (body.dataframe_records as unknown[]);
      return {
        json: { predictions: rows.map(() => 0) },
        headers: { 'served-model-name': endpoint.config.served_entities[0]!.name },
      };
    },
  },
];

function create({ body, user }: Call, workspace: Workspace): Answer {
  const name = body.name as string;
  if (workspace.endpoints.has(name)) throw exists(`Endpoint with name '${name}'`);
  const endpoint: Endpoint = {
    name,
    creator: user,
    tags: (body.tags ?? []) as Endpoint['tags'],
    config: null,
    pending: checked((body.config ?? {}) as Partial<EndpointConfig>, workspace),
    update: 'IN_PROGRESS',
    polls: 2,
    version: 1,
  };
  workspace.endpoints.set(name, endpoint);
  return json(document(endpoint));
}

function update({ params, body }: Call, workspace: Workspace): Answer {
  const endpoint = find(workspace, params.name!);
  if (endpoint.update === 'IN_PROGRESS')
    throw new ApiError(409, 'RESOURCE_CONFLICT', `Endpoint '${endpoint.name}' is currently being updated.`);
  endpoint.pending = checked(body as Partial<EndpointConfig>, workspace);
  Object.assign(endpoint, { update: 'IN_PROGRESS', polls: 2, version: endpoint.version + 1 });
  return json(document(endpoint));
}

/** Versions that are registered, routes to what is served, a hundred per cent in all. */
function checked(
  { served_entities: entities = [], traffic_config }: Partial<EndpointConfig>,
  workspace: Workspace,
): EndpointConfig {
  const named = entities.map((entity) => ({
    ...entity,
    name: entity.name ?? `${entity.entity_name.replaceAll('.', '_')}-${entity.entity_version}`,
  }));
  for (const { entity_name: model, entity_version: version } of named) {
    if (workspace.models.get(model)?.versions.get(Number(version))?.status !== 'READY')
      throw missing(`Model version '${model}' ${version}`);
  }
  const all = [{ served_entity_name: named[0]?.name ?? '', traffic_percentage: 100 }];
  const routes = traffic_config?.routes ?? all;
  const unknown = routes.find((route) => !named.some(({ name }) => name === route.served_entity_name));
  if (unknown !== undefined) throw invalid(`Route to ${unknown.served_entity_name}, which is not served`);
  if (routes.reduce((sum, route) => sum + route.traffic_percentage, 0) !== 100)
    throw invalid('Traffic percentages must add up to 100');
  return { served_entities: named, traffic_config: { routes } };
}

function goOn(endpoint: Endpoint, workspace: Workspace): void {
  if (endpoint.update !== 'IN_PROGRESS') return;
  endpoint.polls -= 1;
  if (endpoint.polls > 0) return;
  const isGood = workspace.nextServing === 'READY';
  if (isGood) endpoint.config = endpoint.pending;
  // A failed update leaves the old configuration serving.
  endpoint.pending = null;
  endpoint.update = isGood ? 'NOT_UPDATING' : 'UPDATE_FAILED';
}

function find({ endpoints }: Workspace, name: string): Endpoint {
  const endpoint = endpoints.get(name);
  if (endpoint === undefined) throw missing(`Endpoint with name '${name}'`);
  return endpoint;
}

function document({ name, creator, tags: given, config, pending, update: state, version }: Endpoint): object {
  const shown = (each: EndpointConfig, deployment: string) => ({
    config_version: version,
    served_entities: each.served_entities.map((entity) => ({
      ...entity,
      state: { deployment, deployment_state_message: '' },
    })),
    traffic_config: each.traffic_config,
  });
  return {
    name,
    id: '0a1b',
    creator,
    creation_timestamp: 1795490634075,
    last_updated_timestamp: 1795490634075,
    permission_level: 'CAN_MANAGE',
    tags: given,
    state: { ready: config === null ? 'NOT_READY' : 'READY', config_update: state },
    ...(config === null ? {} : { config: shown(config, 'DEPLOYMENT_READY') }),
    ...(pending === null ? {} : { pending_config: shown(pending, 'DEPLOYMENT_CREATING') }),
  };
}
