import { joinLocation } from '../../artifacts/artifact-path.ts';
import { EngineError } from '../../support/errors.ts';
import { checkExperimentName, checkKey } from '../limits.ts';
import type { Experiment } from '../store.ts';
import { artifactLocation } from './location.ts';
import { inWorkspace, type Session } from './session.ts';

interface ExperimentRow {
  experiment_id: string;
  name: string;
  artifact_location: string | null;
  lifecycle_stage: string;
}

/** Ids come as text: stores of files, from which some are imported, have longer ones than a JavaScript number holds. */
const SELECT =
  'SELECT CAST(experiment_id AS TEXT) AS experiment_id, name, artifact_location, lifecycle_stage FROM experiments';

/** @throws EngineError `not-found` for what is no id of an experiment in SQLite */
export function experimentNumber(experimentId: string): bigint {
  if (/^\d{1,18}$/.test(experimentId)) return BigInt(experimentId);
  throw new EngineError('not-found', `There is no experiment ${experimentId} in the store.`);
}

/** The experiment called `name`, made when missing with its artifacts under `artifactRoot`. */
export function ensureExperiment(session: Session, name: string, artifactRoot: string): Experiment {
  const row = findRow(session, checkExperimentName(name));
  if (row === undefined) return createExperiment(session, name, artifactRoot);
  if (row.lifecycle_stage === 'active') return toExperiment(session, row);
  throw new EngineError('conflict', `The experiment "${name}" exists but was deleted.`, {
    fix: `Restore it ("mlflow experiments restore -x ${row.experiment_id}") or set another mlflow.experiment_name.`,
  });
}

/** The active experiment called `name`. */
export function findExperiment(session: Session, name: string): Experiment | null {
  const row = findRow(session, name);
  return row?.lifecycle_stage === 'active' ? toExperiment(session, row) : null;
}

/** All active experiments, oldest first. */
export function listExperiments(session: Session): Experiment[] {
  const where = `WHERE lifecycle_stage = 'active'${inWorkspace(session, 'experiments')}`;
  const rows = session.connection.all<ExperimentRow>(`${SELECT} ${where} ORDER BY experiments.experiment_id`);
  return rows.map((row) => toExperiment(session, row));
}

/** Where the runs of an experiment keep their artifacts. */
export function experimentLocation(session: Session, experimentId: string): string {
  const row = session.connection.get<ExperimentRow>(
    `${SELECT} WHERE experiment_id = ?`,
    experimentNumber(experimentId),
  );
  if (row?.lifecycle_stage === 'active') return row.artifact_location ?? '';
  throw new EngineError('not-found', `There is no experiment ${experimentId} in the store.`);
}

export function tagExperiment(session: Session, experimentId: string, tags: Record<string, string>): void {
  experimentLocation(session, experimentId);
  const id = experimentNumber(experimentId);
  for (const [key, value] of Object.entries(tags)) {
    const sql = 'DELETE FROM experiment_tags WHERE experiment_id = ? AND key = ?';
    session.connection.run(sql, id, checkKey('tag', key));
    session.connection.run('INSERT INTO experiment_tags (experiment_id, key, value) VALUES (?, ?, ?)', id, key, value);
  }
}

function findRow(session: Session, name: string): ExperimentRow | undefined {
  return session.connection.get(`${SELECT} WHERE name = ?${inWorkspace(session, 'experiments')}`, name);
}

/** The number is known only after the row is there, and the artifacts' folder is named after it. */
function createExperiment(session: Session, name: string, artifactRoot: string): Experiment {
  const now = Date.now();
  const id = session.connection.run(
    `INSERT INTO experiments (name, artifact_location, lifecycle_stage, creation_time, last_update_time)
     VALUES (?, '', 'active', ?, ?)`,
    name,
    now,
    now,
  );
  const location = joinLocation(artifactLocation(artifactRoot), String(id));
  session.connection.run('UPDATE experiments SET artifact_location = ? WHERE experiment_id = ?', location, id);
  return { experimentId: String(id), name, artifactLocation: location, tags: {} };
}

function toExperiment(session: Session, row: ExperimentRow): Experiment {
  const sql = 'SELECT key, value FROM experiment_tags WHERE experiment_id = ?';
  const tags = session.connection.all<{ key: string; value: string | null }>(sql, experimentNumber(row.experiment_id));
  return {
    experimentId: row.experiment_id,
    name: row.name,
    artifactLocation: row.artifact_location ?? '',
    tags: Object.fromEntries(tags.map((tag) => [tag.key, tag.value ?? ''])),
  };
}
