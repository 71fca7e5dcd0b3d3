import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import {
  openSqliteStore,
  type SqliteStore,
  type SqliteStoreOptions,
} from '../../../src/engine/tracking/sqlite/store.ts';

/** A folder for one test; call `remove` afterwards. */
export function temporaryFolder(): { folder: string; remove: () => void } {
  const folder = mkdtempSync(path.join(tmpdir(), 'gnu-mlops-test-'));
  return { folder, remove: () => rmSync(folder, { recursive: true, force: true }) };
}

/** A new store in a folder of its own, gone when `dispose` is called. */
export async function temporaryStore(
  options: SqliteStoreOptions = {},
): Promise<{ store: SqliteStore; folder: string; dispose: () => Promise<void> }> {
  const { folder, remove } = temporaryFolder();
  const store = await openSqliteStore({ path: 'mlflow.db', baseDir: folder, ...options });
  const dispose = async () => {
    await store.close();
    remove();
  };
  return { store, folder, dispose };
}
