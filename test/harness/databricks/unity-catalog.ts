import { randomUUID } from 'node:crypto';
import { type Answer, ApiError, type Call, done, exists, invalid, json, missing, page, type Route } from './call.ts';
import { anything, digits, filled, list, object, oneOf, text } from './shape.ts';
import type { Workspace } from './workspace.ts';

export interface UnityVersion {
  version: number;
  source: string;
  runId: string;
  description: string;
  userId: string;
  status: 'PENDING_REGISTRATION' | 'READY' | 'FAILED_REGISTRATION';
  tags: Map<string, string>;
  stage?: string;
}

export interface UnityModel {
  name: string;
  description: string;
  userId: string;
  tags: Map<string, string>;
  aliases: Map<string, number>;
  versions: Map<number, UnityVersion>;
  /** The last number that was given; numbers are never given again. */
  last: number;
}

interface Pair {
  key: string;
  value: string;
}

const BASE = '/api/2.0/mlflow/unity-catalog';
const pair = object({ key: filled }, { value: text });
const named = { name: filled };
const versioned = { name: filled, version: filled };

/** Unity Catalog's registry in MLflow's dialect: three-level names, aliases, and no stages. */
export const unityCatalogRoutes: Route[] = [
  {
    method: 'POST',
    path: `${BASE}/registered-models/create`,
    body: object(named, { description: text, tags: list(pair), deployment_job_id: text }),
    answer: createModel,
  },
  {
    method: 'GET',
    path: `${BASE}/registered-models/get`,
    query: object(named),
    answer: ({ query }, workspace) => json({ registered_model: modelDocument(find(workspace, query.name!), true) }),
  },
  {
    method: 'GET',
    path: `${BASE}/registered-models/search`,
    query: object({}, { max_results: digits, page_token: text }),
    answer: ({ query }, { models }) => {
      const { items, next } = page([...models.values()], Number(query.max_results ?? 100), query.page_token);
      return json({
        registered_models: items.map((model) => modelDocument(model, false)),
        ...(next === undefined ? {} : { next_page_token: next }),
      });
    },
  },
  {
    method: 'PATCH',
    path: `${BASE}/registered-models/update`,
    body: object(named, { description: text }),
    answer: ({ body }, workspace) => {
      const model = find(workspace, body.name as string);
      model.description = body.description as string;
      return json({ registered_model: modelDocument(model, true) });
    },
  },
  {
    method: 'DELETE',
    path: `${BASE}/registered-models/delete`,
    body: object(named),
    answer: ({ body }, workspace) => {
      workspace.models.delete(find(workspace, body.name as string).name);
      return done;
    },
  },
  {
    method: 'POST',
    path: `${BASE}/model-versions/create`,
    body: object(
      { name: filled, source: filled },
      {
        run_id: text,
        description: text,
        run_tracking_server_id: text,
        tags: list(pair),
        model_id: text,
        feature_deps: text,
        model_version_dependencies: list(object({ type: text, name: text })),
      },
    ),
    answer: createVersion,
  },
  {
    method: 'POST',
    path: `${BASE}/model-versions/generate-temporary-credentials`,
    body: object({
      ...versioned,
      operation: oneOf('MODEL_VERSION_OPERATION_READ', 'MODEL_VERSION_OPERATION_READ_WRITE'),
    }),
    answer: ({ body }, workspace) => {
      findVersion(workspace, body.name as string, body.version as string);
      return json({ credentials: { expiration_time: Date.now() + 3_600_000, storage_mode: 'DEFAULT_STORAGE' } });
    },
  },
  {
    method: 'POST',
    path: `${BASE}/model-versions/finalize`,
    body: object(versioned),
    answer: finalize,
  },
  {
    method: 'GET',
    path: `${BASE}/model-versions/get`,
    query: object({ name: filled, version: digits }),
    answer: ({ query }, workspace) => {
      const model = find(workspace, query.name!);
      return json({ model_version: versionDocument(model, findVersion(workspace, query.name!, query.version!), true) });
    },
  },
  {
    method: 'GET',
    path: `${BASE}/model-versions/search`,
    query: object({ filter: filled }, { max_results: digits, page_token: text }),
    answer: searchVersions,
  },
  {
    method: 'GET',
    path: `${BASE}/model-versions/get-download-uri`,
    query: object({ name: filled, version: digits }),
    answer: ({ query }, workspace) => {
      findVersion(workspace, query.name!, query.version!);
      return json({ artifact_uri: storageOf(query.name!, Number(query.version)) });
    },
  },
  {
    method: 'PATCH',
    path: `${BASE}/model-versions/update`,
    body: object(versioned, { description: text }),
    answer: ({ body }, workspace) => {
      const model = find(workspace, body.name as string);
      const version = findVersion(workspace, model.name, body.version as string);
      version.description = body.description as string;
      return json({ model_version: versionDocument(model, version, true) });
    },
  },
  { method: 'DELETE', path: `${BASE}/model-versions/delete`, body: object(versioned), answer: deleteVersion },
  {
    method: 'POST',
    path: `${BASE}/registered-models/alias`,
    body: object({ ...named, alias: filled, version: filled }),
    answer: setAlias,
  },
  {
    method: 'GET',
    path: `${BASE}/registered-models/alias`,
    query: object({ ...named, alias: filled }),
    answer: ({ query }, workspace) => {
      const model = find(workspace, query.name!);
      const number = model.aliases.get(query.alias!);
      if (number === undefined) throw missing(`Alias '${query.alias}'`);
      return json({ model_version: versionDocument(model, model.versions.get(number)!, true) });
    },
  },
  {
    method: 'DELETE',
    path: `${BASE}/registered-models/alias`,
    body: object({ ...named, alias: filled }),
    answer: ({ body }, workspace) => {
      find(workspace, body.name as string).aliases.delete(body.alias as string);
      return done;
    },
  },
  {
    method: 'POST',
    path: `${BASE}/registered-models/set-tag`,
    body: object({ ...named, key: filled }, { value: text }),
    answer: ({ body }, workspace) => setTag(find(workspace, body.name as string).tags, body),
  },
  {
    method: 'DELETE',
    path: `${BASE}/registered-models/delete-tag`,
    body: object({ ...named, key: filled }),
    answer: ({ body }, workspace) => dropTag(find(workspace, body.name as string).tags, body),
  },
  {
    method: 'POST',
    path: `${BASE}/model-versions/set-tag`,
    body: object({ ...versioned, key: filled }, { value: text }),
    answer: ({ body }, workspace) =>
      setTag(findVersion(workspace, body.name as string, body.version as string).tags, body),
  },
  {
    method: 'DELETE',
    path: `${BASE}/model-versions/delete-tag`,
    body: object({ ...versioned, key: filled }),
    answer: ({ body }, workspace) =>
      dropTag(findVersion(workspace, body.name as string, body.version as string).tags, body),
  },
  {
    method: 'POST',
    path: `${BASE}/model-versions/emit-lineage`,
    body: anything,
    answer: () => done,
  },
  {
    method: 'GET',
    path: `${BASE}/registered-models:is-databricks-sdk-models-artifact-repository-enabled`,
    query: object({}, { name: text }),
    answer: (_call, { filesApiForModels }) =>
      json({ is_databricks_sdk_models_artifact_repository_enabled: filesApiForModels }),
  },
];

