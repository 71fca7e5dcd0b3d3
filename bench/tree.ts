import { ProjectPool } from '../src/extension/engine/service/project-pool.ts';
import { queries } from '../src/extension/engine/service/queries.ts';

/** Runs on a page of the view. */
export const PAGE_RUNS = 50;

/** Everything that the view "Experiments" asks of the engine until its first page is shown; the ids of the runs on it. */
export async function openTree(configFile: string): Promise<string> {
  const pool = new ProjectPool(() => undefined);
  const engine = queries(pool);
  const ref = { configFile, trusted: true };
  try {
    const [experiments, , status] = await Promise.all([
      engine.experiments(ref),
      engine.models(ref),
      engine.status(ref),
    ]);
    const { experimentId } = experiments.find(({ kind }) => kind === 'training')!;
    const keys = { params: [], metrics: [status.mainMetric], tags: [] };
    const { runs } = await engine.runs(ref, { experimentId, limit: PAGE_RUNS, keys });
    return runs.map(({ run }) => run.runId).join();
  } finally {
    await pool.close();
  }
}
