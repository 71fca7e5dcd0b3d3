import type { Experiment } from '../../../src/engine/tracking/store.ts';
import { type Answer, type Call, exists, invalid, json, missing, page, type Route } from './call.ts';
import { digits, filled, int64, list, object, oneOf, text } from './shape.ts';
import { fromStore } from './store-errors.ts';
import type { Workspace } from './workspace.ts';

const tag = object({ key: filled }, { value: text });

/** Experiments are things in the workspace's tree of folders: names are absolute paths, and the folder must be there. */
export const experimentRoutes: Route[] = [
  {
    method: 'POST',
    path: '/api/2.0/mlflow/experiments/create',
    body: object({ name: filled }, { artifact_location: text, tags: list(tag) }),
    answer: create,
  },
  {
    method: 'GET',
    path: '/api/2.0/mlflow/experiments/get-by-name',
    query: object({ experiment_name: filled }),
    answer: async ({ query }, { runs }) => {
      const found = await runs.findExperiment(query.experiment_name!);
      if (found === null) throw missing(`Node ${query.experiment_name}`);
      return json({ experiment: document(found) });
    },
  },
  {
    method: 'GET',
    path: '/api/2.0/mlflow/experiments/get',
    query: object({ experiment_id: digits }),
    answer: async ({ query }, workspace) => json({ experiment: document(await byId(workspace, query.experiment_id!)) }),
  },
  {
    method: 'POST',
    path: '/api/2.0/mlflow/experiments/set-experiment-tag',
    body: object({ experiment_id: digits, key: filled, value: text }),
    answer: async ({ body }, workspace) => {
      const { experimentId } = await byId(workspace, body.experiment_id as string);
      await workspace.runs.tagExperiment(experimentId, { [body.key as string]: body.value as string });
      return json({});
    },
  },
  {
    method: 'POST',
    path: '/api/2.0/mlflow/experiments/search',
    body: object(
      {},
      {
        max_results: int64,
        page_token: text,
        filter: text,
        order_by: list(text),
        view_type: oneOf('ACTIVE_ONLY', 'DELETED_ONLY', 'ALL'),
      },
    ),
    answer: search,
  },
  {
    method: 'GET',
    path: '/api/2.0/mlflow/experiments/search',
    query: object({}, { max_results: digits, page_token: text, filter: text, view_type: text }),
    answer: (call, workspace) => search({ ...call, body: call.query }, workspace),
  },
];

/** Where runs of an experiment keep their files: not reachable by DBFS, whatever it looks like. */
export function artifactRoot(experimentId: string): string {
  return `dbfs:/databricks/mlflow-tracking/${experimentId}`;
}

async function create({ body }: Call, { runs, workspaceFolders }: Workspace): Promise<Answer> {
  const name = body.name as string;
  if (!name.startsWith('/'))
    throw invalid(
      `Got an invalid experiment name '${name}'. An experiment name must be an absolute path within the workspace.`,
    );
  const folder = name.slice(0, name.lastIndexOf('/')) || '/';
  if (!workspaceFolders.has(folder)) throw missing(`Parent directory ${folder}`);
  if ((await runs.findExperiment(name)) !== null) throw exists(`Node named '${name}'`);
  const { experimentId } = await fromStore(() => runs.ensureExperiment(name));
  return json({ experiment_id: experimentId });
}

async function search({ body }: Call, { runs }: Workspace): Promise<Answer> {
  const all = (await runs.listExperiments()).filter(({ name }) => name.startsWith('/'));
  const wanted = /^name = '(.*)'$/.exec((body.filter as string | undefined) ?? '')?.[1];
  const found = wanted === undefined ? all : all.filter(({ name }) => name === wanted);
  const { items, next } = page(found, Number(body.max_results ?? 1000), body.page_token as string | undefined);
  return json({ experiments: items.map(document), ...(next === undefined ? {} : { next_page_token: next }) });
}

async function byId({ runs }: Workspace, id: string): Promise<Experiment> {
  const found = (await runs.listExperiments()).find(({ experimentId }) => experimentId === id);
  if (found === undefined || !found.name.startsWith('/')) throw missing(`Node ID ${id}`);
  return found;
}

function document({ experimentId, name, tags }: Experiment): object {
  return {
    experiment_id: experimentId,
    name,
    artifact_location: artifactRoot(experimentId),
    lifecycle_stage: 'active',
    creation_time: 1795490634075,
    last_update_time: 1795490634075,
    tags: Object.entries(tags).map(([key, value]) => ({ key, value })),
  };
}
