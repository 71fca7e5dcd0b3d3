import * as assert from 'node:assert/strict';
import { appendFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { Project } from '../../../src/engine/project.ts';
import { openSqliteStore } from '../../../src/engine/tracking/sqlite/store.ts';
import { ProjectPool } from '../../../src/extension/engine/service/project-pool.ts';
import { temporaryFolder } from '../tracking/temporary-store.ts';

describe('A project that views read', () => {
  const { folder, remove } = temporaryFolder();
  const configFile = path.join(folder, 'config.yaml');
  const pool = new ProjectPool(() => undefined);
  const look = () =>
    pool.read<Project | null>(
      { configFile, trusted: true },
      () => null,
      async (project) => project,
    );

  before(async () => {
    writeFileSync(configFile, 'mlflow: { experiment_name: one }\n');
    await (await openSqliteStore({ path: 'mlflow.db', baseDir: folder })).close();
  });

  after(async () => {
    await pool.close();
    remove();
  });

  it('is opened once for all that ask at the same time, and for those that come later', async () => {
    const [first, ...others] = await Promise.all([look(), look(), look()]);
    assert.ok(first);
    for (const other of [...others, await look()]) assert.equal(other, first);
  });

  it('is opened anew when its configuration changed, even while it was being opened', async () => {
    const before = await look();
    appendFileSync(configFile, '# later\n');
    const early = look();
    appendFileSync(configFile, 'training: { cv_folds: 7 }\n');
    const late = await look();
    assert.notEqual(late, before);
    assert.equal(late!.config.training.cv_folds, 7);
    assert.ok(await early);
  });
});
