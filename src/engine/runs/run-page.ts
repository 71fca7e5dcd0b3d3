import type { Project } from '../project.ts';
import { HEARTBEAT_TAG, isStale } from '../registry/recovery.ts';
import { OWNER_TAG } from '../support/process-identity.ts';
import type { Run, RunSearch } from '../tracking/store.ts';

export interface RunSummary {
  run: Run;
  /** Versions of the project's model that were registered from this run, newest first. */
  versions: string[];
  /** RUNNING without a sign of life for ten minutes, or whose process is gone. */
  stale: boolean;
}

/** Without them nobody can tell whether a run still lives. */
const LIFE_TAGS = [OWNER_TAG, HEARTBEAT_TAG];

/** One page of an experiment's runs with what a tree shows beside them. */
export async function runPage(
  { store, config, clock }: Project,
  search: RunSearch,
): Promise<{ runs: RunSummary[]; nextPageToken: string | null }> {
  const { keys } = search;
  const page = await store.searchRuns({
    ...search,
    ...(keys && { keys: { ...keys, tags: [...keys.tags, ...LIFE_TAGS] } }),
  });
  const model = await store.findModel(config.mlflow.model_name);
  const versions = model === null ? [] : await store.listVersions(model.name);
  const byRun = Map.groupBy(versions, ({ runId }) => runId);
  const runs = page.runs.map((run) => ({
    run,
    versions: (byRun.get(run.runId) ?? []).map(({ version }) => version),
    stale: isStale(run, clock()),
  }));
  return { runs, nextPageToken: page.nextPageToken };
}
