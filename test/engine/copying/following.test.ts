import * as assert from 'node:assert/strict';
import { detectOutsideChanges } from '../../../src/engine/registry/history.ts';
import { planRollback } from '../../../src/engine/registry/plan.ts';
import type { AliasMove } from '../../../src/engine/tracking/promotion-commit.ts';
import { openSqliteStore, type SqliteStore } from '../../../src/engine/tracking/sqlite/store.ts';
import { Deployments, useStores } from './source-store.ts';
import { contentsOf } from './store-contents.ts';

/** Two stores that are both worked with after one was copied into the other. */
describe('A copy that is copied to again', () => {
  const on = new Deployments();
  let source: SqliteStore;
  let target: SqliteStore;
  const { folder, copyAll } = useStores(async (stores) => {
    ({ source, target } = stores);
    for (const _ of [1, 2, 3]) await on.register(source);
    await on.deploy(source, '1');
    await on.deploy(source, '2');
    await copyAll();
  });

  /** Moves an alias as another tool does. */
  async function moveAlias(store: SqliteStore, ...moves: AliasMove[]): Promise<void> {
    const { experimentId } = await store.ensureExperiment('elsewhere');
    const run = await store.createRun({ experimentId, name: 'alias', userId: 'bob', startTime: 1 });
    const commit = { modelName: 'model', eventRunId: run.runId, moves, stageFields: {}, versionTags: {}, endTime: 2 };
    assert.equal((await store.commitPromotion(commit)).status, 'committed');
  }

  const aliasesOf = async (store: SqliteStore) => (await store.findModel('model'))!.aliases;

  it('follows deployments and rollbacks: aliases, stages, tags and history', async () => {
    await on.deploy(source, '3');
    const plan = await copyAll({ dryRun: true });
    assert.deepEqual(
      plan.models[0]!.versions.map(({ status }) => status),
      ['present', 'updated', 'updated'],
    );
    assert.deepEqual(plan.models[0]!.aliases, [{ alias: 'GNU_Production', version: '3', status: 'set' }]);
    assert.equal((await copyAll()).status, 'copied');
    assert.deepEqual(await contentsOf(target), await contentsOf(source));

    await on.promote(source, 'Staging', '1');
    await on.rollBack(source);
    const { models, warnings } = await copyAll();
    assert.deepEqual(warnings, []);
    assert.equal(models[0]!.events, 2);
    assert.deepEqual(await contentsOf(target), await contentsOf(source));
    assert.deepEqual(detectOutsideChanges(await on.stateOf(target)), []);
    // What was rolled back is not what a rollback of the copy offers.
    assert.equal(
      planRollback(await on.stateOf(target), {}).version,
      planRollback(await on.stateOf(source), {}).version,
    );
    assert.equal((await copyAll()).status, 'nothing-to-do');
  });

  it('leaves stages and history alone when somebody decided in the target, and says so', async () => {
    await on.rollBack(target);
    const before = await contentsOf(target);
    await on.deploy(source, '3');
    const plan = await copyAll({ dryRun: true });
    const { models, warnings } = await copyAll();
    assert.deepEqual(plan.models, models);
    assert.deepEqual([models[0]!.events, models[0]!.events_left], [0, 2]);
    assert.deepEqual(models[0]!.aliases, [{ alias: 'GNU_Production', version: '1', status: 'kept' }]);
    assert.match(warnings.join(), /somebody else put GNU_Production at version 1 there; 2 newer events stayed behind/);
    assert.deepEqual(await contentsOf(target), before);
    assert.deepEqual(detectOutsideChanges(await on.stateOf(target)), []);
  });

  it('sees a stage that another tool changed in the target', async () => {
    await moveAlias(target, { alias: 'GNU_Production', expected: '2', target: null });
    await on.deploy(source, '3');
    const { models } = await copyAll();
    assert.deepEqual(models[0]!.aliases, [{ alias: 'GNU_Production', version: null, status: 'kept' }]);
    assert.deepEqual(await aliasesOf(target), {});
  });

  it('brings aliases of other names, moves and removes them, unless the target has its own', async () => {
    await moveAlias(
      source,
      { alias: 'champion', expected: null, target: '2' },
      { alias: 'canary', expected: null, target: '2' },
    );
    await moveAlias(target, { alias: 'canary', expected: null, target: '1' });
    const { models, warnings } = await copyAll();
    const statuses = Object.fromEntries(models[0]!.aliases.map(({ alias, status }) => [alias, status]));
    assert.deepEqual(statuses, { GNU_Production: 'present', champion: 'set', canary: 'kept' });
    assert.match(warnings.join(), /own aliases stay: canary at version 1/);
    await moveAlias(source, { alias: 'champion', expected: '2', target: '3' });
    await copyAll();
    assert.deepEqual(await aliasesOf(target), { GNU_Production: '2', champion: '3', canary: '1' });
    await moveAlias(source, { alias: 'champion', expected: '3', target: null });
    assert.equal((await copyAll()).models[0]!.aliases.find(({ alias }) => alias === 'champion')!.status, 'removed');
    assert.deepEqual(await aliasesOf(target), { GNU_Production: '2', canary: '1' });
    await moveAlias(target, { alias: 'canary', expected: '1', target: null });
    await copyAll();
    assert.equal((await aliasesOf(target)).canary, '2');
  });

  it('follows in both directions, each time from where both agreed last', async () => {
    await on.deploy(target, '3');
    await copyAll({ from: 'sqlite:///copy.db', to: 'sqlite:///mlflow.db' });
    assert.deepEqual(await contentsOf(source), await contentsOf(target));
    await on.rollBack(source);
    await copyAll();
    assert.deepEqual(await contentsOf(target), await contentsOf(source));
    await on.deploy(target, '1');
    await copyAll({ from: 'sqlite:///copy.db', to: 'sqlite:///mlflow.db' });
    assert.deepEqual(await contentsOf(source), await contentsOf(target));
  });

  it('tells its history under another name, too', async () => {
    await copyAll({ to: 'sqlite:///renamed.db', model: 'model', modelName: 'churn' });
    const renamed = await openSqliteStore({ path: 'renamed.db', baseDir: folder });
    const state = await new Deployments('churn').stateOf(renamed);
    await renamed.close();
    assert.deepEqual([state.aliases, state.events.length], [{ GNU_Production: '2' }, 4]);
    assert.deepEqual(detectOutsideChanges(state), []);
  });
});
