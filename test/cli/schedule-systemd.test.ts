import * as assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { projectRoot } from '../../scripts/cache.ts';
import { end, run } from '../../scripts/subprocess.ts';
import { scheduleHistory } from '../../src/engine/index.ts';
import { checkMinutes, minuteField } from '../../src/engine/scheduling/check-minutes.ts';
import { expressionFields, namedValues, nextDues } from '../../src/engine/scheduling/expression.ts';
import { systemdTarget } from '../../src/engine/scheduling/targets/systemd.ts';
import type { TargetContext } from '../../src/engine/scheduling/targets/target.ts';
import { scheduleOf } from '../engine/scheduling/schedules.ts';
import { type OwnSystemd, ownSystemd } from '../harness/own-systemd.ts';
import { exampleProject, type TemporaryProject } from './command.ts';

/** A firing comes within a minute, its work takes some seconds, and the machine may be busy. */
const LONGEST_MS = 150_000;
/** Of util-linux. */
const UNSHARE = '/usr/bin/unshare';
const QUARTER = 15 * 60_000;

const ZONES = ['America/Los_Angeles', 'Europe/Berlin', 'Asia/Kolkata', 'Australia/Lord_Howe'];
/** Days on which one of these clocks is put forward or back. */
const CHANGES = ['2026-03-08', '2026-03-29', '2026-04-05', '2026-10-04', '2026-10-25', '2026-11-01'].map(
  (day) => new Date(Date.parse(day) - 12 * 60 * 60_000),
);
const WATCHED_HOURS = 42;
const EXPRESSIONS = ['0 13 * * *', '30 2 * * *', '20 1,2 * * *', '*/5 * * * *'];

describe('Units of systemd', () => {
  let systemd: OwnSystemd;
  let home: string;

  before(async function () {
    const found = await ownSystemd();
    if ('missing' in found) {
      console.log(`      skipped: ${found.missing}`);
      this.skip();
    }
    systemd = found;
  });

  beforeEach(() => {
    home = mkdtempSync(path.join(tmpdir(), 'gnu-mlops-systemd-'));
  });
  afterEach(() => rmSync(home, { recursive: true, force: true }));

  /** Writes a schedule's service and timer, and nothing into the machine's. */
  function written(cron: string, configFile = '/srv/churn/config.yaml'): string[] {
    const context: TargetContext = {
      projectId: '8a7d5c1e-0000-4000-8000-123456789abc',
      configFile,
      launcher: process.execPath,
      env: { HOME: home },
      clock: () => new Date(),
      run: () => ({ code: 0, stdout: Buffer.alloc(0), stderr: '', isMissing: false }),
    };
    const target = systemdTarget(context);
    target.write(new Map([['nightly', target.entry(scheduleOf({ cron }))]]));
    const folder = path.join(home, '.config/systemd/user');
    return readdirSync(folder).map((name) => path.join(folder, name));
  }

  const analyze = (args: readonly string[], env: Record<string, string> = {}) =>
    run(path.join(systemd.root, 'usr/bin/systemd-analyze'), args, { env: { ...systemd.env, HOME: home, ...env } });

  const verify = (units: readonly string[]) =>
    analyze(['--user', 'verify', ...units], {
      XDG_RUNTIME_DIR: home,
      SYSTEMD_UNIT_PATH: path.join(systemd.root, 'usr/lib/systemd/user'),
    });

  it('are found right by systemd-analyze, whatever stands in a path', async () => {
    for (const cron of EXPRESSIONS) {
      const units = written(cron, '/srv/100% of "$HOME" {x}\\;/config.yaml');
      assert.equal(units.length, 2);
      const { code, stderr } = await verify(units);
      assert.deepEqual([code, stderr], [0, '']);
    }
  });

  it('would be found wrong with a minute that no hour has', async () => {
    const units = written('0 13 * * *');
    const timer = units.find((unit) => unit.endsWith('.timer'))!;
    writeFileSync(timer, readFileSync(timer, 'utf8').replace(',45:', ',75:'));
    const { code, stderr } = await verify(units);
    assert.notEqual(code, 0);
    assert.match(stderr, /Failed to parse calendar/);
  });

  /** When a timer goes off, as systemd counts on a machine in a zone. */
  async function elapses(timer: string, zone: string, from: Date, count: number): Promise<string[]> {
    const [, calendar] = /^OnCalendar=(.*)$/m.exec(readFileSync(timer, 'utf8'))!;
    const base = `${from.toISOString().slice(0, 19).replace('T', ' ')} UTC`;
    const args = ['calendar', `--iterations=${count}`, `--base-time=${base}`, calendar!];
    const { code, stdout, stderr } = await analyze(args, { TZ: zone });
    assert.equal(code, 0, stderr);
    const times = [...stdout.matchAll(/ (\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d) UTC$/gm)];
    return times.map(([, day, time]) => String(new Date(`${day}T${time}Z`)));
  }

  for (const machine of ['UTC', ...ZONES]) {
    it(`go off on a machine in ${machine} when they say, also on days when its clock changes`, async () => {
      for (const cron of EXPRESSIONS) {
        const timer = written(cron).find((unit) => unit.endsWith('.timer'))!;
        for (const from of CHANGES) {
          const expected = nextDues(questions(cron), WATCHED_HOURS * checkMinutes(cron).length, from);
          assert.deepEqual(await elapses(timer, machine, from, expected.length), expected.map(String), cron);
        }
      }
    });
  }

  for (const timezone of ZONES) {
    it(`go off when a schedule in ${timezone} is due, or within a quarter of an hour where its clock leaps over that`, () => {
      for (const cron of EXPRESSIONS) {
        for (const due of CHANGES.flatMap((from) => nextDues({ cron, timezone }, 50, from))) {
          const [seen] = nextDues(questions(cron), 1, new Date(due.getTime() - 1));
          const isNamed = namedValues(expressionFields(cron).minute).includes(minuteOf(due, timezone));
          const delay = seen!.getTime() - due.getTime();
          assert.ok(isNamed ? delay === 0 : delay < QUARTER, `${cron}, due at ${due.toISOString()}`);
        }
      }
    });
  }
});

