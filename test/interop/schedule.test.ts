import * as assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { judge } from '../../src/engine/scheduling/due.ts';
import { FiringHistory } from '../../src/engine/scheduling/firings.ts';
import type { Schedule } from '../../src/engine/scheduling/schedule.ts';
import { crontabTarget } from '../../src/engine/scheduling/targets/crontab.ts';
import type { RunProgram } from '../../src/engine/scheduling/targets/program.ts';
import { scheduleOf } from '../engine/scheduling/schedules.ts';
import { temporaryFolder } from '../engine/tracking/temporary-store.ts';
import { runPython } from '../harness/python.ts';

const DAYS = 400;
const MINUTE = 60_000;
/** Two springs and an autumn, in both hemispheres. */
const START = Date.UTC(2026, 1, 20);
const ZONES = ['America/Los_Angeles', 'Europe/Berlin', 'Asia/Kolkata', 'Australia/Lord_Howe'];
/** Zones of the machine, and the schedules' zones that are tried there: cron reads the minutes on the machine's clock. */
const MACHINES = {
  UTC: { offset: 0, zones: ZONES },
  'Asia/Kathmandu': { offset: 345, zones: ['Europe/Berlin', 'Australia/Lord_Howe'] },
};

/** Days on which 02:30 does not exist, and what the clock shows at the first instant after the gap. */
const GAPS: Record<string, string[]> = {
  'America/Los_Angeles': ['2026-03-08', '2027-03-14'],
  'Europe/Berlin': ['2026-03-29', '2027-03-28'],
};

interface Started {
  at: number;
  due: number;
}

describe('400 days of the crontab that was written, as croniter reads it', function () {
  this.timeout(240_000);
  const { folder, remove } = temporaryFolder();
  const schedules = ZONES.flatMap((timezone, i) =>
    ['0 13 * * *', '30 2 * * *'].map((cron, j) => scheduleOf({ id: `s${i}${j}`, cron, timezone })),
  );
  let fields: Record<string, (number | string)[][]>;
  let history: FiringHistory;

  before(async () => {
    const file = path.join(folder, 'crontab');
    writeFileSync(file, writtenCrontab(schedules));
    const { stdout, stderr, code } = await runPython('mlflow3', path.join(import.meta.dirname, 'schedule-client.py'), [
      file,
    ]);
    assert.equal(code, 0, stderr);
    fields = JSON.parse(stdout);
    history = FiringHistory.open(folder);
  });
  after(() => {
    history?.close();
    remove();
  });

  /** Walks minute by minute; where the crontab's fields say so, `schedule run` decides. */
  function walk(schedule: Schedule, [minutes, ...rest]: (number | string)[][], machineOffset: number): Started[] {
    assert.deepEqual(rest.slice(0, 4), [['*'], ['*'], ['*'], ['*']]);
    const started: Started[] = [];
    const named = new Set(minutes);
    const since = history.originOf(schedule, new Date(START), new Date(START));
    for (let at = START; at < START + DAYS * 1440 * MINUTE; at += MINUTE) {
      if (!named.has((at / MINUTE + machineOffset) % 60)) continue;
      const now = new Date(at);
      const verdict = judge(schedule, history.dueRecord(schedule.id, since, now), now);
      if (verdict.kind === 'wait') continue;
      assert.notEqual(history.begin(schedule, verdict.due, now), null);
      started.push({ at, due: verdict.due.getTime() });
    }
    return started;
  }

  for (const [machine, { offset, zones }] of Object.entries(MACHINES)) {
    it(`starts each schedule once on each local day, at its time, on a machine in ${machine}`, () => {
      for (const each of schedules.filter(({ timezone }) => zones.includes(timezone))) {
        const started = walk({ ...each, id: `${each.id}-${machine}` }, fields[each.id]!, offset);
        requireEachDayOnce(each, started);
        for (const { at, due } of started) requireRightTime(each, at, due);
      }
    });
  }
});

function requireEachDayOnce({ cron, timezone }: Schedule, started: Started[]): void {
  const days = started.map(({ due }) => local(due, timezone).day);
  assert.ok(days.length >= DAYS - 1 && days.length <= DAYS, `${cron} ${timezone}: ${days.length} days`);
  assert.deepEqual(days, daysFrom(days[0]!, days.length), `${cron} ${timezone}: a day is missing or doubled`);
}

function requireRightTime({ cron, timezone }: Schedule, at: number, due: number): void {
  const { day, time } = local(due, timezone);
  const where = `${cron} ${timezone} on ${day}`;
  assert.equal(at, due, `${where}: late`);
  const isNight = cron.startsWith('30 2 ');
  const isGap = isNight && (GAPS[timezone] ?? []).includes(day);
  assert.equal(time, isGap ? '03:00' : isNight ? '02:30' : '13:00', where);
}

/** What lies in the crontab after an installation. */
function writtenCrontab(schedules: Schedule[]): string {
  let crontab: Buffer = Buffer.from('# of somebody else\n');
  const run: RunProgram = (_command, args, input) => {
    if (args[0] === '-') crontab = input!;
    return { code: 0, stdout: crontab, stderr: '', isMissing: false };
  };
  const target = crontabTarget({
    projectId: '8a7d5c1e-0000-4000-8000-123456789abc',
    configFile: '/srv/churn model/config.yaml',
    launcher: '/home/me/.local/share/gnu-mlops/bin/gnu-mlops',
    env: {},
    clock: () => new Date(START),
    run,
  });
  target.write(new Map(schedules.map((schedule) => [schedule.id, target.entry(schedule)])));
  return crontab.toString('utf8');
}

const formats = new Map<string, Intl.DateTimeFormat>();

/** What the clock of a zone shows. */
function local(instant: number, zone: string): { day: string; time: string } {
  const format =
    formats.get(zone) ?? new Intl.DateTimeFormat('sv-SE', { timeZone: zone, dateStyle: 'short', timeStyle: 'short' });
  formats.set(zone, format);
  const [day, time] = format.format(new Date(instant)).split(' ');
  return { day: day!, time: time! };
}

function daysFrom(first: string, count: number): string[] {
  return Array.from({ length: count }, (_, i) =>
    new Date(Date.parse(first) + i * 1440 * MINUTE).toISOString().slice(0, 10),
  );
}
