import type { DatasetInput, Metric, Run, RunBatch, RunStatus } from '../../../src/engine/tracking/store.ts';
import { type Answer, type Call, done, invalid, json, type Route } from './call.ts';
import { artifactRoot } from './experiments.ts';
import { anything, digits, double, filled, flag, int64, list, object, oneOf, text } from './shape.ts';
import { fromStore } from './store-errors.ts';
import type { Workspace } from './workspace.ts';

interface Pair {
  key: string;
  value?: string;
}

const status = oneOf('RUNNING', 'SCHEDULED', 'FINISHED', 'FAILED', 'KILLED');
const pair = object({ key: filled }, { value: text });
const modelFields = { model_id: text, dataset_name: text, dataset_digest: text, run_id: text };
const metric = object({ key: filled, value: double, timestamp: int64 }, { step: int64, ...modelFields });
const dataset = object(
  {
    dataset: object({ name: filled, digest: filled, source_type: text, source: text }, { schema: text, profile: text }),
  },
  { tags: list(pair) },
);
/** Older clients say run_uuid beside run_id. */
const run = { run_id: filled };
const also = { run_uuid: text };

/** Runs: as on any MLflow server, but they belong to whoever signed in. */
export const runRoutes: Route[] = [
  {
    method: 'POST',
    path: '/api/2.0/mlflow/runs/create',
    body: object({ experiment_id: filled }, { user_id: text, run_name: text, start_time: int64, tags: list(pair) }),
    answer: create,
  },
  {
    method: 'GET',
    path: '/api/2.0/mlflow/runs/get',
    query: object(run, also),
    answer: ({ query, user }, workspace) => oneRun(workspace, query.run_id!, user),
  },
  {
    method: 'POST',
    path: '/api/2.0/mlflow/runs/update',
    body: object(run, { ...also, status, end_time: int64, run_name: text }),
    answer: update,
  },
  {
    method: 'POST',
    path: '/api/2.0/mlflow/runs/search',
    body: object(
      { experiment_ids: list(filled) },
      {
        filter: text,
        run_view_type: oneOf('ACTIVE_ONLY', 'DELETED_ONLY', 'ALL'),
        max_results: int64,
        order_by: list(text),
        page_token: text,
      },
    ),
    answer: search,
  },
  {
    method: 'POST',
    path: '/api/2.0/mlflow/runs/log-batch',
    body: object(run, { metrics: list(metric), params: list(pair), tags: list(pair) }),
    answer: logBatch,
  },
  {
    method: 'POST',
    path: '/api/2.0/mlflow/runs/log-metric',
    body: object({ ...run, key: filled, value: double, timestamp: int64 }, { ...also, step: int64, ...modelFields }),
    answer: (call, workspace) => add(workspace, call, { metrics: [toMetric(call.body)] }),
  },
  {
    method: 'POST',
    path: '/api/2.0/mlflow/runs/log-parameter',
    body: object({ ...run, key: filled, value: text }, also),
    answer: (call, workspace) => add(workspace, call, { params: texts([call.body as unknown as Pair]) }),
  },
  {
    method: 'POST',
    path: '/api/2.0/mlflow/runs/set-tag',
    body: object({ ...run, key: filled, value: text }, also),
    answer: (call, workspace) => add(workspace, call, { tags: texts([call.body as unknown as Pair]) }),
  },
  {
    method: 'POST',
    path: '/api/2.0/mlflow/runs/log-inputs',
    body: object(run, { datasets: list(dataset), models: list(anything) }),
    answer: (call, workspace) => add(workspace, call, { inputs: toInputs(call.body.datasets) }),
  },
  {
    method: 'POST',
    path: '/api/2.0/mlflow/runs/outputs',
    body: object(run, { models: list(object({ model_id: filled }, { step: int64 })) }),
    answer: () => done,
  },
  {
    method: 'GET',
    path: '/api/2.0/mlflow/metrics/get-history',
    query: object({ ...run, metric_key: filled }, { ...also, max_results: digits, page_token: text }),
    answer: history,
  },
  {
    method: 'POST',
    path: '/api/2.0/mlflow/runs/delete',
    body: object(run, { permanently: flag }),
    answer: () => {
      throw invalid('this workspace deletes nothing');
    },
  },
];

async function create({ body, user }: Call, workspace: Workspace): Promise<Answer> {
  const tags = texts(body.tags as Pair[] | undefined);
  const made = await fromStore(() =>
    workspace.runs.createRun({
      experimentId: body.experiment_id as string,
      name: (body.run_name as string | undefined) ?? tags['mlflow.runName'] ?? '',
      userId: user,
      startTime: Number(body.start_time ?? 0),
      tags: { 'mlflow.user': user, ...tags },
    }),
  );
  return json({ run: await document(workspace, made) });
}

async function oneRun(workspace: Workspace, runId: string, _user: string): Promise<Answer> {
  return json({ run: await document(workspace, await fromStore(() => workspace.runs.getRun(runId))) });
}

