import { constants } from 'node:fs';
import { access, rename } from 'node:fs/promises';
import { joinLocation } from '../../artifacts/artifact-path.ts';
import { EngineError } from '../../support/errors.ts';
import type { SqliteConnection } from './connection.ts';
import { artifactLocation } from './location.ts';
import { BASE_REVISION, BASE_SCHEMA, META_DDL, META_TABLE } from './schema.ts';
import { currentLayout, hasColumn, isOurs, type Layout } from './session.ts';

/**
 * Fills an empty file: tables, revision, experiment 0. One transaction, so that a killed creation leaves an empty file, which
 * the next one fills, and of two at the same time one finds the other's work done.
 */
export function createStore(connection: SqliteConnection, artifactRoot: string): Promise<void> {
  return connection.write(() => {
    if (!isEmpty(currentLayout(connection, null))) return;
    for (const statement of BASE_SCHEMA) connection.run(statement);
    connection.run('INSERT INTO alembic_version (version_num) VALUES (?)', BASE_REVISION);
    const now = Date.now();
    connection.run(
      `INSERT INTO experiments (experiment_id, name, artifact_location, lifecycle_stage, creation_time, last_update_time)
       VALUES (0, 'Default', ?, 'active', ?, ?)`,
      joinLocation(artifactLocation(artifactRoot), '0'),
      now,
      now,
    );
    connection.run(META_DDL);
    setMeta(connection, 'created_at', new Date(now).toISOString());
    setMeta(connection, 'schema', '1');
  });
}

/** Whether the file holds no table at all: new, or left by a creation that was killed. */
export function isEmpty(layout: Layout): boolean {
  return layout.tables.size === 0;
}

/** @throws EngineError `invalid-store` when the tables are not MLflow's, or too old to be understood. */
export function checkStore(connection: SqliteConnection, layout: Layout): void {
  const { file } = connection;
  if (!['experiments', 'runs', 'latest_metrics', 'alembic_version'].every((table) => layout.tables.has(table))) {
    throw new EngineError('invalid-store', `${file} is a SQLite database, but not one of MLflow's.`, {
      fix: 'Point mlflow.tracking_uri at an MLflow database, or at a name that does not exist yet to make a new one.',
    });
  }
  if (layout.tables.has('model_versions') && hasColumn(connection, 'model_versions', 'storage_location')) return;
  throw new EngineError(
    'invalid-store',
    `${file} was made by an MLflow older than 2.9 (revision ${revision(connection)}).`,
    {
      fix: `Make a copy of it, then run "mlflow db upgrade sqlite:///${file}" with MLflow 2.22 or newer.`,
    },
  );
}

/** The revision of the schema, as MLflow's migrations name it. */
export function revision(connection: SqliteConnection): string {
  return connection.get<{ version_num: string }>('SELECT version_num FROM alembic_version')?.version_num ?? 'none';
}

/**
 * Before the first write to a store that Python made: keeps a copy beside it, then marks the store with our table.
 * The copy is complete or absent; two programs at once may each make one.
 */
export async function claimStore(connection: SqliteConnection): Promise<void> {
  if (isOurs(await connection.read(() => currentLayout(connection, null)))) return;
  await requireWritable(connection.file);
  const stamp = new Date().toISOString().replace(/[-:]|\.\d+/g, '');
  const copy = `${connection.file}.before-gnu-mlops-${stamp}`;
  const partial = `${copy}.${process.pid}.partial`;
  await connection.execute(`VACUUM INTO '${partial.replaceAll("'", "''")}'`);
  await rename(partial, copy);
  await connection.write(() => {
    if (isOurs(currentLayout(connection, null))) return;
    connection.run(META_DDL);
    setMeta(connection, 'claimed_at', new Date().toISOString());
    setMeta(connection, 'schema', '1');
  });
}

function setMeta(connection: SqliteConnection, key: string, value: string): void {
  connection.run(`INSERT OR REPLACE INTO ${META_TABLE} (key, value) VALUES (?, ?)`, key, value);
}

/** Asks the system without opening the file, which would drop SQLite's locks when it is closed again. */
async function requireWritable(file: string): Promise<void> {
  try {
    await access(file, constants.W_OK);
  } catch (error) {
    const fix = 'Give this user write permission on the file and on its folder.';
    throw new EngineError(
      'store-read-only',
      `${file} cannot be written by this user.`,
      { fix, file },
      { cause: error },
    );
  }
}
