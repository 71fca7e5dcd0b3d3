import { randomBytes } from 'node:crypto';
import { type Answer, type Call, done, json, missing, type Route } from './call.ts';
import { artifactRoot } from './experiments.ts';
import { anything, filled, int64, list, object, oneOf, text } from './shape.ts';
import type { Workspace } from './workspace.ts';

/** A model of MLflow 3, which has a life and files of its own. */
export interface LoggedModel {
  id: string;
  experimentId: string;
  name: string;
  status: string;
  sourceRunId: string | undefined;
  tags: Record<string, string>;
}

const MODEL = '/api/2.0/mlflow/logged-models/{id}';
const pair = object({ key: filled, value: text });
const status = oneOf('LOGGED_MODEL_READY', 'LOGGED_MODEL_UPLOAD_FAILED', 'LOGGED_MODEL_PENDING');

export const loggedModelRoutes: Route[] = [
  {
    method: 'POST',
    path: '/api/2.0/mlflow/logged-models/search',
    body: object(
      { experiment_ids: list(filled) },
      { filter: text, datasets: list(anything), max_results: int64, order_by: list(anything), page_token: text },
    ),
    answer: ({ body }, { loggedModels }) => {
      const ids = body.experiment_ids as string[];
      const found = [...loggedModels.values()].filter(({ experimentId }) => ids.includes(experimentId));
      return json(found.length === 0 ? {} : { models: found.map(document) });
    },
  },
  {
    method: 'POST',
    path: '/api/2.0/mlflow/logged-models',
    body: object(
      { experiment_id: filled },
      { name: text, model_type: text, source_run_id: text, params: list(pair), tags: list(pair) },
    ),
    answer: create,
  },
  {
    method: 'GET',
    path: MODEL,
    answer: ({ params }, workspace) => json({ model: document(find(workspace, params.id!)) }),
  },
  {
    method: 'PATCH',
    path: MODEL,
    body: object({ status }, { model_id: text }),
    answer: ({ params, body }, workspace) => {
      const model = find(workspace, params.id!);
      model.status = body.status as string;
      return json({ model: document(model) });
    },
  },
  {
    method: 'PATCH',
    path: `${MODEL}/tags`,
    body: object({ tags: list(pair) }, { model_id: text }),
    answer: ({ params, body }, workspace) => {
      const { tags } = find(workspace, params.id!);
      for (const { key, value } of body.tags as { key: string; value: string }[]) tags[key] = value;
      return done;
    },
  },
  {
    method: 'POST',
    path: `${MODEL}/params`,
    body: object({}, { params: list(pair), model_id: text }),
    answer: () => done,
  },
  {
    method: 'GET',
    path: `${MODEL}/artifacts/directories`,
    query: object({}, { artifact_directory_path: text, page_token: text }),
    answer: ({ params }, workspace) => json({ root_uri: uriOf(find(workspace, params.id!)), files: [] }),
  },
  signing('upload', 'write'),
  signing('download', 'read'),
];

function signing(verb: 'upload' | 'download', may: 'read' | 'write'): Route {
  return {
    method: 'POST',
    path: `${MODEL}/artifacts/credentials-for-${verb}`,
    body: object({ paths: list(filled) }, { page_token: anything }),
    answer: ({ params, body, origin }, workspace) => {
      const { id, experimentId } = find(workspace, params.id!);
      const root = `/WorkspaceInternal/Mlflow/Artifacts/${experimentId}/LoggedModels/${id}/artifacts`;
      const credentials = (body.paths as string[]).map((path) => ({
        model_id: id,
        credential_info: {
          run_id: id,
          path,
          signed_uri: workspace.sign(origin, `${root}/${path}`, may),
          type: 'AWS_PRESIGNED_URL',
          headers: [],
        },
      }));
      return json({ credentials });
    },
  };
}

function create({ body }: Call, { loggedModels }: Workspace): Answer {
  const id = `m-${randomBytes(16).toString('hex')}`;
  const model: LoggedModel = {
    id,
    experimentId: body.experiment_id as string,
    name: (body.name as string | undefined) ?? 'model',
    status: 'LOGGED_MODEL_PENDING',
    sourceRunId: body.source_run_id as string | undefined,
    tags: {},
  };
  loggedModels.set(id, model);
  return json({ model: document(model) });
}

function find({ loggedModels }: Workspace, id: string): LoggedModel {
  const model = loggedModels.get(id);
  if (model === undefined) throw missing(`Logged model ${id}`);
  return model;
}

function uriOf({ id, experimentId }: LoggedModel): string {
  return `${artifactRoot(experimentId)}/logged_models/${id}/artifacts`;
}

function document(model: LoggedModel): object {
  return {
    info: {
      model_id: model.id,
      experiment_id: model.experimentId,
      name: model.name,
      artifact_uri: uriOf(model),
      creation_timestamp_ms: 1795490634075,
      last_updated_timestamp_ms: 1795490634075,
      status: model.status,
      model_type: '',
      ...(model.sourceRunId === undefined ? {} : { source_run_id: model.sourceRunId }),
      tags: Object.entries(model.tags).map(([key, value]) => ({ key, value })),
    },
    data: { params: [], metrics: [] },
  };
}
