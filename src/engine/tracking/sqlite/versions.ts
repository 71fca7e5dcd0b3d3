import { EngineError } from '../../support/errors.ts';
import { checkVersionTag } from '../limits.ts';
import type { ModelVersion, NewModelVersion, StageField } from '../store.ts';
import { readAliases, touchModel } from './models.ts';
import { inWorkspace, type Session } from './session.ts';
import { resolveSource } from './sources.ts';

interface VersionRow {
  name: string;
  version: number;
  creation_time: number | null;
  last_updated_time: number | null;
  description: string | null;
  user_id: string | null;
  current_stage: StageField;
  source: string | null;
  run_id: string | null;
  status: ModelVersion['status'] | null;
  storage_location: string | null;
}

const SELECT = `SELECT name, version, creation_time, last_updated_time, description, user_id, current_stage, source, run_id,
  status, storage_location FROM model_versions`;

/** MLflow keeps deleted versions under this stage, so that their numbers are never given again. */
const LIVE = "current_stage != 'Deleted_Internal'";

/** All versions of a model, newest first, without deleted ones. */
export function listVersions(session: Session, name: string): ModelVersion[] {
  const where = `name = ? AND ${LIVE}${inWorkspace(session, 'model_versions')}`;
  const rows = session.connection.all<VersionRow>(`${SELECT} WHERE ${where} ORDER BY version DESC`, name);
  const aliases = readAliases(session, name);
  return rows.map((row) => toVersion(session, row, aliases));
}

/** @throws EngineError `not-found` */
export function getVersion(session: Session, name: string, version: string): ModelVersion {
  return toVersion(session, requireVersion(session, name, version), readAliases(session, name));
}

/**
 * Where the files of a version lie.
 * @throws EngineError `not-found`
 */
export function locateVersion(session: Session, name: string, version: string): string {
  const row = requireVersion(session, name, version);
  const source = row.source ?? '';
  return resolveSource(session, row.storage_location ?? source) ?? source;
}

function requireVersion(session: Session, name: string, version: string): VersionRow {
  const where = `name = ? AND version = ? AND ${LIVE}${inWorkspace(session, 'model_versions')}`;
  const number = /^\d+$/.test(version) ? Number(version) : -1;
  const row = session.connection.get<VersionRow>(`${SELECT} WHERE ${where}`, name, number);
  if (row) return row;
  throw new EngineError('not-found', `The model "${name}" has no version ${version}.`, {
    fix: 'See the versions with: gnu-mlops info --history',
  });
}

export function hasVersion(session: Session, name: string, version: string): boolean {
  const where = `name = ? AND version = ? AND ${LIVE}${inWorkspace(session, 'model_versions')}`;
  return session.connection.get(`SELECT 1 FROM model_versions WHERE ${where}`, name, Number(version)) !== undefined;
}

/** Registers a version under the next number, counting deleted ones, and returns it. */
export function createVersion(session: Session, version: NewModelVersion, now: number): ModelVersion {
  touchModel(session, version.name, now);
  const number = nextNumber(session, version.name);
  session.connection.run(
    `INSERT INTO model_versions (name, version, creation_time, last_updated_time, description, user_id, current_stage,
       source, run_id, status, status_message, run_link, storage_location)
     VALUES (?, ?, ?, ?, ?, ?, 'None', ?, ?, 'READY', NULL, NULL, ?)`,
    version.name,
    number,
    now,
    now,
    version.description ?? null,
    version.userId,
    version.source,
    version.runId,
    resolveSource(session, version.source) ?? version.source,
  );
  for (const [key, value] of Object.entries(version.tags ?? {})) {
    setVersionTag(session, version.name, String(number), key, value);
  }
  return getVersion(session, version.name, String(number));
}

/** Sets (text) or removes (null) a tag; the key's columns differ between schemas, so the old row goes first. */
export function setVersionTag(
  session: Session,
  name: string,
  version: string,
  key: string,
  value: string | null,
): void {
  const where = `name = ? AND version = ? AND key = ?${inWorkspace(session, 'model_version_tags')}`;
  session.connection.run(`DELETE FROM model_version_tags WHERE ${where}`, name, Number(version), key);
  if (value === null) return;
  const sql = 'INSERT INTO model_version_tags (name, version, key, value) VALUES (?, ?, ?, ?)';
  session.connection.run(sql, name, Number(version), key, checkVersionTag(key, value));
}

/** Mirrors the stage in MLflow's own field; it must never be NULL, or MLflow no longer sees the version. */
export function setStageField(session: Session, name: string, version: string, stage: StageField): void {
  const where = `name = ? AND version = ? AND ${LIVE}${inWorkspace(session, 'model_versions')}`;
  session.connection.run(`UPDATE model_versions SET current_stage = ? WHERE ${where}`, stage, name, Number(version));
}

export function touchVersion(session: Session, name: string, version: string, now: number): void {
  const where = `name = ? AND version = ?${inWorkspace(session, 'model_versions')}`;
  session.connection.run(`UPDATE model_versions SET last_updated_time = ? WHERE ${where}`, now, name, Number(version));
}

function nextNumber(session: Session, name: string): number {
  const where = `name = ?${inWorkspace(session, 'model_versions')}`;
  const sql = `SELECT coalesce(max(version), 0) + 1 AS next FROM model_versions WHERE ${where}`;
  return session.connection.get<{ next: number }>(sql, name)!.next;
}

function toVersion(session: Session, row: VersionRow, aliases: Record<string, string>): ModelVersion {
  const version = String(row.version);
  return {
    name: row.name,
    version,
    createdAt: row.creation_time ?? 0,
    updatedAt: row.last_updated_time ?? 0,
    description: row.description ?? '',
    userId: row.user_id ?? '',
    stageField: row.current_stage,
    status: row.status ?? 'READY',
    source: row.source ?? '',
    runId: row.run_id || null,
    tags: readTags(session, row),
    aliases: Object.keys(aliases).filter((alias) => aliases[alias] === version),
  };
}

function readTags(session: Session, row: VersionRow): Record<string, string> {
  const where = `name = ? AND version = ?${inWorkspace(session, 'model_version_tags')}`;
  const sql = `SELECT key, value FROM model_version_tags WHERE ${where}`;
  const tags = session.connection.all<{ key: string; value: string | null }>(sql, row.name, row.version);
  return Object.fromEntries(tags.map((tag) => [tag.key, tag.value ?? '']));
}