async function update({ body }: Call, workspace: Workspace): Promise<Answer> {
  const runId = body.run_id as string;
  const before = await fromStore(() => workspace.runs.getRun(runId));
  if (body.run_name !== undefined)
    await workspace.runs.logBatch(runId, { tags: { 'mlflow.runName': body.run_name as string } });
  const endTime = Number(body.end_time ?? before.endTime ?? 0);
  await workspace.runs.finishRun(runId, { status: (body.status as RunStatus | undefined) ?? before.status, endTime });
  const { info } = (await document(workspace, await workspace.runs.getRun(runId))) as { info: object };
  return json({ run_info: info });
}

async function search({ body }: Call, workspace: Workspace): Promise<Answer> {
  const { filter, order_by: orderBy, max_results: most, page_token: token } = body;
  if (Number(most ?? 1000) > 50_000) throw invalid('max_results must be at most 50000');
  const page = await fromStore(() =>
    workspace.runs.searchRuns({
      experimentIds: body.experiment_ids as string[],
      ...(filter === undefined ? {} : { filter: filter as string }),
      ...(orderBy === undefined ? {} : { orderBy: orderBy as string[] }),
      ...(token === undefined || token === '' ? {} : { pageToken: token as string }),
      maxResults: Number(most ?? 1000),
    }),
  );
  const runs = await Promise.all(page.runs.map((each) => document(workspace, each)));
  return json({ runs, ...(page.nextPageToken === null ? {} : { next_page_token: page.nextPageToken }) });
}

async function logBatch(call: Call, workspace: Workspace): Promise<Answer> {
  const {
    metrics = [],
    params = [],
    tags = [],
  } = call.body as {
    metrics?: Record<string, unknown>[];
    params?: Pair[];
    tags?: Pair[];
  };
  const tooMany = metrics.length > 1000 || params.length > 100 || tags.length > 100;
  if (tooMany || metrics.length + params.length + tags.length > 1000 || call.bytes.length > 1 << 20)
    throw invalid('A batch logging request can contain at most 1000 metrics, 100 params, 100 tags, and 1 MB.');
  return add(workspace, call, { metrics: metrics.map(toMetric), params: texts(params), tags: texts(tags) });
}

async function add(workspace: Workspace, { body }: Call, batch: RunBatch): Promise<Answer> {
  await fromStore(() => workspace.runs.logBatch(body.run_id as string, batch));
  return done;
}

async function history({ query }: Call, { runs }: Workspace): Promise<Answer> {
  const metrics = await fromStore(() => runs.metricHistory(query.run_id!, [query.metric_key!]));
  return json({ metrics });
}

function toMetric(document: Record<string, unknown>): Metric {
  const { key, value, timestamp, step } = document;
  return { key: key as string, value: Number(value), timestamp: Number(timestamp), step: Number(step ?? 0) };
}

function toInputs(documents: unknown): DatasetInput[] {
  const inputs = (documents ?? []) as { dataset: Record<string, string>; tags?: Pair[] }[];
  return inputs.map(({ dataset, tags }) => ({
    name: dataset.name!,
    digest: dataset.digest!,
    sourceType: dataset.source_type!,
    source: dataset.source!,
    schema: dataset.schema ?? null,
    profile: dataset.profile ?? null,
    context: texts(tags)['mlflow.data.context'] ?? '',
  }));
}

function texts(pairs: readonly Pair[] = []): Record<string, string> {
  return Object.fromEntries(pairs.map(({ key, value }) => [key, value ?? '']));
}

async function document({ runs }: Workspace, run: Run): Promise<object> {
  const pairs = (record: Record<string, string>) => Object.entries(record).map(([key, value]) => ({ key, value }));
  const history = await runs.metricHistory(run.runId, Object.keys(run.metrics));
  // Later ones of the same key replace earlier ones.
  const latest = new Map(history.map((each) => [each.key, each]));
  for (const each of history) if (isLatest(each, run)) latest.set(each.key, each);
  const inputs = await runs.datasetInputs(run.runId);
  return {
    info: {
      run_id: run.runId,
      run_uuid: run.runId,
      run_name: run.name,
      experiment_id: run.experimentId,
      user_id: run.userId,
      status: run.status,
      start_time: run.startTime,
      ...(run.endTime === null ? {} : { end_time: run.endTime }),
      artifact_uri: `${artifactRoot(run.experimentId)}/${run.runId}/artifacts`,
      lifecycle_stage: 'active',
    },
    data: { metrics: [...latest.values()], params: pairs(run.params), tags: pairs(run.tags) },
    inputs: {
      dataset_inputs: inputs.map(({ context, name, digest, sourceType, source, schema, profile }) => ({
        tags: [{ key: 'mlflow.data.context', value: context }],
        dataset: {
          name,
          digest,
          source_type: sourceType,
          source,
          ...(schema === null ? {} : { schema }),
          ...(profile === null ? {} : { profile }),
        },
      })),
    },
  };
}

function isLatest({ key, value }: Metric, { metrics }: Run): boolean {
  return Object.is(metrics[key], value);
}
