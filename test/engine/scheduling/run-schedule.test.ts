import * as assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { FiringHistory } from '../../../src/engine/scheduling/firings.ts';
import { jitterDelay } from '../../../src/engine/scheduling/jitter.ts';
import { listSchedules, scheduleHistory } from '../../../src/engine/scheduling/list-schedules.ts';
import { isCertainlyNotDue } from '../../../src/engine/scheduling/quick-check.ts';
import { stateFile } from '../../../src/engine/scheduling/schedule.ts';
import { EngineError } from '../../../src/engine/support/errors.ts';
import { LeaseStore } from '../../../src/engine/support/leases.ts';
import { type ScheduledProject, scheduledProject, scheduleOf } from './schedules.ts';

const DAILY = '[{ id: nightly, operation: batch, cron: "0 13 * * *", timezone: UTC }]';
const NO_CATCH_UP = DAILY.replace(' }', ', catch_up: false }');

describe('A schedule', () => {
  let project: ScheduledProject;
  afterEach(() => project.remove());

  /** Seen for the first time in the morning of the first, so that it counts from then on. */
  async function open(schedules: string, work?: () => Promise<number>): Promise<void> {
    project = scheduledProject(schedules, work);
    const history = FiringHistory.open(project.folder);
    const morning = new Date('2026-06-01T09:00Z');
    history.originOf(scheduleOf({ timezone: 'UTC' }), morning, morning);
    history.close();
  }

  const statuses = () =>
    scheduleHistory('nightly', 10, { configFile: project.configFile, env: {} }).map(({ status }) => status);

  it('fires once at its time, and writes down when, how long and how it ended', async () => {
    await open(DAILY);
    assert.equal((await project.check('2026-06-01T12:59:59Z')).status, 'not-due');
    const fired = await project.check('2026-06-01T13:00:02Z');
    assert.deepEqual([fired.status, fired.due, fired.exit_code], ['done', '2026-06-01T13:00:00.000Z', 0]);
    assert.equal((await project.check('2026-06-01T13:15:00Z')).status, 'not-due');
    assert.equal(project.started.length, 1);
    const [firing] = scheduleHistory('nightly', 10, { configFile: project.configFile, env: {} });
    assert.equal(firing?.log, fired.log);
    assert.match(
      readFileSync(fired.log!, 'utf8'),
      /nightly: batch, due 2026-06-01T13:00:00.000Z[\s\S]*done, exit code 0/,
    );
  });

  for (const [name, text] of [
    ['whose env_file is refused', `env_file: none.env\nmlflow: {}\nschedules: ${DAILY}\n`],
    ['that is no YAML', 'mlflow: [\n'],
    ['whose expression means nothing', `mlflow: {}\nschedules: ${DAILY.replace('0 13', '99 13')}\n`],
    ['that is gone', null],
  ] as const) {
    it(`of a configuration ${name} fails at its time, once, with a line in the history and a log`, async () => {
      await open(DAILY);
      if (text === null) rmSync(project.configFile);
      else writeFileSync(project.configFile, text);
      for (const now of ['2026-06-01T12:45:00Z', '2026-06-01T13:00:00Z', '2026-06-01T13:15:00Z']) {
        await assert.rejects(project.check(now), (error) => EngineError.is(error, 'invalid-config'), now);
      }
      project.write(DAILY);
      const [last, ...others] = scheduleHistory('nightly', 10, { configFile: project.configFile, env: {} });
      assert.deepEqual(
        [last?.status, last?.exit_code, last?.due, others],
        ['failed', 2, '2026-06-01T13:00:00.000Z', []],
      );
      assert.match(readFileSync(last!.log!, 'utf8'), /error +.*nightly: .*config\.yaml|env_file/i);
      assert.equal(project.started.length, 0);
      assert.equal((await project.check('2026-06-02T13:00:00Z')).status, 'done');
    });
  }

  it('whose env_file is refused tells people, as after any failure', async () => {
    await open(DAILY);
    writeFileSync(project.configFile, `env_file: none.env\nmlflow: {}\nschedules: ${DAILY}\n`);
    await assert.rejects(project.check('2026-06-01T13:00:00Z'));
    const told = readdirSync(path.join(project.folder, 'logs')).filter((log) => /^batch-.*\.log$/.test(log));
    assert.equal(told.length, 1);
  });

  it('does not make up for what was due before it was there', async () => {
    await open(DAILY);
    assert.equal((await project.check('2026-06-01T09:15:00Z')).status, 'not-due');
    project.write(DAILY.replace('0 13', '0 8'));
    const history = FiringHistory.open(project.folder);
    history.originOf(
      scheduleOf({ cron: '0 8 * * *', timezone: 'UTC' }),
      new Date('2026-06-01T10:00Z'),
      new Date('2026-06-01T10:00Z'),
    );
    history.close();
    assert.equal((await project.check('2026-06-01T10:15:00Z')).status, 'not-due');
    assert.equal((await project.check('2026-06-02T08:00:00Z')).status, 'done');
  });

  it('runs once, late, after the machine was off for days', async () => {
    await open(DAILY);
    await project.check('2026-06-01T13:00:00Z');
    const late = await project.check('2026-06-05T07:45:00Z');
    assert.deepEqual([late.status, late.due], ['done', '2026-06-04T13:00:00.000Z']);
    assert.equal((await project.check('2026-06-05T08:00:00Z')).status, 'not-due');
    assert.equal((await project.check('2026-06-05T13:00:00Z')).status, 'done');
  });

  it('without catch_up leaves out what was missed by 15 minutes, says so once, and fires the next time', async () => {
    await open(NO_CATCH_UP);
    assert.equal((await project.check('2026-06-01T13:14:59Z')).status, 'done');
    assert.equal((await project.check('2026-06-02T13:15:00Z')).status, 'missed');
    assert.equal((await project.check('2026-06-02T13:30:00Z')).status, 'not-due');
    assert.equal((await project.check('2026-06-03T13:00:00Z')).status, 'done');
    assert.deepEqual(statuses(), ['done', 'missed', 'done']);
  });

  it('does nothing while it is paused, and catches up when it is resumed', async () => {
    await open(DAILY.replace(' }', ', enabled: false }'));
    assert.equal((await project.check('2026-06-01T13:00:00Z')).status, 'paused');
    project.write(DAILY);
    assert.equal((await project.check('2026-06-01T15:00:00Z')).status, 'done');
  });

  it('fires no due instant twice when the clock jumps back', async () => {
    await open(DAILY);
    await project.check('2026-06-01T13:00:05Z');
    for (const now of ['2026-06-01T12:30:00Z', '2026-06-01T13:00:00Z', '2026-06-01T13:15:00Z']) {
      assert.equal((await project.check(now)).status, 'not-due', now);
    }
    assert.equal((await project.check('2026-06-02T13:00:00Z')).status, 'done');
  });

  it('goes on the same day when the clock had jumped a year ahead, and next year too', async () => {
    await open(DAILY);
    await project.check('2026-06-01T13:00:00Z');
    assert.equal((await project.check('2027-06-01T13:20:00Z')).status, 'done');
    assert.equal((await project.check('2026-06-01T13:30:00Z')).status, 'not-due');
    assert.equal((await project.check('2026-06-02T13:00:00Z')).status, 'done');
    assert.equal((await project.check('2027-06-01T13:00:00Z')).status, 'done');
    assert.equal(project.started.length, 4);
  });

  it('is not held up by a schedule that was set up while the clock was ahead', async () => {
    project = scheduledProject(DAILY);
    assert.equal((await project.check('2030-01-01T00:00:00Z')).status, 'done');
    assert.equal((await project.check('2026-06-01T13:00:00Z')).status, 'done');
    assert.equal((await project.check('2026-06-02T13:00:00Z')).status, 'done');
  });

  it('is written down as failed, with the exit code, when its operation fails, and fires again the next day', async () => {
    await open(DAILY, async () => {
      throw new EngineError('unreachable', 'The store is away.', { fix: 'Start it.' });
    });
    await assert.rejects(project.check('2026-06-01T13:00:00Z'), { reason: 'unreachable' });
    const [firing] = scheduleHistory('nightly', 1, { configFile: project.configFile, env: {} });
    assert.deepEqual([firing?.status, firing?.exit_code], ['failed', 4]);
    assert.match(readFileSync(firing!.log!, 'utf8'), /The store is away\.[\s\S]*To do: Start it\./);
    await assert.rejects(project.check('2026-06-02T13:00:00Z'), { reason: 'unreachable' });
  });

  it('is written down as failed when the project cannot be opened', async () => {
    await open(DAILY);
    const set = ['mlflow.tracking_uri=sqlite:////dev/null/store.db'];
    await assert.rejects(project.check('2026-06-01T13:00:00Z', { set }), EngineError);
    assert.deepEqual(statuses(), ['failed']);
  });

  it('ends with the exit code of an operation that did part of its work', async () => {
    await open(DAILY, async () => 1);
    const { status, exit_code } = await project.check('2026-06-01T13:00:00Z');
    assert.deepEqual([status, exit_code], ['failed', 1]);
  });

  it('never overlaps the firing before: exit code 5, written down, and no second try', async () => {
    await open(DAILY);
    const other = new LeaseStore(stateFile(project.folder));
    other.acquire('schedule:nightly');
    await assert.rejects(project.check('2026-06-01T13:00:00Z'), { reason: 'lock-held', message: /still at work/ });
    const [firing] = scheduleHistory('nightly', 1, { configFile: project.configFile, env: {} });
    assert.deepEqual([firing?.status, firing?.exit_code], ['overlapped', 5]);
    assert.equal((await project.check('2026-06-01T13:15:00Z')).status, 'not-due');
    other.close();
    assert.equal((await project.check('2026-06-02T13:00:00Z')).status, 'done');
  });

  it('is started by one of many processes that come at the same moment', async () => {
    await open(DAILY);
    const checks = await Promise.all(Array.from({ length: 5 }, () => project.check('2026-06-01T13:00:00Z')));
    assert.deepEqual(checks.map(({ status }) => status).sort(), ['done', 'not-due', 'not-due', 'not-due', 'not-due']);
  });

  it('says of a firing that was killed that it was interrupted', async () => {
    await open(DAILY);
    const history = FiringHistory.open(project.folder);
    history.begin(scheduleOf(), new Date('2026-06-01T13:00Z'), new Date('2026-06-01T13:00Z'));
    history.close();
    const options = { configFile: project.configFile, env: {} };
    assert.equal(listSchedules(options).schedules[0]?.last?.status, 'interrupted');
    assert.equal((await project.check('2026-06-01T13:15:00Z')).status, 'not-due');
    const { log } = await project.check('2026-06-02T13:00:00Z');
    assert.deepEqual(statuses(), ['done', 'interrupted']);
    assert.match(readFileSync(log!, 'utf8'), /due 2026-06-01T13:00:00.000Z .* was interrupted/);
  });

  it('is cancelled while it waits out its jitter', async () => {
    await open(DAILY.replace(' }', ', jitter_seconds: 3600 }'));
    const stop = new AbortController();
    const check = project.check('2026-06-01T13:00:00Z', { signal: stop.signal });
    stop.abort();
    await assert.rejects(check, { reason: 'cancelled' });
    assert.deepEqual(statuses(), ['cancelled']);
    assert.equal(project.started.length, 0);
  });

  it('runs on demand, paused or not, and is due at its time all the same', async () => {
    await open(DAILY);
    assert.equal((await project.check('2026-06-01T12:50:00Z', { now: true })).status, 'done');
    assert.equal((await project.check('2026-06-01T13:00:00Z')).status, 'done');
  });

  it('is told as never fired when it was due and nobody came', async () => {
    await open(DAILY);
    const listed = (now: string) =>
      listSchedules({ configFile: project.configFile, env: {}, clock: () => new Date(now) });
    const neverFired = (now: string) => listed(now).schedules[0]?.never_fired;
    assert.equal(neverFired('2026-06-01T13:10:00Z'), false);
    assert.equal(neverFired('2026-06-01T13:20:00Z'), true);
    await project.check('2026-06-01T13:30:00Z');
    assert.equal(neverFired('2026-06-02T09:00:00Z'), false);
  });

  it('with a mistake in it is refused with the place and the right name', async () => {
    await open('\n  - { id: nightly, operation: batch, cron: "0 25 * * *", timezone: Europe/Berln }');
    await assert.rejects(project.check('2026-06-01T13:00:00Z'), (error: EngineError) => {
      assert.equal(error.reason, 'invalid-config');
      assert.match(error.message, /config\.yaml:3:44: schedules\[0\]\.cron: .*field 2, the hour/);
      assert.match(error.message, /schedules\[0\]\.timezone: .*did you mean "Europe\/Berlin"/);
      return true;
    });
    project.write(`[${DAILY.slice(1, -1)}, ${DAILY.slice(1, -1)}]`);
    await assert.rejects(project.check('2026-06-01T13:00:00Z'), { message: /is the name of an earlier schedule/ });
  });
});

