import * as assert from 'node:assert/strict';
import type { GateResult } from '../../../src/engine/registry/gates.ts';
import { detectOutsideChanges } from '../../../src/engine/registry/history.ts';
import {
  planAdopt,
  planPromotion,
  planRestore,
  planRollback,
  promotionTarget,
} from '../../../src/engine/registry/plan.ts';
import { versionStage } from '../../../src/engine/registry/state.ts';
import { EngineError, type ErrorReason } from '../../../src/engine/support/errors.ts';
import { event, state, version } from './registry-fixture.ts';

const throws = (body: () => unknown, reason: ErrorReason): void =>
  assert.throws(body, (error) => EngineError.is(error, reason) || assert.fail(String(error)));

const closed: GateResult = { name: 'metrics.accuracy', required: '>= 1', actual: 0, passed: false, overridden: false };
const ROLLED_BACK = { gnu_mlops_rolled_back: '1' };

describe('A promotion to Staging', () => {
  it('takes the newest version that is READY', () => {
    const registry = state(2, {});
    registry.versions.unshift(version(3, { status: 'PENDING_REGISTRATION' }));
    assert.equal(promotionTarget(registry, { stage: 'Staging' }).version, '2');
    throws(() => promotionTarget(registry, { stage: 'Staging', version: '3' }), 'invalid-model');
    throws(() => promotionTarget(registry, { stage: 'Staging', version: '9' }), 'not-found');
    throws(() => promotionTarget(state(0, {}), { stage: 'Staging' }), 'not-found');
  });

  it('moves the alias and makes the version it displaces None', () => {
    const plan = planPromotion(state(2, { Staging: '1' }), { stage: 'Staging' });
    assert.equal(plan.status, 'ready');
    assert.equal(plan.kind, 'promote');
    assert.equal(plan.fromStage, 'None');
    assert.equal(plan.previousVersion, '1');
    assert.deepEqual(plan.moves, [{ alias: 'Staging', expected: '1', target: '2' }]);
    assert.deepEqual(plan.stageFields, { 1: 'None', 2: 'Staging' });
    assert.equal(plan.versionTags['2']!.gnu_mlops_stage, 'Staging');
  });

  it('leaves a displaced version Archived when it was in production once', () => {
    const plan = planPromotion(state(3, { Staging: '1', GNU_Production: '2' }, [event(1, 1), event(2, 2)]), {
      stage: 'Staging',
    });
    assert.equal(plan.stageFields['1'], 'Archived');
  });

  it('is unchanged when the version is there, or in production already', () => {
    assert.equal(planPromotion(state(1, { Staging: '1' }), { stage: 'Staging' }).status, 'unchanged');
    const registry = state(1, { GNU_Production: '1' });
    assert.equal(planPromotion(registry, { stage: 'Staging' }).status, 'unchanged');
    throws(() => planPromotion(registry, { stage: 'Staging', version: '1' }), 'usage');
  });

  it('warns of a version that was rolled back', () => {
    const registry = { ...state(0, {}), versions: [version(1, { tags: ROLLED_BACK })] };
    assert.match(planPromotion(registry, { stage: 'Staging' }).warnings[0]!, /rolled back/);
  });
});

