import type { Project } from '../project.ts';
import { EngineError } from '../support/errors.ts';
import type { Run } from '../tracking/store.ts';

const RUN_ID = /^[0-9a-f]{32}$/;
/** Shorter beginnings of an id are taken for names. */
const SHORTEST_PREFIX = 4;

/**
 * The run that a person means: by its id, the beginning of its id (4 characters or more), or its name (the newest of that name).
 * @throws EngineError `not-found`; `usage` when the beginning fits several runs
 */
export async function findRun({ store, config }: Project, text: string): Promise<Run> {
  if (RUN_ID.test(text)) return store.getRun(text);
  const experiment = await store.findExperiment(config.mlflow.experiment_name);
  const all = experiment === null ? [] : await newestRuns(store, experiment.experimentId);
  const byName = all.find(({ name }) => name === text);
  if (byName) return byName;
  const byPrefix = text.length < SHORTEST_PREFIX ? [] : all.filter(({ runId }) => runId.startsWith(text));
  if (byPrefix.length === 1) return byPrefix[0]!;
  if (byPrefix.length > 1) {
    throw new EngineError('usage', `"${text}" begins the ids of ${byPrefix.length} runs.`, {
      fix: 'Write more of it.',
    });
  }
  throw new EngineError('not-found', `There is no run "${text}" in the experiment ${config.mlflow.experiment_name}.`, {
    fix: 'List the runs: gnu-mlops runs',
  });
}

const MOST_RUNS = 1000;

async function newestRuns(store: Project['store'], experimentId: string): Promise<Run[]> {
  return (await store.searchRuns({ experimentIds: [experimentId], maxResults: MOST_RUNS })).runs;
}