describe('The jitter of a schedule', () => {
  it('lies between nothing and jitter_seconds, is spread over them, and is the same for the same firing', () => {
    const schedule = scheduleOf({ jitter_seconds: 60 });
    const dues = Array.from({ length: 500 }, (_, day) => new Date(Date.UTC(2026, 0, day, 13)));
    const waits = dues.map((due) => jitterDelay(schedule, due, 'a project'));
    assert.ok(waits.every((wait) => wait >= 0 && wait <= 60_000));
    for (const third of [0, 1, 2]) assert.ok(waits.filter((wait) => Math.floor(wait / 20_001) === third).length > 100);
    assert.deepEqual(
      dues.map((due) => jitterDelay(schedule, due, 'a project')),
      waits,
    );
    assert.notDeepEqual(
      dues.map((due) => jitterDelay(schedule, due, 'another')),
      waits,
    );
    assert.equal(jitterDelay(scheduleOf(), dues[0]!, 'a project'), 0);
  });
});

describe('The quick look before everything is loaded', () => {
  let project: ScheduledProject;
  afterEach(() => project.remove());

  const look = (now: string, env: Record<string, string> = {}) =>
    isCertainlyNotDue(project.configFile, 'nightly', env, new Date(now));

  it('agrees with the whole decision at every quarter of an hour, for days', async () => {
    project = scheduledProject(DAILY.replace('0 13', '45 */7'));
    let quick = 0;
    for (let quarter = 0; quarter < 4 * 24 * 3; quarter++) {
      const now = new Date(Date.UTC(2026, 5, 1, 0, 15 * quarter)).toISOString();
      const leaves = look(now);
      const { status } = await project.check(now);
      // The first time it has never seen the schedule.
      if (quarter > 0) assert.equal(leaves, status === 'not-due', now);
      if (leaves) quick++;
    }
    assert.equal(project.started.length + quick, 4 * 24 * 3);
  });

  it('leaves at once while the schedule is paused, and makes nothing', () => {
    project = scheduledProject(DAILY.replace(' }', ', enabled: false }'));
    assert.equal(look('2026-06-01T13:00:00Z'), true);
    assert.equal(existsSync(stateFile(project.folder)), false);
  });

  it('leaves to the whole command whatever is not plain', async () => {
    project = scheduledProject(DAILY);
    await project.check('2026-06-01T13:00:00Z');
    const now = '2026-06-01T13:15:00Z';
    assert.equal(look(now), true);
    assert.equal(look(now, { GNU_MLOPS__SCHEDULES__0__ENABLED: 'false' }), false);
    assert.equal(look('2025-01-01T00:00:00Z'), false);
    project.write(DAILY.replace('UTC', `$${'{ZONE:-UTC}'}`));
    assert.equal(look(now), false);
    project.write(DAILY.replace('nightly', 'another'));
    assert.equal(look(now), false);
    project.write('[');
    assert.equal(look(now), false);
  });
});
