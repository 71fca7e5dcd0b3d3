import * as assert from 'node:assert/strict';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import fc from 'fast-check';
import type { Schedule } from '../../../src/engine/scheduling/schedule.ts';
import { crontabTarget } from '../../../src/engine/scheduling/targets/crontab.ts';
import { crontabLine, linesOfProject, withLines } from '../../../src/engine/scheduling/targets/crontab-text.ts';
import { databricksSchedule, databricksTarget } from '../../../src/engine/scheduling/targets/databricks.ts';
import { githubTarget } from '../../../src/engine/scheduling/targets/github.ts';
import type { RunProgram } from '../../../src/engine/scheduling/targets/program.ts';
import { systemdTarget } from '../../../src/engine/scheduling/targets/systemd.ts';
import type { ScheduleTarget, TargetContext } from '../../../src/engine/scheduling/targets/target.ts';
import { windowsTarget } from '../../../src/engine/scheduling/targets/windows.ts';
import { machine, machineFacts, OTHER, PROJECT } from './machine.ts';
import { scheduleOf } from './schedules.ts';

const TARGETS: [string, (context: TargetContext) => ScheduleTarget][] = [
  ['crontab', crontabTarget],
  ['systemd', systemdTarget],
  ['windows', windowsTarget],
  ['github', githubTarget],
  ['databricks', databricksTarget],
];

describe('Every target', () => {
  const nightly = scheduleOf();
  const weekly = scheduleOf({ id: 'weekly', operation: 'retrain', cron: '30 2 * * 1', timezone: 'Europe/Berlin' });
  const entries = (target: ScheduleTarget, ...schedules: Schedule[]) =>
    new Map(schedules.map((schedule) => [schedule.id, target.entry(schedule)]));

  for (const [name, make] of TARGETS) {
    describe(name, () => {
      let place: ReturnType<typeof machine>;
      let target: ScheduleTarget;
      beforeEach(() => {
        place = machine();
        target = make(place.context);
      });
      afterEach(() => place.remove());

      it('can be used, and holds nothing at first', () => {
        assert.equal(target.unavailable(), null);
        assert.deepEqual(target.installed(), new Map());
      });

      it('holds what was written, as it was written', () => {
        const wanted = entries(target, nightly, weekly);
        target.write(wanted);
        assert.deepEqual(target.installed(), wanted);
        assert.deepEqual(make(place.context).installed(), wanted);
      });

      it('sees that a schedule was changed, added and removed', () => {
        target.write(entries(target, nightly, weekly));
        // Not every target holds the hour: some ask every quarter of an hour, whenever it is.
        const later = { ...nightly, cron: '7 14 * * *' };
        assert.notEqual(target.installed().get('nightly'), target.entry(later));
        const third = scheduleOf({ id: 'third', operation: 'train' });
        const wanted = entries(target, later, third);
        target.write(wanted);
        assert.deepEqual(target.installed(), wanted);
      });

      it('holds nothing after everything was taken out', () => {
        target.write(entries(target, nightly, weekly));
        target.write(new Map());
        assert.deepEqual(target.installed(), new Map());
      });

      it('leaves the schedules of another project alone', () => {
        const other = make({
          ...place.context,
          projectId: OTHER,
          configFile: path.join(place.home, 'my project/b/config.yaml'),
        });
        const theirs = entries(other, scheduleOf({ id: 'theirs' }));
        other.write(theirs);
        target.write(entries(target, nightly));
        target.write(new Map());
        assert.deepEqual(other.installed(), theirs);
      });
    });
  }
});