/** What a timer says, in the words of cron. */
function questions(cron: string): { cron: string; timezone: string } {
  return { cron: `${minuteField(cron)} * * * *`, timezone: 'UTC' };
}

/** What the clock of a zone shows. */
function minuteOf(instant: Date, timeZone: string): number {
  return Number(new Intl.DateTimeFormat('en', { timeZone, minute: 'numeric' }).format(instant));
}

describe("A user's systemd", function () {
  this.timeout(LONGEST_MS * 2);
  let project: TemporaryProject;
  let place: string;
  let configFile: string;
  let manager: ChildProcess | undefined;
  let output = '';

  before(async function () {
    const systemd = await placeForSystemd();
    if ('missing' in systemd) {
      console.log(`      skipped: ${systemd.missing}`);
      this.skip();
    }
    place = mkdtempSync(path.join(tmpdir(), 'gnu-mlops-systemd-'));
    for (const name of ['private', 'home']) mkdirSync(path.join(place, name));
    project = exampleProject();
    const folder = path.join(path.dirname(project.folder), '100% of $HOME');
    renameSync(project.folder, folder);
    configFile = path.join(folder, 'config.yaml');
    const schedules = 'schedules:\n  - { id: often, operation: retrain, cron: "* * * * *", timezone: Asia/Kolkata }\n';
    writeFileSync(configFile, `${readFileSync(configFile, 'utf8')}\n${schedules}`);
    const command = [process.execPath, path.join(projectRoot, 'bin/gnu-mlops.js')];
    const folders = [path.join(place, 'private'), path.join(place, 'home'), systemd.root, ...command, configFile];
    const script = path.join(import.meta.dirname, 'schedule-systemd.sh');
    manager = spawn(UNSHARE, ['-m', 'sh', script, ...folders], { env: systemd.env });
    for (const stream of [manager.stdout!, manager.stderr!]) {
      stream.setEncoding('utf8').on('data', (text: string) => {
        output += text;
      });
    }
    await until('systemd to start', () => (output.includes('systemd starts') ? true : undefined));
  });

  after(async () => {
    if (manager) await end(manager);
    if (place) rmSync(place, { recursive: true, force: true });
    project?.remove();
  });

  /** Waits for a value; says what systemd said when it does not come. */
  async function until<T>(what: string, look: () => T | undefined): Promise<T> {
    const started = performance.now();
    for (;;) {
      const value = look();
      if (value !== undefined) return value;
      assert.ok(performance.now() - started < LONGEST_MS, `waited too long for ${what}:\n${output}`);
      assert.equal(manager?.exitCode, null, `systemd ended:\n${output}`);
      await wait(200);
    }
  }

  it('runs the operation when its timer goes off, and forgets it when it is taken out', async () => {
    const { status, exit_code, log } = await until('a firing', () => {
      const firings = scheduleHistory('often', 10, { configFile, env: {} });
      return firings.filter((firing) => firing.status !== 'running').at(-1);
    });
    const text = readFileSync(log!, 'utf8');
    assert.deepEqual([status, exit_code], ['done', 0], text);
    const starts = output.length;
    writeFileSync(path.join(place, 'private/fired'), '');
    await until('systemd to end', () => (output.includes('systemd ends') ? true : undefined));
    const said = output.slice(starts);
    assert.match(said, /gnu-mlops-[0-9a-f]{8}-often\.timer +gnu-mlops-[0-9a-f]{8}-often\.service\n/);
    assert.match(said, /^Result=success$/m);
    assert.match(said, /^0 timers listed/m);
  });
});

/** Where a manager of its own can be started. */
async function placeForSystemd(): Promise<OwnSystemd | { missing: string }> {
  if (process.getuid?.() !== 0) return { missing: 'Run the tests as root: systemd starts in namespaces of its own.' };
  const attempt =
    'mkdir /run/gnu-mlops-test && mount -t cgroup2 none /run/gnu-mlops-test && mkdir /run/gnu-mlops-test/$$ && rmdir /run/gnu-mlops-test/$$';
  const script = `mount --make-rprivate / && mount -t tmpfs tmpfs /run && ${attempt}`;
  const namespaces = await run(UNSHARE, ['-m', '-C', 'sh', '-c', script]).catch(() => null);
  if (namespaces?.code !== 0) {
    return { missing: 'Allow namespaces (CAP_SYS_ADMIN) and writing to cgroups, and install util-linux (unshare).' };
  }
  return ownSystemd();
}
