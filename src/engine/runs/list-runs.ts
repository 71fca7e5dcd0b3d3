import type { Project } from '../project.ts';
import { finiteOrNull } from '../support/json.ts';
import type { Run, RunSearch } from '../tracking/store.ts';
import type { RunDocument, RunsResult } from './results.ts';

export interface ListRunsOptions {
  /** MLflow's filter syntax: `metrics.accuracy > 0.9 and params.max_depth = '10'`. */
  filter?: string | undefined;
  /** MLflow's: `metrics.accuracy DESC`. Newest first when left out. */
  orderBy?: string[] | undefined;
  /** 100 unless given. */
  limit?: number | undefined;
  pageToken?: string | undefined;
}

const DEFAULT_LIMIT = 100;

/**
 * The training runs of the project's experiment.
 * @throws EngineError `usage` for a filter or an order that is not MLflow's, with the place in it
 */
export async function listRuns(project: Project, options: ListRunsOptions = {}): Promise<RunsResult> {
  const experiment = await project.store.findExperiment(project.config.mlflow.experiment_name);
  if (experiment === null) return { schema: 1, runs: [], next_page_token: null };
  const search: RunSearch = {
    experimentIds: [experiment.experimentId],
    maxResults: options.limit ?? DEFAULT_LIMIT,
    ...(options.filter === undefined ? {} : { filter: options.filter }),
    ...(options.orderBy === undefined ? {} : { orderBy: options.orderBy }),
    ...(options.pageToken === undefined ? {} : { pageToken: options.pageToken }),
  };
  const page = await project.store.searchRuns(search);
  return { schema: 1, runs: page.runs.map(toDocument), next_page_token: page.nextPageToken };
}

/** A run as documents show it. */
export function toDocument(run: Run): RunDocument {
  return {
    run_id: run.runId,
    name: run.name,
    status: run.status,
    start_time: new Date(run.startTime).toISOString(),
    end_time: run.endTime === null ? null : new Date(run.endTime).toISOString(),
    params: run.params,
    metrics: Object.fromEntries(Object.entries(run.metrics).map(([name, value]) => [name, finiteOrNull(value)])),
    tags: run.tags,
  };
}
