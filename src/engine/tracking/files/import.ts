import { experimentNumber } from '../sqlite/experiments.ts';
import { moveAlias } from '../sqlite/models.ts';
import { addBatch } from '../sqlite/run-batch.ts';
import type { Session } from '../sqlite/session.ts';
import { setVersionTag } from '../sqlite/versions.ts';
import type { StoredModel, StoredVersion } from './model-folders.ts';
import type { StoredExperiment, StoredRun } from './run-folders.ts';

/** Puts what was read from folders into the tables of a new store, ids and times as they are. */
export function importStore(session: Session, experiments: StoredExperiment[], models: StoredModel[]): void {
  session.connection.run('DELETE FROM experiments');
  for (const experiment of experiments) importExperiment(session, experiment);
  for (const model of models) importModel(session, model);
}

function importExperiment(session: Session, experiment: StoredExperiment): void {
  const id = experimentNumber(experiment.experimentId);
  session.connection.run(
    `INSERT INTO experiments (experiment_id, name, artifact_location, lifecycle_stage, creation_time, last_update_time)
     VALUES (?, ?, ?, ?, ?, ?)`,
    id,
    experiment.name,
    experiment.artifactLocation,
    experiment.lifecycleStage,
    experiment.createdAt,
    experiment.updatedAt,
  );
  for (const [key, value] of Object.entries(experiment.tags)) {
    session.connection.run('INSERT INTO experiment_tags (key, value, experiment_id) VALUES (?, ?, ?)', key, value, id);
  }
  for (const run of experiment.runs) importRun(session, experiment.experimentId, run);
}

function importRun(session: Session, experimentId: string, run: StoredRun): void {
  session.connection.run(
    `INSERT INTO runs (run_uuid, name, source_type, source_name, entry_point_name, user_id, status, start_time, end_time,
       source_version, lifecycle_stage, artifact_uri, experiment_id)
     VALUES (?, ?, 'UNKNOWN', '', '', ?, ?, ?, ?, '', ?, ?, ?)`,
    run.runId,
    run.name,
    run.userId,
    run.status,
    run.startTime,
    run.endTime,
    run.lifecycleStage,
    run.artifactUri,
    experimentNumber(experimentId),
  );
  addBatch(session, { runId: run.runId, experimentId }, run);
}

function importModel(session: Session, model: StoredModel): void {
  const { connection } = session;
  connection.run(
    'INSERT INTO registered_models (name, creation_time, last_updated_time, description) VALUES (?, ?, ?, ?)',
    model.name,
    model.createdAt,
    model.updatedAt,
    model.description,
  );
  for (const [key, value] of Object.entries(model.tags)) {
    connection.run('INSERT INTO registered_model_tags (key, value, name) VALUES (?, ?, ?)', key, value, model.name);
  }
  for (const version of model.versions) importVersion(session, version);
  for (const [alias, version] of Object.entries(model.aliases)) moveAlias(session, model.name, alias, version.trim());
}

function importVersion(session: Session, version: StoredVersion): void {
  session.connection.run(
    `INSERT INTO model_versions (name, version, creation_time, last_updated_time, description, user_id, current_stage,
       source, run_id, status, storage_location)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    version.name,
    Number(version.version),
    version.createdAt,
    version.updatedAt,
    version.description,
    version.userId,
    version.stageField,
    version.source,
    version.runId,
    version.status,
    version.storageLocation,
  );
  for (const [key, value] of Object.entries(version.tags)) {
    setVersionTag(session, version.name, version.version, key, value);
  }
}