describe('A promotion to production', () => {
  it('takes the holder of Staging, clears its alias and archives the version before', () => {
    const registry = state(3, { Staging: '2', GNU_Production: '1' }, [event(5, 1)]);
    const plan = planPromotion(registry, { stage: 'GNU_Production' });
    assert.equal(plan.version, '2');
    assert.equal(plan.fromStage, 'Staging');
    assert.equal(plan.previousVersion, '1');
    assert.deepEqual(plan.moves, [
      { alias: 'GNU_Production', expected: '1', target: '2' },
      { alias: 'Staging', expected: '2', target: null },
    ]);
    assert.deepEqual(plan.stageFields, { 1: 'Archived', 2: 'Production' });
    assert.equal(plan.notBefore, 6);
  });

  it('leaves the Staging of another version alone', () => {
    const plan = planPromotion(state(3, { Staging: '2' }), { stage: 'GNU_Production', version: '3' });
    assert.deepEqual(plan.moves, [{ alias: 'GNU_Production', expected: null, target: '3' }]);
  });

  it('is refused by a closed gate and an override when one was let through', () => {
    const registry = state(1, { Staging: '1' });
    assert.equal(planPromotion(registry, { stage: 'GNU_Production', gates: [closed] }).status, 'refused');
    const overridden = planPromotion(registry, { stage: 'GNU_Production', gates: [{ ...closed, overridden: true }] });
    assert.deepEqual([overridden.status, overridden.kind], ['ready', 'override']);
  });

  it('is unchanged when repeated, with or without naming the version', () => {
    const registry = state(1, { GNU_Production: '1' }, [event(1, 1)]);
    for (const request of [{}, { version: '1' }]) {
      const plan = planPromotion(registry, { stage: 'GNU_Production', gates: [closed], ...request });
      assert.deepEqual([plan.status, plan.moves], ['unchanged', []]);
    }
  });

  it('needs a version in Staging', () => {
    throws(() => planPromotion(state(1, {}), { stage: 'GNU_Production' }), 'not-found');
    const rolledBack = state(2, { GNU_Production: '1' }, [
      event(1, 1),
      event(2, 1, { kind: 'rollback', previous: '2' }),
    ]);
    throws(() => planPromotion(rolledBack, { stage: 'GNU_Production' }), 'not-found');
  });

  it('takes the mark off a version that was rolled back', () => {
    const registry = { ...state(0, { Staging: '1' }), versions: [version(1, { tags: ROLLED_BACK })] };
    assert.equal(planPromotion(registry, { stage: 'GNU_Production' }).versionTags['1']!.gnu_mlops_rolled_back, null);
  });
});

describe('A rollback', () => {
  const history = [event(1, 1), event(2, 2, { previous: '1' }), event(3, 3, { previous: '2' })];

  it('goes to the holder before and marks the version it replaces', () => {
    const plan = planRollback(state(3, { GNU_Production: '3' }, history));
    assert.deepEqual(
      [plan.kind, plan.version, plan.fromStage, plan.previousVersion],
      ['rollback', '2', 'Archived', '3'],
    );
    assert.deepEqual(plan.stageFields, { 2: 'Production', 3: 'Archived' });
    assert.equal(plan.versionTags['3']!.gnu_mlops_rolled_back, '2');
  });

  it('goes on to the one before that when repeated', () => {
    const registry = state(3, { GNU_Production: '2' }, [...history, event(4, 2, { kind: 'rollback', previous: '3' })]);
    registry.versions[0]!.tags = ROLLED_BACK;
    assert.equal(planRollback(registry).version, '1');
  });

  it('skips deleted versions, failed events and holders that are gone', () => {
    const registry = state(3, { GNU_Production: '3' }, history);
    registry.versions = registry.versions.filter((candidate) => candidate.version !== '2');
    assert.equal(planRollback(registry).version, '1');
    const failed = state(3, { GNU_Production: '3' }, [event(1, 1, { status: 'FAILED' }), event(3, 3)]);
    throws(() => planRollback(failed), 'no-previous');
  });

  it('restores production when it is empty', () => {
    assert.equal(planRollback(state(3, {}, history)).version, '3');
  });

  it('goes to a marked version only when it is named', () => {
    const registry = state(2, { GNU_Production: '2' }, history.slice(0, 2));
    registry.versions[1]!.tags = ROLLED_BACK;
    throws(() => planRollback(registry), 'no-previous');
    const plan = planRollback(registry, { toVersion: '1' });
    assert.equal(plan.versionTags['1']!.gnu_mlops_rolled_back, null);
  });

  it('never goes to a version that was not in production', () => {
    const registry = state(4, { GNU_Production: '3' }, history);
    throws(() => planRollback(registry, { toVersion: '4' }), 'usage');
    throws(() => planRollback(registry, { toVersion: '7' }), 'not-found');
    assert.equal(planRollback(registry, { toVersion: '3' }).status, 'unchanged');
  });

  it('takes a version out of Staging that it puts into production', () => {
    const plan = planRollback(state(3, { GNU_Production: '3', Staging: '2' }, history));
    assert.deepEqual(plan.moves[1], { alias: 'Staging', expected: '2', target: null });
    assert.equal(plan.fromStage, 'Staging');
  });
});

