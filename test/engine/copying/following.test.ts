import * as assert from 'node:assert/strict';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { type CopyOptions, copy } from '../../../src/engine/index.ts';
import { detectOutsideChanges } from '../../../src/engine/registry/history.ts';
import { planPromotion, planRollback } from '../../../src/engine/registry/plan.ts';
import { applyPlan } from '../../../src/engine/registry/promotion.ts';
import type { Stage } from '../../../src/engine/registry/stages.ts';
import { loadRegistryState } from '../../../src/engine/registry/state.ts';
import type { AliasMove } from '../../../src/engine/tracking/promotion-commit.ts';
import { openSqliteStore, type SqliteStore } from '../../../src/engine/tracking/sqlite/store.ts';
import { temporaryFolder } from '../tracking/temporary-store.ts';
import { contentsOf } from './store-contents.ts';

const EVENTS = 'churn_events';

/** Two stores that are both worked with after one was copied into the other. */
describe('A copy that is copied to again', () => {
  const { folder, remove } = temporaryFolder();
  const configFile = path.join(folder, 'config.yaml');
  let source: SqliteStore;
  let target: SqliteStore;
  after(remove);

  beforeEach(async () => {
    for (const name of ['mlflow.db', 'copy.db']) rmSync(path.join(folder, name), { force: true });
    writeFileSync(configFile, 'mlflow: { experiment_name: churn }\n');
    source = await openSqliteStore({ path: 'mlflow.db', baseDir: folder });
    target = await openSqliteStore({ path: 'copy.db', baseDir: folder });
    for (const _ of [1, 2, 3]) await register(source);
    await deploy(source, '1');
    await deploy(source, '2');
    await copyAll();
  });

  afterEach(async () => {
    await source.close();
    await target.close();
  });

  const copyAll = (options: CopyOptions = {}) => copy({ configFile }, { to: 'sqlite:///copy.db', ...options });

  async function register(store: SqliteStore): Promise<void> {
    const { experimentId } = await store.ensureExperiment('churn');
    const run = await store.createRun({ experimentId, name: 'train', userId: 'alice', startTime: 1000 });
    const model = path.join(run.artifactUri, 'model');
    mkdirSync(model, { recursive: true });
    writeFileSync(path.join(model, 'MLmodel'), 'flavors: {}');
    const version = { name: 'model', source: model, runId: run.runId, userId: 'alice' };
    await store.finishRun(run.runId, { status: 'FINISHED', endTime: 2000, register: version });
  }

  const stateOf = (store: SqliteStore) => loadRegistryState(store, EVENTS, 'model');

  async function promote(store: SqliteStore, stage: Stage, version: string): Promise<void> {
    const plan = planPromotion(await stateOf(store), { stage, version });
    await applyPlan(store, plan, { by: 'alice', eventsExperiment: EVENTS });
  }

  async function deploy(store: SqliteStore, version: string): Promise<void> {
    await promote(store, 'Staging', version);
    await promote(store, 'GNU_Production', version);
  }

  async function rollBack(store: SqliteStore): Promise<void> {
    await applyPlan(store, planRollback(await stateOf(store), {}), { by: 'alice', eventsExperiment: EVENTS });
  }

  /** Moves an alias as another tool does. */
  async function moveAlias(store: SqliteStore, ...moves: AliasMove[]): Promise<void> {
    const { experimentId } = await store.ensureExperiment('elsewhere');
    const run = await store.createRun({ experimentId, name: 'alias', userId: 'bob', startTime: 1 });
    const commit = { modelName: 'model', eventRunId: run.runId, moves, stageFields: {}, versionTags: {}, endTime: 2 };
    assert.equal((await store.commitPromotion(commit)).status, 'committed');
  }

  const aliasesOf = async (store: SqliteStore) => (await store.findModel('model'))!.aliases;

  it('follows deployments and rollbacks: aliases, stages, tags and history', async () => {
    await deploy(source, '3');
    const plan = await copyAll({ dryRun: true });
    assert.deepEqual(
      plan.models[0]!.versions.map(({ status }) => status),
      ['present', 'updated', 'updated'],
    );
    assert.deepEqual(plan.models[0]!.aliases, [{ alias: 'GNU_Production', version: '3', status: 'set' }]);
    assert.equal((await copyAll()).status, 'copied');
    assert.deepEqual(await contentsOf(target), await contentsOf(source));

    await promote(source, 'Staging', '1');
    await rollBack(source);
    const { models, warnings } = await copyAll();
    assert.deepEqual(warnings, []);
    assert.equal(models[0]!.events, 2);
    assert.deepEqual(await contentsOf(target), await contentsOf(source));
    assert.deepEqual(detectOutsideChanges(await stateOf(target)), []);
    // What was rolled back is not what a rollback of the copy offers.
    assert.equal(planRollback(await stateOf(target), {}).version, planRollback(await stateOf(source), {}).version);
    assert.equal((await copyAll()).status, 'nothing-to-do');
  });

  it('leaves stages and history alone when somebody decided in the target, and says so', async () => {
    await rollBack(target);
    const before = await contentsOf(target);
    await deploy(source, '3');
    const plan = await copyAll({ dryRun: true });
    const { models, warnings } = await copyAll();
    assert.deepEqual(plan.models, models);
    assert.deepEqual([models[0]!.events, models[0]!.events_left], [0, 2]);
    assert.deepEqual(models[0]!.aliases, [{ alias: 'GNU_Production', version: '1', status: 'kept' }]);
    assert.match(warnings.join(), /somebody else put GNU_Production at version 1 there; 2 newer events stayed behind/);
    assert.deepEqual(await contentsOf(target), before);
    assert.deepEqual(detectOutsideChanges(await stateOf(target)), []);
  });

  it('sees a stage that another tool changed in the target', async () => {
    await moveAlias(target, { alias: 'GNU_Production', expected: '2', target: null });
    await deploy(source, '3');
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
    await deploy(target, '3');
    await copyAll({ from: 'sqlite:///copy.db', to: 'sqlite:///mlflow.db' });
    assert.deepEqual(await contentsOf(source), await contentsOf(target));
    await rollBack(source);
    await copyAll();
    assert.deepEqual(await contentsOf(target), await contentsOf(source));
    await deploy(target, '1');
    await copyAll({ from: 'sqlite:///copy.db', to: 'sqlite:///mlflow.db' });
    assert.deepEqual(await contentsOf(source), await contentsOf(target));
  });
});
