import { DatabaseSync } from 'node:sqlite';
import { uniform } from '../src/engine/data/random.ts';
import { openSqliteStore } from '../src/engine/tracking/sqlite/store.ts';

const KEYS = [0, 1, 2, 3, 4];

/** Asked of a big store: half of its runs match, in an order that no index has. */
export const SEARCH = { filter: 'metrics.m0 > 0.5', orderBy: ['metrics.m1 DESC'], maxResults: 1000 };

/**
 * Makes a store of `runs` finished runs in one experiment, each with five metrics, five params and two tags. Straight into the
 * tables and in one transaction, because making runs one by one is not what is measured.
 * @param analyzed whether SQLite's statistics are there: MLflow never makes them, we do after bulk writes
 * @returns id of the experiment, which is called "big"
 */
export async function makeBigStore(file: string, runs: number, analyzed: boolean): Promise<string> {
  const store = await openSqliteStore({ path: file });
  const { experimentId } = await store.ensureExperiment('big');
  await store.close();
  const database = new DatabaseSync(file);
  database.exec('PRAGMA journal_mode = DELETE; PRAGMA synchronous = OFF; BEGIN IMMEDIATE');
  insertRuns(database, Number(experimentId), runs);
  database.exec(analyzed ? 'COMMIT; ANALYZE' : 'COMMIT');
  database.close();
  return experimentId;
}

function insertRuns(database: DatabaseSync, experiment: number, count: number): void {
  const random = uniform(11);
  const run = database.prepare(
    `INSERT INTO runs (run_uuid, name, source_type, source_name, entry_point_name, user_id, status, start_time, end_time,
       source_version, lifecycle_stage, artifact_uri, experiment_id)
     VALUES (?, ?, 'UNKNOWN', '', '', 'bench', 'FINISHED', ?, ?, '', 'active', ?, ?)`,
  );
  const param = database.prepare('INSERT INTO params (key, value, run_uuid) VALUES (?, ?, ?)');
  const tag = database.prepare('INSERT INTO tags (key, value, run_uuid) VALUES (?, ?, ?)');
  const columns = '(key, value, timestamp, run_uuid, step, is_nan) VALUES (?, ?, ?, ?, 0, 0)';
  const metrics = ['metrics', 'latest_metrics'].map((table) => database.prepare(`INSERT INTO ${table} ${columns}`));
  for (let index = 0; index < count; index++) {
    const id = index.toString(16).padStart(32, '0');
    const start = 1_700_000_000_000 + index * 1000;
    run.run(id, `run ${index}`, start, start + 500, `/srv/mlruns/1/${id}/artifacts`, experiment);
    for (const key of KEYS) {
      const value = random();
      for (const insert of metrics) insert.run(`m${key}`, value, start, id);
      param.run(`p${key}`, String(Math.floor(random() * 20)), id);
    }
    tag.run('mlflow.runName', `run ${index}`, id);
    tag.run('team', index % 3 ? 'ops' : 'research', id);
  }
}
