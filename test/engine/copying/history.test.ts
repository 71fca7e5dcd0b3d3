import * as assert from 'node:assert/strict';
import { renameSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { detectOutsideChanges } from '../../../src/engine/registry/history.ts';
import { planRollback } from '../../../src/engine/registry/plan.ts';
import type { SqliteStore } from '../../../src/engine/tracking/sqlite/store.ts';
import { Deployments, useStores } from './source-store.ts';

/** Copies of a model some of whose versions did not come along at first. */
describe('The history of a copy', () => {
  const on = new Deployments();
  let source: SqliteStore;
  let target: SqliteStore;
  const { copyAll } = useStores((stores) => {
    ({ source, target } = stores);
  });

  /** Does something while the model of a version is not where the store says. */
  async function without(version: string, body: () => Promise<void>): Promise<void> {
    const model = await source.locate(await source.getVersion('model', version));
    renameSync(model, `${model}-away`);
    await body();
    renameSync(`${model}-away`, model);
  }

  const numbersIn = async (store: SqliteStore) =>
    (await on.stateOf(store)).events.map(({ kind, version, previous }) => [kind, version, previous]);

  it('waits for versions that did not come along, and is true when they came', async () => {
    for (const version of ['1', '2']) {
      await on.register(source);
      await on.deploy(source, version);
    }
    await on.rollBack(source);
    await on.deploy(source, '2');
    await without('1', async () => {
      const plan = await copyAll({ dryRun: true });
      const done = await copyAll();
      assert.equal(done.status, 'incomplete');
      for (const { models, warnings } of [plan, done]) {
        assert.deepEqual([models[0]!.events, models[0]!.events_left], [2, 5]);
        assert.match(warnings.join(), /model: its history of versions that did not come along stays .*: 5 events\./);
      }
      assert.deepEqual((await target.findModel('model'))!.aliases, { GNU_Production: '1' });
      assert.equal((await copyAll()).models[0]!.events_left, 5);
    });
    const later = await copyAll();
    assert.deepEqual([later.status, later.models[0]!.events, later.models[0]!.events_left], ['copied', 5, 0]);
    // Version 1 came second.
    const swapped = (await numbersIn(source)).map((each) =>
      each.map((part) => (part === '1' ? '2' : part === '2' ? '1' : part)),
    );
    assert.deepEqual(await numbersIn(target), swapped);
    assert.deepEqual(detectOutsideChanges(await on.stateOf(target)), []);
    assert.equal(planRollback(await on.stateOf(source), {}).version, '1');
    assert.equal(planRollback(await on.stateOf(target), {}).version, '2');
    assert.equal((await copyAll()).status, 'nothing-to-do');
  });

  it('names a version as deleted when the source deleted it, instead of waiting on', async () => {
    for (const version of ['1', '2']) {
      await on.register(source);
      await on.deploy(source, version);
    }
    await without('1', async () => {
      await copyAll();
      const database = new DatabaseSync(source.file);
      database.exec("UPDATE model_versions SET current_stage = 'Deleted_Internal' WHERE version = 1");
      database.close();
      const { models, warnings } = await copyAll();
      assert.deepEqual([models[0]!.events, models[0]!.events_left, warnings.length], [3, 0, 1]);
    });
    assert.deepEqual(await numbersIn(target), [
      ['promote', '1', 'deleted-1'],
      ['promote', '1', null],
      ['promote', 'deleted-1', null],
      ['promote', 'deleted-1', null],
    ]);
    assert.deepEqual(detectOutsideChanges(await on.stateOf(target)), []);
  });

  it('says of a version that was rolled back to one that is missing neither that this was deleted nor nothing', async () => {
    for (const version of ['1', '2', '3']) {
      await on.register(source);
      if (version !== '3') await on.deploy(source, version);
    }
    await on.rollBack(source);
    await on.deploy(source, '3');
    const rolledBack = async () =>
      (await target.listVersions('model')).flatMap(({ tags }) => tags.gnu_mlops_rolled_back ?? []);
    await without('1', async () => {
      await copyAll();
      assert.deepEqual(await rolledBack(), ['missing-1']);
    });
    await copyAll();
    assert.deepEqual(await rolledBack(), ['3']);
  });
});