function createModel({ body, user }: Call, workspace: Workspace): Answer {
  const name = body.name as string;
  if (!/^[^./ ]+\.[^./ ]+\.[^./ ]+$/.test(name))
    throw invalid(`'${name}' is not a valid name. Three-level names are catalog.schema.model`);
  if (workspace.models.has(name)) throw exists(`Function '${name}'`);
  const tags = new Map(((body.tags ?? []) as Pair[]).map(({ key, value }) => [key, value]));
  const model: UnityModel = {
    name,
    description: (body.description as string | undefined) ?? '',
    userId: user,
    tags,
    aliases: new Map(),
    versions: new Map(),
    last: 0,
  };
  workspace.models.set(name, model);
  return json({ registered_model: modelDocument(model, true) });
}

function createVersion({ body, user }: Call, workspace: Workspace): Answer {
  const model = find(workspace, body.name as string);
  const server = body.run_tracking_server_id;
  if (server !== undefined && server !== '' && server !== workspace.id) throw invalid(`No workspace ${server}`);
  model.last += 1;
  const version: UnityVersion = {
    version: model.last,
    source: body.source as string,
    runId: (body.run_id as string | undefined) ?? '',
    description: (body.description as string | undefined) ?? '',
    userId: user,
    status: 'PENDING_REGISTRATION',
    tags: new Map(((body.tags ?? []) as Pair[]).map(({ key, value }) => [key, value])),
  };
  model.versions.set(version.version, version);
  return json({ model_version: versionDocument(model, version, true) });
}

