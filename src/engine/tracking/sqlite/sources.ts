import { existsSync } from 'node:fs';
import path from 'node:path';
import { joinLocation } from '../../artifacts/artifact-path.ts';
import { localFolder } from './location.ts';
import { inWorkspace, type Session } from './session.ts';

/**
 * Where the model folder of a version lies that was registered from a path, a file URI, `runs:/<run>/<path>`, `models:/m-<id>`
 * (MLflow 3 keeps models beside runs), `models:/<name>/<version>`, `mlflow-artifacts:/...`, `s3://...`: a folder of this machine,
 * or else a URI. Null when the store does not tell.
 */
export function resolveSource(session: Session, source: string): string | null {
  const [, runId, runPath] = /^runs:\/+([^/]+)\/?(.*)$/.exec(source) ?? [];
  if (runId !== undefined) return runFolder(session, runId, runPath!);
  const [, modelId] = /^models:\/+(m-[0-9a-f]+)$/.exec(source) ?? [];
  if (modelId !== undefined) return loggedModelFolder(session, 'model_id = ?', modelId);
  const [, name, version] = /^models:\/+([^/]+)\/(\d+)$/.exec(source) ?? [];
  if (name !== undefined) return otherVersionFolder(session, decodeURIComponent(name), Number(version));
  return place(session, source);
}

function place({ storeFolder }: Session, uri: string): string {
  return localFolder(uri, storeFolder) ?? uri;
}

/** MLflow 3 answers `runs:/` with the model that the run logged under that name, when the run itself has no such folder. */
function runFolder(session: Session, runId: string, runPath: string): string | null {
  const sql = 'SELECT artifact_uri FROM runs WHERE run_uuid = ?';
  const row = session.connection.get<{ artifact_uri: string | null }>(sql, runId);
  if (!row?.artifact_uri) return null;
  const uri = joinLocation(row.artifact_uri, ...runPath.split('/').filter(Boolean));
  const folder = localFolder(uri, session.storeFolder);
  if (folder !== null && existsSync(path.join(folder, 'MLmodel'))) return folder;
  return loggedModelFolder(session, 'source_run_id = ? AND name = ?', runId, runPath) ?? folder ?? uri;
}

function loggedModelFolder(session: Session, where: string, ...values: string[]): string | null {
  if (!session.layout.tables.has('logged_models')) return null;
  const sql = `SELECT artifact_location FROM logged_models WHERE ${where} ORDER BY creation_timestamp_ms DESC`;
  const row = session.connection.get<{ artifact_location: string }>(sql, ...values);
  return row ? place(session, row.artifact_location) : null;
}

function otherVersionFolder(session: Session, name: string, version: number): string | null {
  const sql = `SELECT coalesce(storage_location, source) AS source FROM model_versions
    WHERE name = ? AND version = ?${inWorkspace(session, 'model_versions')}`;
  const source = session.connection.get<{ source: string | null }>(sql, name, version)?.source;
  // A version made from another one holds the resolved place already; anything else would lead in circles.
  return !source || source.startsWith('models:/') ? null : resolveSource(session, source);
}
