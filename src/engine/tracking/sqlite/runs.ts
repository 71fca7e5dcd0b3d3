import { joinLocation } from '../../artifacts/artifact-path.ts';
import { EngineError } from '../../support/errors.ts';
import type { Metric, NewRun, Run, RunKeys, RunStatus } from '../store.ts';
import { newId } from './datasets.ts';
import { experimentLocation, experimentNumber } from './experiments.ts';
import { metricValue, type StoredValue } from './metric-value.ts';
import { addBatch } from './run-batch.ts';
import type { Session } from './session.ts';

interface RunRow {
  run_uuid: string;
  experiment_id: string;
  name: string | null;
  status: RunStatus;
  user_id: string | null;
  start_time: number | null;
  end_time: number | null;
  artifact_uri: string | null;
}

/** Inserts a run with everything it starts with and returns its id. */
export function createRun(session: Session, run: NewRun): string {
  const runId = newId();
  const location = experimentLocation(session, run.experimentId);
  session.connection.run(
    `INSERT INTO runs (run_uuid, name, source_type, source_name, entry_point_name, user_id, status, start_time, end_time,
       source_version, lifecycle_stage, artifact_uri, experiment_id)
     VALUES (?, ?, 'UNKNOWN', '', '', ?, ?, ?, ?, '', 'active', ?, ?)`,
    runId,
    run.name,
    run.userId,
    run.status ?? 'RUNNING',
    run.startTime,
    run.endTime ?? null,
    joinLocation(location, runId, 'artifacts'),
    experimentNumber(run.experimentId),
  );
  const tags = { 'mlflow.runName': run.name, 'mlflow.user': run.userId, ...run.tags };
  addBatch(session, { runId, experimentId: run.experimentId }, { ...run, tags });
  return runId;
}

/** @throws EngineError `not-found` when no run, or a deleted one, has this id. */
export function requireRun(
  session: Session,
  runId: string,
): { runId: string; experimentId: string; status: RunStatus } {
  const sql =
    "SELECT CAST(experiment_id AS TEXT) AS experiment_id, status FROM runs WHERE run_uuid = ? AND lifecycle_stage = 'active'";
  const row = session.connection.get<{ experiment_id: string; status: RunStatus }>(sql, runId);
  if (row) return { runId, experimentId: row.experiment_id, status: row.status };
  throw new EngineError('not-found', `There is no run ${runId} in the store.`, { runId });
}

/** Those of these runs that are there and not deleted. */
export function activeRuns(session: Session, runIds: string[]): string[] {
  const sql =
    "SELECT run_uuid FROM json_each(?) wanted JOIN runs ON run_uuid = wanted.value WHERE lifecycle_stage = 'active'";
  return session.connection.all<{ run_uuid: string }>(sql, JSON.stringify(runIds)).map(({ run_uuid }) => run_uuid);
}

export function setStatus(session: Session, runId: string, status: RunStatus, endTime: number): void {
  session.connection.run('UPDATE runs SET status = ?, end_time = ? WHERE run_uuid = ?', status, endTime, runId);
}

/**
 * The runs of these ids, in this order; ids that are unknown are left out.
 * @param keys what to read of them; everything unless given
 */
export function readRuns(session: Session, runIds: string[], keys?: RunKeys): Run[] {
  const ids = JSON.stringify(runIds);
  const rows = session.connection.all<RunRow>(
    `SELECT run_uuid, CAST(experiment_id AS TEXT) AS experiment_id, name, status, user_id, start_time, end_time, artifact_uri
     FROM json_each(?) wanted JOIN runs ON run_uuid = wanted.value`,
    ids,
  );
  const runs = new Map(rows.map((row) => [row.run_uuid, toRun(row)]));
  const wanted = (names: string[] | undefined) => ({ ids, keys: names && JSON.stringify(names) });
  readTexts(session, 'params', wanted(keys?.params), (id, key, value) => setOwn(runs.get(id)!.params, key, value));
  readTexts(session, 'tags', wanted(keys?.tags), (id, key, value) => setOwn(runs.get(id)!.tags, key, value));
  readLatestMetrics(session, wanted(keys?.metrics), (id, key, value) => setOwn(runs.get(id)!.metrics, key, value));
  for (const run of runs.values()) run.name ||= run.tags['mlflow.runName'] ?? '';
  return runIds.flatMap((runId) => runs.get(runId) ?? []);
}

type Add<T> = (runId: string, key: string, value: T) => void;

/** JSON lists, for `json_each`. */
interface Wanted {
  ids: string;
  /** All of them unless given. */
  keys: string | undefined;
}

function readTexts(session: Session, table: 'params' | 'tags', wanted: Wanted, add: Add<string>): void {
  const rows = session.connection.all<{ run_uuid: string; key: string; value: string | null }>(
    `SELECT run_uuid, t.key, t.value FROM json_each(?) wanted JOIN ${table} t ON t.run_uuid = wanted.value${amongKeys(wanted)}`,
    ...valuesOf(wanted),
  );
  for (const row of rows) add(row.run_uuid, row.key, row.value ?? '');
}

function readLatestMetrics(session: Session, wanted: Wanted, add: Add<number>): void {
  const rows = session.connection.all<StoredValue & { run_uuid: string; key: string }>(
    `SELECT run_uuid, t.key, t.value, is_nan FROM json_each(?) wanted JOIN latest_metrics t ON t.run_uuid = wanted.value${amongKeys(wanted)}`,
    ...valuesOf(wanted),
  );
  for (const row of rows) add(row.run_uuid, row.key, metricValue(row));
}

function amongKeys({ keys }: Wanted): string {
  return keys === undefined ? '' : ' AND t.key IN (SELECT value FROM json_each(?))';
}

function valuesOf({ ids, keys }: Wanted): string[] {
  return keys === undefined ? [ids] : [ids, keys];
}

/** Every value that was logged under these keys, in the order of key, time and step. Steps may exceed 2^53 in Python. */
export function readHistory(session: Session, runId: string, keys: string[]): Metric[] {
  const rows = session.connection.all<StoredValue & { key: string; timestamp: number; step: number }>(
    `SELECT m.key, m.value, is_nan, CAST(timestamp AS REAL) AS timestamp, CAST(step AS REAL) AS step
     FROM json_each(?) wanted JOIN metrics m ON m.key = wanted.value AND m.run_uuid = ?
     ORDER BY wanted.key, m.timestamp, m.step, m.value`,
    JSON.stringify(keys),
    runId,
  );
  return rows.map((row) => ({ key: row.key, value: metricValue(row), timestamp: row.timestamp, step: row.step }));
}

function toRun(row: RunRow): Run {
  return {
    runId: row.run_uuid,
    experimentId: row.experiment_id,
    name: row.name ?? '',
    status: row.status,
    userId: row.user_id ?? '',
    startTime: row.start_time ?? 0,
    endTime: row.end_time,
    artifactUri: row.artifact_uri ?? '',
    params: {},
    metrics: {},
    tags: {},
  };
}

/** Also for a key that is called `__proto__`. */
function setOwn<T>(record: Record<string, T>, key: string, value: T): void {
  Object.defineProperty(record, key, { value, enumerable: true, configurable: true, writable: true });
}
