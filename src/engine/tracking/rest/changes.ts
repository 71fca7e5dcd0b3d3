import { createHash } from 'node:crypto';
import type { MlflowApi } from './api.ts';
import { listExperiments } from './experiments.ts';
import type { WireModel, WireRun, WireVersion } from './wire.ts';

/** Runs that began last, and those that ended last. */
const NEWEST_RUNS = 25;
/** Runs that go on, and runs that were deleted. */
const OTHER_RUNS = 100;
/** Versions that were changed last. */
const NEWEST_VERSIONS = 200;

/**
 * A text that changes when something changed on a server, by seven requests, six of them at the same time. MLflow does not tell when a
 * run or a tag was changed, so not everything can be seen.
 *
 * Seen are: experiments; everything about the 25 runs that began last, the 25 that ended last and 100 that go on; runs that end, however
 * old they are; runs that are deleted or come back, while no more than 100 are deleted; everything about registered models, their
 * aliases too; everything about the 200 versions that were registered, described or given another stage last; versions that are deleted.
 *
 * Not seen are params, metrics, tags and names that other runs gain after they ended, the hundred-and-first deletion of a run that is
 * none of those above, and tags of other versions. Whoever keeps answers asks for them again from time to time: see `withCachedReads`.
 * @param registry what of the registry changes, where it cannot be searched as MLflow's can
 */
export async function lookForChanges(api: MlflowApi, registry = () => registryChanges(api)): Promise<string> {
  const experiments = await listExperiments(api);
  const ids = experiments.map(({ experimentId }) => experimentId);
  const seen = await Promise.all([
    someRuns(api, ids, { order_by: ['attributes.start_time DESC'], max_results: NEWEST_RUNS, run_view_type: 'ALL' }),
    someRuns(api, ids, { order_by: ['attributes.end_time DESC'], max_results: NEWEST_RUNS, run_view_type: 'ALL' }),
    someRuns(api, ids, { filter: "attributes.status = 'RUNNING'", max_results: OTHER_RUNS }),
    someRuns(api, ids, { max_results: OTHER_RUNS, run_view_type: 'DELETED_ONLY' }),
    registry(),
  ]);
  return createHash('sha256')
    .update(JSON.stringify([experiments, seen]))
    .digest('hex');
}

async function someRuns(api: MlflowApi, experiment_ids: string[], search: object): Promise<WireRun[]> {
  if (experiment_ids.length === 0) return [];
  return (await api.search<{ runs?: WireRun[] }>('runs/search', { experiment_ids, ...search })).runs ?? [];
}

/** MLflow gives models by name, and the versions that were changed last first. */
async function registryChanges(api: MlflowApi): Promise<unknown> {
  return Promise.all([
    api.all(async (page_token) => {
      const query = { max_results: 1000, ...(page_token === undefined ? {} : { page_token }) };
      const path = 'registered-models/search';
      const answer = await api.get<{ registered_models?: WireModel[]; next_page_token?: string }>(path, query);
      return { items: answer.registered_models ?? [], token: answer.next_page_token };
    }),
    api.get<{ model_versions?: WireVersion[] }>('model-versions/search', { max_results: NEWEST_VERSIONS }),
  ]);
}
