import * as assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { openSqliteStore } from '../../../src/engine/tracking/sqlite/store.ts';
import { temporaryFolder } from './temporary-store.ts';

const dump = path.resolve(import.meta.dirname, '../../fixtures/contract/0584bdc529eb-mlflow-2.22.5.sql');

/** What a table is to SQL, whatever words made it. */
function shape(database: DatabaseSync, table: string): unknown {
  const all = (sql: string) =>
    database
      .prepare(sql)
      .all(table)
      .map((row) => ({ ...row }));
  return {
    columns: all('SELECT cid, name, type, "notnull", dflt_value, pk FROM pragma_table_info(?)'),
    foreignKeys: all(
      'SELECT "table", "from", "to", on_update, on_delete FROM pragma_foreign_key_list(?) ORDER BY 1, 2',
    ),
    indices: all(
      `SELECT CASE WHEN origin = 'c' THEN l.name ELSE origin END AS name, "unique",
         (SELECT group_concat(name) FROM pragma_index_info(l.name)) AS columns
       FROM pragma_index_list(?) l ORDER BY 1, 3`,
    ),
  };
}

function tables(database: DatabaseSync): string[] {
  const rows = database.prepare("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name").all();
  return rows.map((row) => String(row.name)).filter((name) => !name.startsWith('sqlite_'));
}

describe('The schema of a new store', () => {
  const { folder, remove } = temporaryFolder();
  let ours: DatabaseSync;
  const mlflow = new DatabaseSync(':memory:');

  before(async () => {
    const store = await openSqliteStore({ path: 'mlflow.db', baseDir: folder });
    await store.close();
    ours = new DatabaseSync(path.join(folder, 'mlflow.db'));
    mlflow.exec('PRAGMA foreign_keys = OFF');
    mlflow.exec(readFileSync(dump, 'utf8'));
  });

  after(() => {
    ours.close();
    mlflow.close();
    remove();
  });

  it('has the tables of MLflow 2.22 and one of ours', () => {
    assert.deepEqual(tables(ours), [...tables(mlflow), 'gnu_mlops_meta'].sort());
  });

  it('has the same columns, keys and indices in each', () => {
    for (const table of tables(mlflow)) assert.deepEqual(shape(ours, table), shape(mlflow, table), table);
  });

  it('has the same checks', () => {
    const insert = (status: string, stage: string) => () =>
      ours.exec(
        `INSERT INTO runs (run_uuid, status, lifecycle_stage, source_type) VALUES ('x', '${status}', '${stage}', 'LOCAL')`,
      );
    assert.throws(insert('DONE', 'active'), /CHECK/);
    assert.throws(insert('FINISHED', 'gone'), /CHECK/);
  });

  it('has the revision that MLflow migrates from', () => {
    const revision = (database: DatabaseSync) => database.prepare('SELECT version_num FROM alembic_version').get();
    assert.deepEqual({ ...revision(ours) }, { ...revision(mlflow) });
    assert.deepEqual(ours.prepare('PRAGMA foreign_key_check').all(), []);
  });
});
