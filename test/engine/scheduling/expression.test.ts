import * as assert from 'node:assert/strict';
import { checkMinutes, minuteField } from '../../../src/engine/scheduling/check-minutes.ts';
import { describeTiming } from '../../../src/engine/scheduling/description.ts';
import { expressionProblem, latestDue, nextDues } from '../../../src/engine/scheduling/expression.ts';
import { PRESETS } from '../../../src/engine/scheduling/presets.ts';
import { zoneProblem } from '../../../src/engine/scheduling/time-zone.ts';

const at = (cron: string, timezone: string, after: string, count = 3) =>
  nextDues({ cron, timezone }, count, new Date(after)).map((due) => due.toISOString().replace(':00.000Z', 'Z'));

describe('A cron expression', () => {
  it('is read on the clock of its zone, summer and winter', () => {
    assert.deepEqual(at('0 13 * * *', 'America/Los_Angeles', '2026-03-07T00:00Z', 2), [
      '2026-03-07T21:00Z',
      '2026-03-08T20:00Z',
    ]);
    assert.deepEqual(at('0 13 * * *', 'Asia/Kolkata', '2026-03-07T00:00Z', 1), ['2026-03-07T07:30Z']);
  });

  it('is due at the first instant after the gap when its time is skipped', () => {
    assert.deepEqual(at('30 2 * * *', 'Europe/Berlin', '2026-03-28T00:00Z'), [
      '2026-03-28T01:30Z',
      '2026-03-29T01:00Z',
      '2026-03-30T00:30Z',
    ]);
    // Lord Howe moves by half an hour: 02:15 does not exist, 02:30 does.
    assert.deepEqual(at('15 2 * * *', 'Australia/Lord_Howe', '2026-10-03T00:00Z', 1), ['2026-10-03T15:30Z']);
  });

  it('is due once, the first time, when its time comes twice', () => {
    assert.deepEqual(at('30 1 * * *', 'America/Los_Angeles', '2026-11-01T00:00Z', 2), [
      '2026-11-01T08:30Z',
      '2026-11-02T09:30Z',
    ]);
  });

  it('with a step follows the clock through a repeated hour', () => {
    assert.deepEqual(at('*/30 1 * * *', 'America/Los_Angeles', '2026-11-01T08:00Z', 3), [
      '2026-11-01T08:30Z',
      '2026-11-01T09:00Z',
      '2026-11-01T09:30Z',
    ]);
  });

  it('is due at its very instant, and not a moment before', () => {
    const timing = { cron: '0 13 * * *', timezone: 'UTC' };
    const latest = (now: string) => latestDue(timing, new Date(now))?.toISOString();
    assert.equal(latest('2026-01-02T12:59:59.999Z'), '2026-01-01T13:00:00.000Z');
    assert.equal(latest('2026-01-02T13:00:00.000Z'), '2026-01-02T13:00:00.000Z');
    assert.equal(latest('2026-01-02T13:00:00.001Z'), '2026-01-02T13:00:00.000Z');
  });

  it('is told in words', () => {
    assert.equal(
      describeTiming({ cron: '0 2 * * 1', timezone: 'Europe/Berlin' }),
      'At 02:00, only on Monday, Europe/Berlin',
    );
    for (const { cron, timezone } of Object.values(PRESETS))
      assert.equal(expressionProblem(cron) ?? zoneProblem(timezone), null);
  });

  it('that is wrong is told with the field and what is allowed there', () => {
    for (const [cron, message] of [
      ['61 13 * * *', /field 1, the minute, is "61"; expected 0-59/],
      ['0 24 * * *', /field 2, the hour, is "24"/],
      ['0 0 0 * *', /field 3, the day of the month, is "0"/],
      ['0 0 * 13 *', /field 4, the month, is "13"/],
      ['0 0 * * MOON', /field 5, the day of the week, is "MOON"/],
      ['0 ? * * *', /field 2/],
      ['0 0 0 * * *', /has 6 fields; expected five/],
      ['nightly', /has 1 fields/],
      ['@reboot', /has 1 fields/],
      ['0 0 31 2 *', /never comes/],
    ] as const) {
      assert.match(expressionProblem(cron) ?? 'fine', message, cron);
    }
    for (const cron of ['@daily', '0 0 L * *', '0 0 * * MON#1', '*/7 1-5,9 * jan-jun 1-5']) {
      assert.equal(expressionProblem(cron), null);
    }
  });
});

describe('A time zone', () => {
  it('that does not exist is answered by the one that was probably meant', () => {
    for (const [wrong, meant] of [
      ['Europe/Berln', 'Europe/Berlin'],
      ['Los Angeles', 'America/Los_Angeles'],
      ['lord_howe', 'Australia/Lord_Howe'],
      ['America/New_Yrok', 'America/New_York'],
    ]) {
      assert.equal(zoneProblem(wrong!)?.nearest, meant);
    }
    assert.match(zoneProblem('+02:00')!.message, /is no time zone/);
    assert.equal(zoneProblem('Asia/Kolkata'), null);
  });
});

describe('The minutes at which a schedule is looked at', () => {
  it('are those of its expression and every quarter of an hour from them', () => {
    assert.deepEqual(checkMinutes('0 13 * * *'), [0, 15, 30, 45]);
    assert.deepEqual(checkMinutes('7 2 * * *'), [7, 22, 37, 52]);
    assert.equal(minuteField('*/5 * * * *'), '0,5,10,15,20,25,30,35,40,45,50,55');
    assert.equal(minuteField('* * * * *'), '*');
  });

  it('meet every due instant in zones that are no whole hours away, too', () => {
    for (const zone of ['Asia/Kolkata', 'Asia/Kathmandu', 'Australia/Eucla', 'Pacific/Chatham', 'America/St_Johns']) {
      for (const due of nextDues({ cron: '20 6 * * *', timezone: zone }, 2, new Date('2026-06-01'))) {
        // Machines' offsets are whole quarters too, and the set is the same after adding one.
        assert.ok(checkMinutes('20 6 * * *').includes(due.getUTCMinutes()), `${zone} ${due.toISOString()}`);
      }
    }
  });
});
