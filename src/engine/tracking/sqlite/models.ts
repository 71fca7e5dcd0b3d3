import { EngineError } from '../../support/errors.ts';
import { checkAlias, checkKey, checkModelName } from '../limits.ts';
import type { ModelRemarks, RegisteredModel } from '../store.ts';
import { inWorkspace, type Session } from './session.ts';

interface ModelRow {
  name: string;
  description: string | null;
  creation_time: number | null;
  last_updated_time: number | null;
}

const SELECT = 'SELECT name, description, creation_time, last_updated_time FROM registered_models';

/** All registered models by name. */
export function listModels(session: Session): RegisteredModel[] {
  const where = `WHERE true${inWorkspace(session, 'registered_models')}`;
  const rows = session.connection.all<ModelRow>(`${SELECT} ${where} ORDER BY name`);
  return rows.map((row) => toModel(session, row));
}

export function findModel(session: Session, name: string): RegisteredModel | null {
  const row = session.connection.get<ModelRow>(
    `${SELECT} WHERE name = ?${inWorkspace(session, 'registered_models')}`,
    name,
  );
  return row ? toModel(session, row) : null;
}

/** Makes the model when missing and notes that it changed. */
export function touchModel(session: Session, name: string, now: number): void {
  const where = `name = ?${inWorkspace(session, 'registered_models')}`;
  const known = session.connection.get(`SELECT 1 FROM registered_models WHERE ${where}`, checkModelName(name));
  if (known) session.connection.run(`UPDATE registered_models SET last_updated_time = ? WHERE ${where}`, now, name);
  else {
    const sql =
      'INSERT INTO registered_models (name, creation_time, last_updated_time, description) VALUES (?, ?, ?, NULL)';
    session.connection.run(sql, name, now, now);
  }
}

/** @throws EngineError `not-found` */
export function describeModel(session: Session, name: string, { tags = {}, description }: ModelRemarks): void {
  if (findModel(session, name) === null) {
    throw new EngineError('not-found', `There is no registered model "${name}" in the store.`);
  }
  touchModel(session, name, Date.now());
  const where = (table: string) => `name = ?${inWorkspace(session, table)}`;
  for (const [key, value] of Object.entries(tags)) {
    const sql = `DELETE FROM registered_model_tags WHERE ${where('registered_model_tags')} AND key = ?`;
    session.connection.run(sql, name, checkKey('tag', key));
    session.connection.run('INSERT INTO registered_model_tags (name, key, value) VALUES (?, ?, ?)', name, key, value);
  }
  if (description === undefined) return;
  const sql = `UPDATE registered_models SET description = ? WHERE ${where('registered_models')}`;
  session.connection.run(sql, description, name);
}

/** Version by alias. */
export function readAliases(session: Session, name: string): Record<string, string> {
  const rows = session.connection.all<{ alias: string; version: number }>(
    `SELECT alias, version FROM registered_model_aliases
     WHERE name = ?${inWorkspace(session, 'registered_model_aliases')} ORDER BY alias`,
    name,
  );
  return Object.fromEntries(rows.map((row) => [row.alias, String(row.version)]));
}

/** Points the alias at a version, or at none. The key's columns differ between schemas, so the old row goes first. */
export function moveAlias(session: Session, name: string, alias: string, version: string | null): void {
  const where = `name = ? AND alias = ?${inWorkspace(session, 'registered_model_aliases')}`;
  session.connection.run(`DELETE FROM registered_model_aliases WHERE ${where}`, name, checkAlias(alias));
  if (version === null) return;
  const sql = 'INSERT INTO registered_model_aliases (name, alias, version) VALUES (?, ?, ?)';
  session.connection.run(sql, name, alias, Number(version));
}

function toModel(session: Session, row: ModelRow): RegisteredModel {
  const tags = session.connection.all<{ key: string; value: string | null }>(
    `SELECT key, value FROM registered_model_tags WHERE name = ?${inWorkspace(session, 'registered_model_tags')}`,
    row.name,
  );
  return {
    name: row.name,
    description: row.description ?? '',
    createdAt: row.creation_time ?? 0,
    updatedAt: row.last_updated_time ?? 0,
    tags: Object.fromEntries(tags.map((tag) => [tag.key, tag.value ?? ''])),
    aliases: readAliases(session, row.name),
  };
}