/** Only a version whose model is there becomes READY. */
function finalize({ body }: Call, workspace: Workspace): Answer {
  const model = find(workspace, body.name as string);
  const version = findVersion(workspace, model.name, body.version as string);
  const root = `/Models/${model.name.split('.').join('/')}/${version.version}`;
  if (!workspace.files.has(`${root}/MLmodel`)) throw invalid(`Version ${version.version} has no MLmodel file`);
  version.status = 'READY';
  return json({ model_version: versionDocument(model, version, true) });
}

function searchVersions({ query }: Call, workspace: Workspace): Answer {
  const match = /^(name|run_id) ?= ?'([^']+)'$/.exec(query.filter!);
  if (match === null) throw invalid(`Unity Catalog filters versions by name or by run_id only, not by ${query.filter}`);
  const [, field, value] = match;
  const models = field === 'name' ? [workspace.models.get(value!)] : [...workspace.models.values()];
  const found = models.flatMap((model) =>
    model === undefined
      ? []
      : [...model.versions.values()]
          .filter((version) => field === 'name' || version.runId === value)
          .map((version) => versionDocument(model, version, false)),
  );
  const { items, next } = page(found, Number(query.max_results ?? 100), query.page_token);
  return json({ model_versions: items, ...(next === undefined ? {} : { next_page_token: next }) });
}

function setAlias({ body }: Call, workspace: Workspace): Answer {
  const model = find(workspace, body.name as string);
  const version = findVersion(workspace, model.name, body.version as string);
  if (version.status !== 'READY')
    throw new ApiError(400, 'INVALID_STATE', `Version ${version.version} is ${version.status}`);
  model.aliases.set(body.alias as string, version.version);
  return done;
}

function deleteVersion({ body }: Call, workspace: Workspace): Answer {
  const model = find(workspace, body.name as string);
  const { version } = findVersion(workspace, model.name, body.version as string);
  for (const [alias, holder] of model.aliases) if (holder === version) model.aliases.delete(alias);
  model.versions.delete(version);
  const root = `/Models/${model.name.split('.').join('/')}/${version}/`;
  for (const path of workspace.files.keys()) if (path.startsWith(root)) workspace.files.delete(path);
  return done;
}

function setTag(tags: Map<string, string>, body: Record<string, unknown>): Answer {
  tags.set(body.key as string, (body.value as string | undefined) ?? '');
  return done;
}

function dropTag(tags: Map<string, string>, body: Record<string, unknown>): Answer {
  tags.delete(body.key as string);
  return done;
}

function find({ models }: Workspace, name: string): UnityModel {
  const model = models.get(name);
  if (model === undefined) throw missing(`Function '${name}'`);
  return model;
}

function findVersion(workspace: Workspace, name: string, version: string): UnityVersion {
  const found = find(workspace, name).versions.get(Number(version));
  if (found === undefined) throw missing(`Model version '${name}' ${version}`);
  return found;
}

const pairs = (tags: Map<string, string>) => [...tags].map(([key, value]) => ({ key, value }));

/** Search answers hold neither aliases nor tags. */
export function modelDocument(model: UnityModel, whole: boolean): object {
  const document = {
    name: model.name,
    creation_timestamp: 1795490634075,
    last_updated_timestamp: 1795490634075,
    user_id: model.userId,
    description: model.description,
  };
  if (!whole) return document;
  const aliases = [...model.aliases].map(([alias, version]) => ({ alias, version: String(version) }));
  return { ...document, aliases, tags: pairs(model.tags) };
}

export function versionDocument(model: UnityModel, version: UnityVersion, whole: boolean): object {
  const document = {
    name: model.name,
    version: String(version.version),
    creation_timestamp: 1795490634075,
    last_updated_timestamp: 1795490634075,
    user_id: version.userId,
    description: version.description,
    source: version.source,
    run_id: version.runId,
    status: version.status,
    storage_location: storageOf(model.name, version.version),
  };
  if (!whole) return document;
  const aliases = [...model.aliases]
    .filter(([, holder]) => holder === version.version)
    .map(([alias]) => ({ alias, version: String(version.version) }));
  return { ...document, aliases, tags: pairs(version.tags) };
}

const metastore = randomUUID();

function storageOf(name: string, version: number): string {
  return `s3://metastore/${metastore}/models/${name}/versions/${version}`;
}