describe('A change by another tool', () => {
  const history = [event(1, 1)];

  it('is seen, and adopted by an event that moves nothing', () => {
    const registry = state(2, { GNU_Production: '2' }, history);
    const [change] = detectOutsideChanges(registry);
    assert.deepEqual(change, { stage: 'GNU_Production', expected: '1', holder: '2' });
    const plan = planAdopt(registry, change!);
    assert.deepEqual(
      [plan.kind, plan.version, plan.toStage, plan.previousVersion],
      ['adopt', '2', 'GNU_Production', '1'],
    );
    assert.deepEqual(plan.moves, [{ alias: 'GNU_Production', expected: '2', target: '2' }]);
    assert.deepEqual(plan.stageFields, { 1: 'Archived', 2: 'Production' });
  });

  it('is undone by moving the alias back', () => {
    const registry = state(2, { GNU_Production: '2' }, history);
    const plan = planRestore(registry, detectOutsideChanges(registry)[0]!);
    assert.deepEqual([plan.kind, plan.version, plan.fromStage], ['restore', '1', 'Archived']);
    assert.deepEqual(plan.moves, [{ alias: 'GNU_Production', expected: '2', target: '1' }]);
  });

  it('that removed the alias can be adopted and undone', () => {
    const registry = state(1, {}, history);
    const change = detectOutsideChanges(registry)[0]!;
    const adopt = planAdopt(registry, change);
    assert.deepEqual([adopt.version, adopt.fromStage, adopt.toStage], ['1', 'GNU_Production', 'Archived']);
    const after = {
      ...registry,
      events: [event(9, 1, { from: adopt.fromStage, to: adopt.toStage }), ...registry.events],
    };
    assert.deepEqual(detectOutsideChanges(after), []);
    assert.deepEqual(planRestore(registry, change).moves, [{ alias: 'GNU_Production', expected: null, target: '1' }]);
  });

  it('is never undone by emptying production or by a deleted version', () => {
    const fresh = state(1, { GNU_Production: '1' });
    throws(() => planRestore(fresh, detectOutsideChanges(fresh)[0]!), 'no-previous');
    const deleted = { ...state(2, { GNU_Production: '2' }, history), versions: [version(2)] };
    throws(() => planRestore(deleted, detectOutsideChanges(deleted)[0]!), 'not-found');
  });

  it('that gave a version both stages is settled by one adoption', () => {
    const staged = event(1, 1, { from: 'None', to: 'Staging' });
    const registry = state(1, { Staging: '1', GNU_Production: '1' }, [staged]);
    const plan = planAdopt(registry, detectOutsideChanges(registry)[0]!);
    assert.deepEqual(plan.moves[1], { alias: 'Staging', expected: '1', target: null });
    const adopted = event(2, 1, { kind: 'adopt', from: plan.fromStage, to: plan.toStage });
    assert.deepEqual(detectOutsideChanges(state(1, { GNU_Production: '1' }, [staged, adopted])), []);
  });
});

describe('The stage of a version', () => {
  it('is its alias, else Archived after production, else None', () => {
    const registry = state(4, { Staging: '3', GNU_Production: '2' }, [
      event(1, 1),
      event(2, 2, { previous: '1' }),
      event(3, 4, { from: 'None', to: 'Staging' }),
    ]);
    assert.deepEqual(
      ['1', '2', '3', '4'].map((number) => versionStage(registry, number)),
      ['Archived', 'GNU_Production', 'Staging', 'None'],
    );
  });
});
