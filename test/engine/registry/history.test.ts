import * as assert from 'node:assert/strict';
import {
  describeOutsideChange,
  detectOutsideChanges,
  historyEntries,
  stageAt,
  stageHolders,
} from '../../../src/engine/registry/history.ts';
import { event, state } from './registry-fixture.ts';

describe('History', () => {
  const events = [
    event(10, 1, { from: 'None', to: 'Staging' }),
    event(20, 1, { notes: 'first' }),
    event(30, 2, { from: 'None', to: 'Staging' }),
    event(40, 2, { previous: '1', by: 'bob' }),
    event(50, 3, { previous: '2', status: 'FAILED' }),
    event(60, 1, { kind: 'rollback', from: 'Archived', previous: '2', notes: 'broken' }),
  ];
  const registry = state(3, { GNU_Production: '1' }, events);

  it('tells who held the stages at any instant', () => {
    const at = (instant: number) => {
      const { Staging, GNU_Production } = stageAt(registry, instant);
      return [Staging?.version ?? null, GNU_Production?.version ?? null];
    };
    assert.deepEqual(at(9), [null, null]);
    assert.deepEqual(at(10), ['1', null]);
    assert.deepEqual(at(20), [null, '1']);
    assert.deepEqual(at(35), ['2', '1']);
    assert.deepEqual(at(55), [null, '2']);
    assert.deepEqual(at(60), [null, '1']);
  });

  it('tells since when, by whom and why', () => {
    assert.deepEqual(stageHolders(registry), {
      Staging: null,
      GNU_Production: { version: '1', since: 60, by: 'alice', notes: 'broken', eventId: 'event-60' },
    });
  });

  it('does not claim to know when another tool moved an alias', () => {
    const moved = state(3, { GNU_Production: '3' }, events);
    assert.equal(stageHolders(moved).GNU_Production?.since, null);
    assert.deepEqual(detectOutsideChanges(moved).map(describeOutsideChange), [
      'GNU_Production was changed outside: version 3 holds it, history says version 1.',
    ]);
    assert.deepEqual(detectOutsideChanges(registry), []);
  });

  it('lists everything, newest first, failures too', () => {
    const entries = historyEntries(registry);
    assert.deepEqual(entries.map((entry) => entry.status)[1], 'FAILED');
    assert.deepEqual(entries[0], {
      event_id: 'event-60',
      kind: 'rollback',
      version: '1',
      from: 'Archived',
      to: 'GNU_Production',
      by: 'alice',
      at: '1970-01-01T00:00:00.060Z',
      notes: 'broken',
      previous: '2',
      status: 'FINISHED',
    });
  });
});
