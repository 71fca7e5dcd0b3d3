import { type Answer, ApiError, type Call, json, missing, type Route } from './call.ts';
import { anything, digits, filled, object, text } from './shape.ts';
import { modelDocument, versionDocument } from './unity-catalog.ts';
import type { Workspace } from './workspace.ts';

const BASE = '/api/2.0/mlflow';

/** The workspace's own registry, which has stages and no aliases. Nothing of ours writes to it, so every change is refused. */
export const legacyRegistryRoutes: Route[] = [
  {
    method: 'GET',
    path: `${BASE}/registered-models/search`,
    query: object({}, { max_results: digits, page_token: text, filter: text, order_by: text }),
    answer: (_call, { legacyModels }) =>
      json({
        registered_models: [...legacyModels.values()].map((model) => withoutAliases(modelDocument(model, true))),
      }),
  },
  {
    method: 'GET',
    path: `${BASE}/registered-models/get`,
    query: object({ name: filled }),
    answer: ({ query }, workspace) =>
      json({ registered_model: withoutAliases(modelDocument(find(workspace, query.name!), true)) }),
  },
  {
    method: 'GET',
    path: `${BASE}/model-versions/search`,
    query: object({}, { max_results: digits, page_token: text, filter: text, order_by: text }),
    answer: searchVersions,
  },
  {
    method: 'GET',
    path: `${BASE}/model-versions/get`,
    query: object({ name: filled, version: digits }),
    answer: ({ query }, workspace) => {
      const model = find(workspace, query.name!);
      const version = model.versions.get(Number(query.version));
      if (version === undefined) throw missing(`Version ${query.version}`);
      return json({ model_version: staged(model.name, versionDocument(model, version, true), version.stage) });
    },
  },
  ...(
    ['registered-models/create', 'model-versions/create', 'registered-models/alias', 'model-versions/set-tag'] as const
  ).map(
    (path): Route => ({
      method: 'POST',
      path: `${BASE}/${path}`,
      body: anything,
      answer: () => {
        throw new ApiError(403, 'PERMISSION_DENIED', 'The workspace registry takes no changes here.');
      },
    }),
  ),
];

function searchVersions({ query }: Call, { legacyModels }: Workspace): Answer {
  const name = /^name ?= ?'([^']+)'$/.exec(query.filter ?? '')?.[1];
  const models = [...legacyModels.values()].filter((model) => name === undefined || model.name === name);
  const versions = models.flatMap((model) =>
    [...model.versions.values()].map((version) =>
      staged(model.name, versionDocument(model, version, true), version.stage),
    ),
  );
  return json({ model_versions: versions });
}

function find({ legacyModels }: Workspace, name: string) {
  const model = legacyModels.get(name);
  if (model === undefined) throw missing(`RegisteredModel '${name}'`);
  return model;
}

function staged(_name: string, document: object, stage: string | undefined): object {
  return { ...withoutAliases(document), current_stage: stage ?? 'None' };
}

function withoutAliases(document: object): object {
  const { aliases: _, ...rest } = document as { aliases?: unknown };
  return rest;
}
