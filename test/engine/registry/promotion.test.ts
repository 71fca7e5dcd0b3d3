import * as assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import fc from 'fast-check';
import { currentActor } from '../../../src/engine/registry/actor.ts';
import type { GateResult } from '../../../src/engine/registry/gates.ts';
import { detectOutsideChanges, historyEntries, stageHolders } from '../../../src/engine/registry/history.ts';
import { planAdopt, planPromotion, planRestore, planRollback } from '../../../src/engine/registry/plan.ts';
import { applyPlan } from '../../../src/engine/registry/promotion.ts';
import { loadRegistryState, type RegistryState } from '../../../src/engine/registry/state.ts';
import { EngineError } from '../../../src/engine/support/errors.ts';
import type { SqliteStore } from '../../../src/engine/tracking/sqlite/store.ts';
import { rejects } from '../tracking/store-contract.ts';
import { temporaryStore } from '../tracking/temporary-store.ts';
import { EVENTS, MODEL, register } from './registry-fixture.ts';

describe('Applying a plan', () => {
  let store: SqliteStore;
  let folder: string;
  let dispose: () => Promise<void>;

  beforeEach(async () => {
    ({ store, folder, dispose } = await temporaryStore());
    await register(store, 3);
  });

  afterEach(() => dispose());

  const load = () => loadRegistryState(store, EVENTS, MODEL);
  const options = { by: 'alice', notes: 'why', eventsExperiment: EVENTS };
  const promote = async (stage: 'Staging' | 'GNU_Production', version?: string, gates: GateResult[] = []) =>
    applyPlan(store, planPromotion(await load(), { stage, version, gates }), options);
  const rollback = async (toVersion?: string) => applyPlan(store, planRollback(await load(), { toVersion }), options);
  const python = (sql: string) => {
    const database = new DatabaseSync(path.join(folder, 'mlflow.db'));
    database.exec(sql);
    database.close();
  };

  it('records the event as a run that MLflow shows, with its gates', async () => {
    const gate = { name: 'loads', required: 'yes', actual: 'yes', passed: true, overridden: false };
    const id = await promote('Staging', '2', [gate]);
    const run = await store.getRun(id!);
    assert.equal(run.status, 'FINISHED');
    assert.equal(run.tags['gnu_mlops.event.kind'], 'promote');
    assert.equal(run.tags['gnu_mlops.event.model'], MODEL);
    assert.equal(run.tags['gnu_mlops.event.version'], '2');
    assert.equal(run.tags['gnu_mlops.event.from'], 'None');
    assert.equal(run.tags['gnu_mlops.event.to'], 'Staging');
    assert.equal(run.tags['gnu_mlops.event.by'], 'alice');
    assert.equal(run.tags['gnu_mlops.event.protocol'], '1');
    assert.equal(run.tags['mlflow.note.content'], 'why');
    const written = JSON.parse(readFileSync(path.join(run.artifactUri, 'gates.json'), 'utf8'));
    assert.deepEqual(written, { schema: 1, gates: [gate] });
  });

  it('brings a version to production and back, and mirrors the stage field', async () => {
    await promote('Staging', '1');
    await promote('GNU_Production');
    await promote('Staging', '2');
    await promote('GNU_Production');
    await rollback();
    assert.deepEqual({ ...(await store.findModel(MODEL))!.aliases }, { GNU_Production: '1' });
    const versions = await store.listVersions(MODEL);
    assert.deepEqual(
      versions.map((version) => [version.version, version.stageField, version.tags.gnu_mlops_stage]),
      [
        ['3', 'None', undefined],
        ['2', 'Archived', 'Archived'],
        ['1', 'Production', 'GNU_Production'],
      ],
    );
    assert.equal(versions[1]!.tags.gnu_mlops_rolled_back, '1');
    const kinds = historyEntries(await load()).map((entry) => entry.kind);
    assert.deepEqual(kinds, ['rollback', 'promote', 'promote', 'promote', 'promote']);
  });

  it('writes nothing for a promotion that is true already', async () => {
    await promote('Staging', '1');
    assert.equal(await promote('Staging', '1'), null);
    assert.equal((await load()).events.length, 1);
  });

  it('stops at a closed gate before anything is written', async () => {
    const gate = { name: 'metrics.accuracy', required: '>= 0.9', actual: 0.5, passed: false, overridden: false };
    const error = await rejects(promote('Staging', '1', [gate]), 'gate-failed');
    assert.match(error.message, /metrics\.accuracy: required >= 0\.9, found 0\.5/);
    assert.equal((await load()).events.length, 0);
  });

  it('names the winner when somebody else was faster', async () => {
    const plan = planPromotion(await load(), { stage: 'Staging', version: '1' });
    await promote('Staging', '2');
    const error = await rejects(applyPlan(store, plan, options), 'conflict');
    assert.match(error.message, /version 2 of model now holds Staging/);
    const [first] = (await load()).events;
    assert.equal((await load()).events.find((event) => event.status === 'FAILED')?.version, '1');
    assert.ok(first);
    assert.deepEqual(detectOutsideChanges(await load()), []);
  });

  it('ends the event when the version was deleted in between', async () => {
    const plan = planPromotion(await load(), { stage: 'Staging', version: '3' });
    python("UPDATE model_versions SET current_stage = 'Deleted_Internal' WHERE version = 3");
    await rejects(applyPlan(store, plan, options), 'not-found');
    assert.deepEqual(
      (await load()).events.map((event) => event.status),
      ['FAILED'],
    );
  });

  it('keeps the order of events when clocks differ', async () => {
    const late = new Date(Date.now() + 3_600_000);
    await applyPlan(store, planPromotion(await load(), { stage: 'GNU_Production', version: '1' }), {
      ...options,
      now: late,
    });
    await promote('GNU_Production', '2');
    const { events } = await load();
    assert.deepEqual(
      events.map((event) => event.version),
      ['2', '1'],
    );
    assert.equal(events[0]!.at, late.getTime() + 1);
  });

  it('keeps history when a version is deleted', async () => {
    await promote('GNU_Production', '1');
    await promote('GNU_Production', '2');
    python(`UPDATE model_versions SET current_stage = 'Deleted_Internal' WHERE version = 2;
      DELETE FROM registered_model_aliases WHERE version = 2`);
    const state = await load();
    assert.equal(state.events.length, 2);
    assert.deepEqual(detectOutsideChanges(state), [{ stage: 'GNU_Production', expected: '2', holder: null }]);
    await rollback();
    assert.equal((await store.findModel(MODEL))!.aliases.GNU_Production, '1');
  });

  it('adopts or undoes what another tool did', async () => {
    await promote('GNU_Production', '1');
    const move = () => python("UPDATE registered_model_aliases SET version = 3 WHERE alias = 'GNU_Production'");
    move();
    const seen = await load();
    await applyPlan(store, planRestore(seen, detectOutsideChanges(seen)[0]!), options);
    assert.equal((await store.findModel(MODEL))!.aliases.GNU_Production, '1');
    move();
    const again = await load();
    await applyPlan(store, planAdopt(again, detectOutsideChanges(again)[0]!), { ...options, notes: 'fine' });
    const after = await load();
    assert.deepEqual(detectOutsideChanges(after), []);
    assert.equal(stageHolders(after).GNU_Production?.notes, 'fine');
    assert.equal((await store.getVersion(MODEL, '1')).stageField, 'Archived');
  });

  const attempt = async (what: string, version: string): Promise<void> => {
    const action = what === 'rollback' ? rollback() : promote(what as 'Staging', version);
    await action.catch((error) => assert.ok(EngineError.is(error) && error.reason !== 'internal', error.stack));
  };

  it('leaves one version per stage and mirrors that agree, whatever is done in whatever order', async function () {
    this.timeout(30_000);
    const step = fc.record({
      what: fc.constantFrom('Staging', 'GNU_Production', 'rollback'),
      version: fc.constantFrom('1', '2', '3'),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 12 }), async (steps) => {
        for (const { what, version } of steps) await attempt(what, version);
        const state = await load();
        assert.deepEqual(detectOutsideChanges(state), []);
        assertConsistent(state);
      }),
      { numRuns: 15 },
    );
  });
});

/** No version is in two stages, and every stage field says what the aliases say. */
function assertConsistent({ versions }: RegistryState): void {
  const fields = { GNU_Production: ['Production'], Staging: ['Staging'], none: ['None', 'Archived'] };
  for (const { aliases, stageField } of versions) {
    assert.ok(aliases.length <= 1, aliases.join());
    const alias = (aliases[0] ?? 'none') as keyof typeof fields;
    assert.ok(fields[alias].includes(stageField), `${alias} ${stageField}`);
  }
}

describe('Who acts', () => {
  it('is the MLflow user, else the one of CI, else user and host', () => {
    assert.equal(currentActor({ MLFLOW_TRACKING_USERNAME: 'ada', CI: 'true', GITHUB_ACTOR: 'bot' }), 'ada');
    assert.equal(currentActor({ CI: 'true', GITHUB_ACTOR: 'bot' }), 'bot');
    assert.match(currentActor({ GITHUB_ACTOR: 'bot' }), /.+@.+/);
    assert.match(currentActor({ CI: 'false', GITHUB_ACTOR: 'bot' }), /.+@.+/);
  });
});
