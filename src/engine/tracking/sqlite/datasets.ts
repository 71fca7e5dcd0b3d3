import { randomUUID } from 'node:crypto';
import type { DatasetInput } from '../store.ts';
import { experimentNumber } from './experiments.ts';
import type { Session } from './session.ts';

const CONTEXT_TAG = 'mlflow.data.context';

/** MLflow's ids: 32 hexadecimal digits. */
export function newId(): string {
  return randomUUID().replaceAll('-', '');
}

/** Records which datasets a run read. A dataset is one row per experiment, name and digest. */
export function addInputs(
  session: Session,
  run: { runId: string; experimentId: string },
  inputs: DatasetInput[],
): void {
  for (const input of inputs)
    addInput(session, run.runId, ensureDataset(session, run.experimentId, input), input.context);
}

function addInput(session: Session, runId: string, datasetId: string, context: string): void {
  const { connection } = session;
  const known = connection.get(
    `SELECT 1 FROM inputs WHERE source_type = 'DATASET' AND source_id = ? AND destination_type = 'RUN' AND destination_id = ?`,
    datasetId,
    runId,
  );
  if (known) return;
  const inputId = newId();
  connection.run(
    `INSERT INTO inputs (input_uuid, source_type, source_id, destination_type, destination_id)
     VALUES (?, 'DATASET', ?, 'RUN', ?)`,
    inputId,
    datasetId,
    runId,
  );
  connection.run('INSERT INTO input_tags (input_uuid, name, value) VALUES (?, ?, ?)', inputId, CONTEXT_TAG, context);
}

function ensureDataset(session: Session, experimentId: string, input: DatasetInput): string {
  const { connection } = session;
  const known = connection.get<{ dataset_uuid: string }>(
    'SELECT dataset_uuid FROM datasets WHERE experiment_id = ? AND name = ? AND digest = ?',
    experimentNumber(experimentId),
    input.name,
    input.digest,
  );
  if (known) return known.dataset_uuid;
  const id = newId();
  connection.run(
    `INSERT INTO datasets (dataset_uuid, experiment_id, name, digest, dataset_source_type, dataset_source,
       dataset_schema, dataset_profile) VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
    id,
    experimentNumber(experimentId),
    input.name,
    input.digest,
    input.sourceType,
    input.source,
    input.schema,
    input.profile,
  );
  return id;
}

/** The datasets that a run read, in the order of their names. */
export function readInputs(session: Session, runId: string): DatasetInput[] {
  return session.connection
    .all<DatasetInput>(
      `SELECT d.name, d.digest, d.dataset_source_type AS sourceType, d.dataset_source AS source,
       d.dataset_schema AS schema, d.dataset_profile AS profile, coalesce(t.value, '') AS context
     FROM inputs i
     JOIN datasets d ON d.dataset_uuid = i.source_id
     LEFT JOIN input_tags t ON t.input_uuid = i.input_uuid AND t.name = '${CONTEXT_TAG}'
     WHERE i.source_type = 'DATASET' AND i.destination_type = 'RUN' AND i.destination_id = ?
     ORDER BY d.name, d.digest`,
      runId,
    )
    .map((row) => ({ ...row }));
}