describe('A line of the crontab', () => {
  const facts = {
    projectId: PROJECT,
    launcher: '/home/me/.local/share/gnu-mlops/bin/gnu-mlops',
    configFile: '/srv/churn/config.yaml',
  };

  it('asks every quarter of an hour, and says whose it is', () => {
    assert.equal(
      crontabLine(scheduleOf(), facts),
      `0,15,30,45 * * * * ${facts.launcher} schedule run nightly --config /srv/churn/config.yaml # gnu-mlops:${PROJECT}:nightly`,
    );
  });

  it('quotes a path for the shell and escapes percent signs for cron', () => {
    const line = crontabLine(scheduleOf(), { ...facts, configFile: "/srv/100% it's/config.yaml" });
    assert.ok(line.includes(`--config '/srv/100\\% it'\\''s/config.yaml' #`), line);
    for (const configFile of ['/srv/a\nb/config.yaml', '/srv/a\\b/config.yaml']) {
      assert.throws(() => crontabLine(scheduleOf(), { ...facts, configFile }), { reason: 'unsupported' });
    }
  });

  it('leaves every byte of what others wrote where it was', () => {
    const foreign = fc.oneof(
      fc.constantFrom(
        '',
        '# m h dom mon dow command',
        'MAILTO=""',
        '0 5 * * 1 tar -zcf /b/%d /h',
        '\t',
        '@reboot /bin/x',
      ),
      fc.constantFrom(
        `* * * * * x # gnu-mlops:${OTHER}:nightly`,
        `# 1 2 3 4 5 x # gnu-mlops:${PROJECT}:nightly`,
        'x # gnu-mlops:',
      ),
      fc.string({ unit: 'binary', maxLength: 30 }).map((text) => text.replace(/\n/g, '\r')),
    );
    const ids = fc.uniqueArray(fc.constantFrom('a', 'b', 'c', 'nightly'), { maxLength: 4 });
    const line = (id: string, cron: string) => crontabLine(scheduleOf({ id, cron }), facts);
    fc.assert(
      fc.property(
        fc.array(foreign),
        fc.array(fc.nat()),
        ids,
        ids,
        fc.boolean(),
        (theirs, places, before, after, ends) => {
          const isOurs = (text: string) => linesOfProject(text, PROJECT).size > 0;
          fc.pre(!theirs.some(isOurs));
          const lines = [...theirs];
          for (const [i, id] of before.entries())
            lines.splice((places[i] ?? 0) % (lines.length + 1), 0, line(id, '7 1 * * *'));
          const crontab = lines.join('\n') + (ends ? '\n' : '');
          const wanted = new Map(after.map((id) => [id, line(id, '0 1 * * *')]));
          const result = withLines(crontab, PROJECT, wanted);
          assert.deepEqual(linesOfProject(result, PROJECT), wanted);
          const others = (text: string) => text.split('\n').filter((each) => !isOurs(each));
          const kept = others(result);
          // One line end more where the last line had none and ours follows.
          if (kept.length > others(crontab).length) assert.equal(kept.pop(), '');
          assert.deepEqual(kept, others(crontab));
          if (isOurs(result.split('\n').at(-1)!)) assert.ok(isOurs(crontab.split('\n').at(-1)!));
        },
      ),
      { numRuns: 1000, seed: 9 },
    );
  });

  it('goes through the command crontab with bytes that are no text', () => {
    const { context, home, remove } = machine();
    try {
      const foreign = Buffer.from([0x23, 0x20, 0xff, 0xfe, 0xe9, 0x0a, 0x2a, 0x09, 0x0d, 0x0a]);
      writeFileSync(path.join(home, 'crontab'), foreign);
      const target = crontabTarget({ ...context, configFile: '/srv/größe/config.yaml' });
      target.write(new Map([['nightly', target.entry(scheduleOf())]]));
      const written = readFileSync(path.join(home, 'crontab'));
      assert.ok(written.subarray(0, foreign.length).equals(foreign));
      assert.match(written.toString('utf8'), /--config '\/srv\/größe\/config\.yaml' # gnu-mlops/);
      target.write(new Map());
      assert.ok(readFileSync(path.join(home, 'crontab')).equals(foreign));
    } finally {
      remove();
    }
  });
});

describe('systemd', () => {
  it('gets units with every path quoted, and is told to enable the timers', () => {
    const { context, home, calls, remove } = machine();
    try {
      const target = systemdTarget({ ...context, configFile: '/srv/100% $HOME/config.yaml' });
      const remarks = target.write(new Map([['nightly', target.entry(scheduleOf())]]));
      const folder = path.join(home, '.config/systemd/user');
      assert.deepEqual(readdirSync(folder), ['gnu-mlops-8a7d5c1e-nightly.service', 'gnu-mlops-8a7d5c1e-nightly.timer']);
      const [service, timer] = readdirSync(folder).map((name) => readFileSync(path.join(folder, name), 'utf8'));
      assert.ok(service!.includes('schedule run nightly --config "/srv/100%% $$HOME/config.yaml"'), service);
      assert.match(timer!, /^OnCalendar=\*-\*-\* \*:0,15,30,45:00 UTC$/m);
      assert.deepEqual(
        calls.map((call) => call.slice(0, 3).join(' ')),
        ['systemctl --user daemon-reload', 'systemctl --user enable', 'systemctl --user restart'],
      );
      assert.match(remarks.join(' '), /enable-linger/);
    } finally {
      remove();
    }
  });

  it('leaves its commands to the operator where no systemd answers', () => {
    const { context, remove } = machine();
    try {
      const run: RunProgram = () => ({
        code: 1,
        stdout: Buffer.alloc(0),
        stderr: 'Failed to connect to bus',
        isMissing: false,
      });
      const target = systemdTarget({ ...context, run });
      const remarks = target.write(new Map([['nightly', target.entry(scheduleOf())]]));
      assert.match(remarks[0]!, /^Run yourself: systemctl --user daemon-reload \(Failed to connect to bus\)/);
      assert.deepEqual([...target.installed().keys()], ['nightly']);
    } finally {
      remove();
    }
  });
});

describe('The Windows Task Scheduler', () => {
  const context = { ...machineFacts(), launcher: 'C:\\Users\\me\\AppData\\Local\\gnu-mlops\\bin\\gnu-mlops.cmd' };

  it('gets a command line that repeats at the widest step that meets every minute', () => {
    const entry = (cron: string) => windowsTarget(context).entry(scheduleOf({ cron }));
    assert.equal(
      entry('7 13 * * *'),
      `schtasks /Create /TN \\gnu-mlops\\${PROJECT}\\nightly /SC MINUTE /MO 15 /ST 00:07 /TR "\\"${context.launcher}\\" schedule run nightly --config \\"C:\\churn model\\config.yaml\\"" /F`,
    );
    assert.match(entry('0,5 * * * *'), /\/MO 5 \/ST 00:00/);
    assert.match(entry('* * * * *'), /\/MO 1 \/ST 00:00/);
  });

  it('refuses a command that is too long for it', () => {
    const deep = { ...context, configFile: `C:\\${'deep\\'.repeat(60)}config.yaml` };
    assert.throws(() => windowsTarget(deep).entry(scheduleOf()), { reason: 'unsupported', message: /261/ });
  });
});

describe('Databricks Jobs', () => {
  it('get the schedule in the terms of Quartz', () => {
    for (const [cron, quartz] of [
      ['0 13 * * *', '0 0 13 * * ?'],
      ['0 2 * * 1', '0 0 2 ? * MON'],
      ['*/30 9-11 * 1,7 mon-fri', '0 0,30 9,10,11 ? 1,7 MON,TUE,WED,THU,FRI'],
      ['0 2 1,15 * *', '0 0 2 1,15 * ?'],
      ['0 2 L * *', '0 0 2 L * ?'],
      ['0 2 * * mon#1', '0 0 2 ? * 2#1'],
      ['0 2 * * 0', '0 0 2 ? * SUN'],
    ]) {
      assert.deepEqual(databricksSchedule(scheduleOf({ cron: cron! })), {
        quartz_cron_expression: quartz,
        timezone_id: 'America/Los_Angeles',
        pause_status: 'UNPAUSED',
      });
    }
    assert.equal(databricksSchedule(scheduleOf({ enabled: false })).pause_status, 'PAUSED');
  });

  it('refuse what Quartz cannot say', () => {
    for (const cron of ['0 2 1 * 1', '0 2 15,L * *', '0 2 * * mon#1,tue#2']) {
      assert.throws(() => databricksSchedule(scheduleOf({ cron })), { reason: 'unsupported' });
    }
  });
});
