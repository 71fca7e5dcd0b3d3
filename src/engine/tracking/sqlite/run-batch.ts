import { EngineError } from '../../support/errors.ts';
import { checkKey, cutParam, cutTag } from '../limits.ts';
import type { Metric, RunBatch } from '../store.ts';
import { addInputs } from './datasets.ts';
import { storedValue } from './metric-value.ts';
import type { Session } from './session.ts';

/** Writes everything that `batch` adds to a run, by MLflow's rules. Call it inside a write transaction. */
export function addBatch(session: Session, run: { runId: string; experimentId: string }, batch: RunBatch): void {
  for (const [key, value] of Object.entries(batch.params ?? {})) addParam(session, run.runId, key, value);
  for (const metric of batch.metrics ?? []) addMetric(session, run.runId, metric);
  for (const [key, value] of Object.entries(batch.tags ?? {})) setTag(session, run.runId, key, value);
  addInputs(session, run, batch.inputs ?? []);
}

/** Sets a run's tag; the name and the user of a run stand in its row too. */
export function setTag(session: Session, runId: string, key: string, value: string): void {
  const text = cutTag(value);
  const sql = 'INSERT OR REPLACE INTO tags (key, value, run_uuid) VALUES (?, ?, ?)';
  session.connection.run(sql, checkKey('tag', key), text, runId);
  if (key === 'mlflow.runName') session.connection.run('UPDATE runs SET name = ? WHERE run_uuid = ?', text, runId);
}

/** A param is written once: the same value again is fine, another one is not. */
function addParam(session: Session, runId: string, key: string, value: string): void {
  const text = cutParam(value);
  const sql = 'SELECT value FROM params WHERE key = ? AND run_uuid = ?';
  const known = session.connection.get<{ value: string }>(sql, checkKey('param', key), runId);
  if (known?.value === text) return;
  if (known !== undefined) {
    throw new EngineError(
      'usage',
      `The param "${key}" of run ${runId} is "${known.value}" and cannot become "${text}".`,
      {
        fix: 'Params never change in MLflow; log a metric or a tag instead, or start another run.',
      },
    );
  }
  session.connection.run('INSERT INTO params (key, value, run_uuid) VALUES (?, ?, ?)', key, text, runId);
}

const INSERT_METRIC = `INSERT OR IGNORE INTO metrics (key, value, timestamp, run_uuid, step, is_nan)
  VALUES (:key, :value, :timestamp, :run_uuid, :step, :is_nan)`;

/** What lists and searches show; only a later step, or a later time at the same step, replaces it. */
const INSERT_LATEST = `INSERT INTO latest_metrics (key, value, timestamp, run_uuid, step, is_nan)
  VALUES (:key, :value, :timestamp, :run_uuid, :step, :is_nan)
  ON CONFLICT (key, run_uuid) DO UPDATE
  SET value = excluded.value, timestamp = excluded.timestamp, step = excluded.step, is_nan = excluded.is_nan
  WHERE (excluded.step, excluded.timestamp, excluded.value) > (step, timestamp, value)`;

function addMetric(session: Session, runId: string, metric: Metric): void {
  const { connection } = session;
  const row = {
    key: checkKey('metric', metric.key),
    timestamp: Math.trunc(metric.timestamp),
    run_uuid: runId,
    step: Math.trunc(metric.step),
    ...storedValue(metric.value),
  };
  connection.runNamed(INSERT_METRIC, row);
  connection.runNamed(INSERT_LATEST, row);
}
