import type { SqliteConnection } from './connection.ts';
import { META_TABLE } from './schema.ts';

/**
 * What the file looks like now. MLflow's schema moves with almost every release and a Python client migrates the file
 * under us, so this is read again whenever SQLite's schema version moved, and statements name their columns.
 */
export interface Layout {
  schemaVersion: number;
  tables: ReadonlySet<string>;
  /** Since MLflow 3.10 experiments and the registry belong to a workspace. */
  hasWorkspaces: boolean;
}

/** One transaction's view: the connection, the layout it found, and the folder the store lies in. */
export interface Session {
  readonly connection: SqliteConnection;
  readonly layout: Layout;
  readonly storeFolder: string;
}

/** The layout now, `known` when nothing changed. Call it inside a transaction. */
export function currentLayout(connection: SqliteConnection, known: Layout | null): Layout {
  const schemaVersion = connection.get<{ schema_version: number }>('PRAGMA schema_version')!.schema_version;
  if (known?.schemaVersion === schemaVersion) return known;
  const tables = connection.all<{ name: string }>("SELECT name FROM sqlite_master WHERE type = 'table'");
  return {
    schemaVersion,
    tables: new Set(tables.map((table) => table.name)),
    hasWorkspaces: hasColumn(connection, 'registered_models', 'workspace'),
  };
}

/** Whether our own table is in the file: we made the store or have written to it before. */
export function isOurs(layout: Layout): boolean {
  return layout.tables.has(META_TABLE);
}

export function hasColumn(connection: SqliteConnection, table: string, column: string): boolean {
  const sql = 'SELECT 1 FROM pragma_table_info(?) WHERE name = ?';
  return connection.get(sql, table, column) !== undefined;
}

/** SQL that keeps to MLflow's default workspace, the only one that a plain SQLite URI shows; `AND` stands in front. */
export function inWorkspace(session: Session, table: string): string {
  return session.layout.hasWorkspaces ? ` AND ${table}.workspace = 'default'` : '';
}
