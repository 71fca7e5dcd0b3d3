import { EngineError } from '../../support/errors.ts';
import { parseFilter, parseOrder } from '../filter.ts';
import type { DatasetInput, Metric, NewRun, Run, RunKeys, RunPage, RunSearch, RunStatus } from '../store.ts';
import type { MlflowApi } from './api.ts';
import { listExperiments } from './experiments.ts';
import { checkedBatch, logBatch } from './run-batch.ts';
import { toInputs, toMetric, toPairs, toRun, type WireMetric, type WireRun } from './wire.ts';

const DEFAULT_PAGE = 1000;
const HISTORY_PAGE = 25_000;
/** Tags that come with the request that makes a run; more of them follow in batches. */
const MOST_TAGS = 100;
const IDS_AT_ONCE = 100;
const GETS_AT_ONCE = 8;

/** Makes a run with everything it starts with. */
export async function createRun(api: MlflowApi, run: NewRun): Promise<Run> {
  const batch = checkedBatch({ ...run, tags: { 'mlflow.user': run.userId, ...run.tags } });
  const tags = toPairs(batch.tags);
  const { run: made } = await api.create<{ run: WireRun }>('runs/create', {
    experiment_id: run.experimentId,
    run_name: run.name,
    user_id: run.userId,
    start_time: run.startTime,
    tags: tags.slice(0, MOST_TAGS),
  });
  const runId = made.info.run_id;
  const rest = { ...batch, tags: Object.fromEntries(tags.slice(MOST_TAGS).map(({ key, value }) => [key, value])) };
  await logBatch(api, runId, rest);
  if (run.status !== undefined && run.status !== 'RUNNING') await setStatus(api, runId, run.status, run.endTime);
  else if (batch.metrics.length === 0) return withBatch(toRun(made), batch);
  return getRun(api, runId);
}

/** What the server answered when the run was made, and what it took afterwards. */
function withBatch(run: Run, { params, tags }: Pick<Run, 'params' | 'tags'>): Run {
  return { ...run, params: { ...run.params, ...params }, tags: { ...run.tags, ...tags } };
}

export async function setStatus(api: MlflowApi, runId: string, status: RunStatus, endTime?: number): Promise<void> {
  await api.set('runs/update', { run_id: runId, status, ...(endTime === undefined ? {} : { end_time: endTime }) });
}

/** @throws EngineError `not-found` when no run, or a deleted one, has this id. */
export async function getRun(api: MlflowApi, runId: string): Promise<Run> {
  return toRun(await requireRun(api, runId));
}

/**
 * The runs of these ids in one search for every hundred; those that are deleted or unknown are left out. A server that does not search
 * by lists of ids is asked for one by one.
 */
export async function getRuns(api: MlflowApi, runIds: string[]): Promise<Run[]> {
  const ids = [...new Set(runIds)].filter((id) => /^\w+$/.test(id));
  if (ids.length === 0) return [];
  const experimentIds = (await listExperiments(api)).map(({ experimentId }) => experimentId);
  const found: Run[] = [];
  for (let start = 0; start < ids.length; start += IDS_AT_ONCE) {
    const some = ids.slice(start, start + IDS_AT_ONCE);
    const filter = `attributes.run_id IN (${some.map((id) => `'${id}'`).join(', ')})`;
    const search = searchRuns(api, { experimentIds, filter, maxResults: IDS_AT_ONCE });
    const { runs } = await search.catch((error) => {
      if (EngineError.is(error, 'usage')) return oneByOne(api, some);
      throw error;
    });
    found.push(...runs);
  }
  return found;
}

async function oneByOne(api: MlflowApi, runIds: string[]): Promise<{ runs: Run[] }> {
  const runs: Run[] = [];
  for (let start = 0; start < runIds.length; start += GETS_AT_ONCE) {
    const some = runIds.slice(start, start + GETS_AT_ONCE);
    const found = await Promise.all(some.map((runId) => getRunOrNull(api, runId)));
    runs.push(...found.filter((run) => run !== null));
  }
  return { runs };
}

function getRunOrNull(api: MlflowApi, runId: string): Promise<Run | null> {
  return getRun(api, runId).catch((error) => {
    if (EngineError.is(error, 'not-found')) return null;
    throw error;
  });
}

export async function datasetInputs(api: MlflowApi, runId: string): Promise<DatasetInput[]> {
  return toInputs(await requireRun(api, runId));
}

async function requireRun(api: MlflowApi, runId: string): Promise<WireRun> {
  const found = await api.find<{ run: WireRun }>('runs/get', { run_id: runId });
  if (found !== null && found.run.info.lifecycle_stage !== 'deleted') return found.run;
  throw new EngineError('not-found', `There is no run ${runId} in the store.`, { runId });
}

/**
 * The runs that a search finds, in MLflow's order.
 * @throws EngineError `usage` for a filter or an order that cannot be read
 */
export async function searchRuns(api: MlflowApi, search: RunSearch): Promise<RunPage> {
  const { experimentIds, filter = '', orderBy = [], maxResults = DEFAULT_PAGE, pageToken, keys } = search;
  const conditions = parseFilter(filter);
  for (const order of orderBy) parseOrder(order);
  if (experimentIds.length === 0) return { runs: [], nextPageToken: null };
  const { runs = [], next_page_token } = await api.search<{ runs?: WireRun[]; next_page_token?: string }>(
    'runs/search',
    {
      experiment_ids: experimentIds,
      filter,
      order_by: orderBy,
      max_results: maxResults,
      run_view_type: 'ACTIVE_ONLY',
      ...(pageToken === undefined ? {} : { page_token: pageToken }),
    },
  );
  const compared = conditions.filter(({ entity, operator }) => entity === 'metric' && operator !== '!=');
  // MLflow 2 keeps NaN as 0 and compares that; no comparison with NaN holds.
  const isTrue = ({ metrics }: Run) => compared.every(({ key }) => !Number.isNaN(metrics[key]));
  const found = runs.map(toRun).filter(isTrue);
  return { runs: keys ? found.map((run) => withKeys(run, keys)) : found, nextPageToken: next_page_token || null };
}

/** The server always sends everything; what was not asked for is let go of. */
function withKeys(run: Run, { params, metrics, tags }: RunKeys): Run {
  return {
    ...run,
    params: only(run.params, params),
    metrics: only(run.metrics, metrics),
    tags: only(run.tags, tags),
  };
}

function only<T>(record: Record<string, T>, keys: string[]): Record<string, T> {
  return Object.fromEntries(Object.entries(record).filter(([key]) => keys.includes(key)));
}

/** Every value that was logged under these keys, in the order of the keys, then of time and step. */
export async function metricHistory(api: MlflowApi, runId: string, keys: string[]): Promise<Metric[]> {
  const histories: Metric[][] = [];
  for (const key of keys) histories.push(await historyOf(api, runId, key));
  return histories.flat();
}

async function historyOf(api: MlflowApi, runId: string, key: string): Promise<Metric[]> {
  const found = await api.all(async (token) => {
    const query = { run_id: runId, metric_key: key, max_results: HISTORY_PAGE };
    const answer = await api.get<{ metrics?: WireMetric[]; next_page_token?: string }>('metrics/get-history', {
      ...query,
      ...(token === undefined ? {} : { page_token: token }),
    });
    return { items: answer.metrics ?? [], token: answer.next_page_token };
  });
  return found.map(toMetric).sort((a, b) => a.timestamp - b.timestamp || a.step - b.step || a.value - b.value);
}
