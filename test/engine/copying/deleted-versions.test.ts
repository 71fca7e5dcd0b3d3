import * as assert from 'node:assert/strict';
import { DatabaseSync } from 'node:sqlite';
import { detectOutsideChanges } from '../../../src/engine/registry/history.ts';
import { planRollback } from '../../../src/engine/registry/plan.ts';
import { openSqliteStore, type SqliteStore } from '../../../src/engine/tracking/sqlite/store.ts';
import { Deployments, useStores } from './source-store.ts';

/** Copies of versions that somebody deleted in the source since. */
describe('A copy whose original was deleted', () => {
  const on = new Deployments();
  let source: SqliteStore;
  let target: SqliteStore;
  const { folder, copyAll } = useStores(async (stores) => {
    ({ source, target } = stores);
    for (const _ of [1, 2, 3]) await on.register(source);
    await on.deploy(source, '1');
  });

  /** As MLflow does it: the aliases go, too. */
  function deleteVersion(version: string): void {
    const database = new DatabaseSync(source.file);
    database.exec(`UPDATE model_versions SET current_stage = 'Deleted_Internal' WHERE version = ${version}`);
    database.exec(`DELETE FROM registered_model_aliases WHERE version = ${version}`);
    database.close();
  }

  const aliasesOf = async (store: SqliteStore) => (await store.findModel('model'))!.aliases;
  const stageFields = async () => (await target.listVersions('model')).map(({ stageField }) => stageField).reverse();

  it('gives production to who follows, because copying gave it to it', async () => {
    await copyAll();
    await on.deploy(source, '2');
    deleteVersion('1');
    const plan = await copyAll({ dryRun: true });
    const { models, warnings } = await copyAll();
    assert.deepEqual(plan.models, models);
    assert.deepEqual(warnings, []);
    assert.deepEqual([models[0]!.events, models[0]!.events_left], [2, 0]);
    assert.deepEqual(await aliasesOf(target), { GNU_Production: '2' });
    assert.deepEqual(await stageFields(), ['Archived', 'Production', 'None']);
    assert.deepEqual(detectOutsideChanges(await on.stateOf(target)), []);
    // It is still there, and a good one.
    assert.equal(planRollback(await on.stateOf(target), {}).version, '1');
    assert.equal((await copyAll()).status, 'nothing-to-do');

    await on.deploy(source, '3');
    deleteVersion('2');
    await copyAll();
    assert.deepEqual(await aliasesOf(target), { GNU_Production: '3' });
    assert.equal((await copyAll()).status, 'nothing-to-do');
  });

  it('is not what a rollback leads back to when it was rolled back itself', async () => {
    await on.deploy(source, '2');
    await copyAll();
    await on.rollBack(source);
    deleteVersion('2');
    await copyAll();
    assert.deepEqual(await aliasesOf(target), { GNU_Production: '1' });
    const state = await on.stateOf(target);
    assert.throws(() => planRollback(state, {}), /nothing to roll model back to/);
  });

  it('stays in production while nobody follows, and leaves Staging', async () => {
    await on.promote(source, 'Staging', '2');
    await copyAll();
    deleteVersion('1');
    deleteVersion('2');
    const { models } = await copyAll();
    assert.deepEqual(models[0]!.aliases, [
      { alias: 'Staging', version: null, status: 'removed' },
      { alias: 'GNU_Production', version: '1', status: 'kept' },
    ]);
    assert.deepEqual(await aliasesOf(target), { GNU_Production: '1' });
    assert.deepEqual(await stageFields(), ['Production', 'None', 'None']);
    assert.equal((await copyAll()).status, 'nothing-to-do');
    await on.deploy(source, '3');
    assert.deepEqual((await copyAll()).models[0]!.events_left, 0);
    assert.deepEqual(await aliasesOf(target), { GNU_Production: '3' });
  });

  it('keeps what somebody else decided in the target', async () => {
    await copyAll();
    await on.deploy(target, '3');
    await on.deploy(source, '2');
    deleteVersion('1');
    const { models, warnings } = await copyAll();
    assert.equal(models[0]!.events_left, 2);
    assert.match(warnings.join(), /somebody else put GNU_Production at version 3 there/);
    assert.deepEqual(await aliasesOf(target), { GNU_Production: '3' });
  });

  it('is told from a copy out of another store, whose production is not taken', async () => {
    const other = await openSqliteStore({ path: 'other.db', baseDir: folder });
    await on.register(other);
    await on.deploy(other, '1');
    await other.close();
    await copyAll();
    const { models } = await copyAll({ from: 'sqlite:///other.db' });
    assert.deepEqual(models[0]!.aliases, [{ alias: 'GNU_Production', version: '1', status: 'kept' }]);
    assert.deepEqual(await aliasesOf(target), { GNU_Production: '1' });
  });
});
