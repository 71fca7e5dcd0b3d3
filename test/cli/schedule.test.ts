import * as assert from 'node:assert/strict';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { runCli } from '../../src/cli/run.ts';
import type {
  ScheduleChangeResult,
  ScheduleInstallResult,
  ScheduleListResult,
  ScheduleRunResult,
} from '../../src/engine/index.ts';
import { LeaseStore } from '../../src/engine/support/leases.ts';
import { type ErrorDocument, parseDocument } from './documents.ts';
import { type Machine, machine } from './schedule-machine.ts';

describe('gnu-mlops schedule', () => {
  let place: Machine;

  before(() => {
    place = machine();
  });
  after(() => place.remove());

  async function json<T>(schema: string, args: string[], code = 0): Promise<T> {
    const result = await place.run('schedule', ...args, '--json');
    assert.equal(result.code, code, result.stdout + result.stderr);
    return parseDocument<T>(result, schema);
  }

  const list = async () => (await json<ScheduleListResult>('schedule-list', ['list'])).schedules;

  it('adds presets and any other schedule, and tells them in words', async () => {
    const preset = await json<ScheduleChangeResult>('schedule-change', ['add', '--preset', 'batch-daily-13']);
    assert.deepEqual(
      [preset.schedule.id, preset.schedule.description, preset.schedule.next.length],
      ['batch-daily-13', 'At 13:00, America/Los_Angeles', 5],
    );
    const cron = ['--operation', 'train', '--cron', '30 2 * * 1-5', '--timezone', 'Europe/Berlin'];
    const own = await json<ScheduleChangeResult>('schedule-change', ['add', 'trial', ...cron, '--jitter', '0']);
    assert.match(own.schedule.description, /At 02:30, Monday through Friday, Europe\/Berlin/);
    assert.deepEqual(
      (await list()).map(({ id, installed }) => [id, installed]),
      [
        ['batch-daily-13', false],
        ['trial', false],
      ],
    );
    const text = await place.run('schedule', 'list');
    assert.match(text.stdout, /trial is not installed: gnu-mlops schedule install/);
  });

  it('asks nothing where nobody sits, and says what to give', async () => {
    const { error } = await json<ErrorDocument>('error', ['add'], 2);
    assert.match(error.details.fix!, /--preset batch-daily-13\|/);
  });

  it('shows a menu to a person at a terminal', async () => {
    const shown: string[] = [];
    const before = readFileSync(place.configFile, 'utf8');
    const answer = async (text: string) => {
      const terminal = {
        env: place.env,
        output: (line: string) => shown.push(line),
        error: (line: string) => shown.push(line),
        progressStream: undefined,
        width: 100,
        readInput: async () => '',
        confirm: async () => false,
        askSecret: async () => null,
        ask: async (question: string) => {
          shown.push(question);
          return text;
        },
      };
      const args = ['schedule', 'add', '--config', place.configFile];
      return runCli(args, terminal, new AbortController().signal);
    };
    assert.equal(await answer('4'), 0);
    assert.match(shown[0]!, /1 {2}batch-daily-13 .*\n[\s\S]*6 {2}retrain-twice-monthly .*0 2 1,15 \* \*/);
    assert.match(shown[1]!, /Added retrain-weekly: retrain, "0 2 \* \* 1"/);
    assert.equal(await answer('7'), 2);
    writeFileSync(place.configFile, before);
  });

  it('answers a mistake with its place and what was meant', async () => {
    const zone = ['add', 'x', '--operation', 'train', '--cron', '0 1 * * *', '--timezone', 'Europe/Brelin'];
    assert.match((await json<ErrorDocument>('error', zone, 2)).error.message, /did you mean "Europe\/Berlin"\?/);
    const text = readFileSync(place.configFile, 'utf8');
    writeFileSync(place.configFile, text.replace('30 2 * * 1-5', '30 26 * * 1-5'));
    const { error } = await json<ErrorDocument>('error', ['list'], 2);
    assert.match(error.message, /^config\.yaml:\d+:\d+: schedules\[1\]\.cron: .*field 2, the hour, is "26"/);
    const validated = await place.run('validate');
    assert.equal(validated.code, 2);
    assert.match(validated.stdout, /field 2, the hour, is "26"/);
    writeFileSync(place.configFile, text);
  });

  it('shows the plan of an installation and changes nothing with --dry-run', async () => {
    const { status, changes } = await json<ScheduleInstallResult>('schedule-install', ['install', '--dry-run']);
    assert.equal(status, 'dry-run');
    assert.deepEqual(
      changes.map(({ id, action }) => [id, action]),
      [
        ['batch-daily-13', 'add'],
        ['trial', 'add'],
      ],
    );
    assert.equal(place.crontab(), '');
    assert.equal(existsSync(place.launcher), false);
  });

  it('refuses to install what would not work without this shell, and says why', async () => {
    const text = readFileSync(place.configFile, 'utf8');
    writeFileSync(place.configFile, text.replace('sqlite:///mlflow.db', `$${'{WHERE}'}`));
    place.env.WHERE = 'sqlite:///mlflow.db';
    const { error } = await json<ErrorDocument>('error', ['install'], 2);
    assert.match(error.message, /Nothing is installed, .*WHERE is not set/);
    assert.equal(place.crontab(), '');
    delete place.env.WHERE;
    writeFileSync(place.configFile, text);
  });

  it('puts its lines into the crontab beside those of others, and says what differs from then on', async () => {
    const others = '# mine\nMAILTO=""\n5 4 * * * /bin/backup 100\\%\n';
    place.setCrontab(others);
    const installed = await json<ScheduleInstallResult>('schedule-install', ['install']);
    assert.deepEqual(
      [installed.status, installed.target, installed.launcher],
      ['installed', 'crontab', place.launcher],
    );
    assert.ok(place.crontab().startsWith(others));
    const [first] = place.crontab().slice(others.length).split('\n');
    const uuid = JSON.parse(readFileSync(path.join(place.folder, '.gnu-mlops/project.json'), 'utf8')).id;
    assert.equal(
      first,
      `0,15,30,45 * * * * ${place.launcher} schedule run batch-daily-13 --config ${place.configFile} # gnu-mlops:${uuid}:batch-daily-13`,
    );
    assert.equal((await json<ScheduleInstallResult>('schedule-install', ['install'])).status, 'unchanged');
    assert.deepEqual((await list())[1]?.targets, [{ target: 'crontab', status: 'current' }]);
    writeFileSync(place.configFile, readFileSync(place.configFile, 'utf8').replace('30 2 * * 1-5', '37 2 * * 1-5'));
    assert.deepEqual((await list())[1]?.targets, [{ target: 'crontab', status: 'outdated' }]);
    await json<ScheduleChangeResult>('schedule-change', ['remove', 'trial']);
    const { orphans } = await json<ScheduleListResult>('schedule-list', ['list']);
    assert.deepEqual(orphans, [{ target: 'crontab', id: 'trial' }]);
    await json<ScheduleInstallResult>('schedule-install', ['install']);
    assert.doesNotMatch(place.crontab(), /:trial$/m);
    await json<ScheduleInstallResult>('schedule-install', ['install', '--uninstall']);
    assert.equal(place.crontab(), others);
  });

  it('runs a schedule through the operation of its command, with its exit code, and keeps the history', async () => {
    const add = ['add', 'often', '--operation', 'train', '--cron', '* * * * *', '--timezone', 'UTC'];
    await json<ScheduleChangeResult>('schedule-change', add);
    const ran = await json<ScheduleRunResult>('schedule-run', ['run', 'often', '--now']);
    assert.deepEqual([ran.status, ran.exit_code], ['done', 0]);
    const log = readFileSync(ran.log!, 'utf8');
    const [, own] = /The operation's own log is (.*)\.$/m.exec(log)!;
    assert.match(readFileSync(own!, 'utf8'), /Registered gnu_mlops_model version 1/);
    const last = (await list()).find(({ id }) => id === 'often')?.last;
    assert.deepEqual([last?.status, last?.exit_code, last?.log], ['done', 0, ran.log]);
    writeFileSync(path.join(place.folder, 'data/train.csv'), 'a,b\n1,2\n');
    const { error } = await json<ErrorDocument>('error', ['run', 'often', '--now'], 2);
    assert.equal(error.reason, 'invalid-config');
    const failed = (await list()).find(({ id }) => id === 'often')?.last;
    assert.deepEqual([failed?.status, failed?.exit_code], ['failed', 2]);
  });

  it('does not overlap the firing before: exit code 5', async () => {
    const other = new LeaseStore(path.join(place.folder, '.gnu-mlops/state.db'));
    other.acquire('schedule:often');
    try {
      const { error } = await json<ErrorDocument>('error', ['run', 'often', '--now'], 5);
      assert.match(error.message, /The firing of "often" before this one is still at work/);
    } finally {
      other.close();
    }
  });

  it('leaves at once and silently when a schedule is not due or paused', async () => {
    await json<ScheduleChangeResult>('schedule-change', ['pause', 'often']);
    for (const id of ['often', 'batch-daily-13']) {
      for (const args of [[], ['--quiet'], ['--config', place.configFile]]) {
        const { code, stdout, stderr } = await place.run('schedule', 'run', id, ...args);
        assert.deepEqual([code, stdout, stderr], [0, '', '']);
      }
    }
    assert.equal((await json<ScheduleRunResult>('schedule-run', ['run', 'often'])).status, 'paused');
    assert.equal((await json<ScheduleRunResult>('schedule-run', ['run', 'batch-daily-13'])).status, 'not-due');
  });

  it('says when an installed schedule is not in config.yaml any more', async () => {
    const { error } = await json<ErrorDocument>('error', ['run', 'gone'], 1);
    assert.equal(error.reason, 'not-found');
    assert.match(error.details.fix!, /gnu-mlops schedule install/);
  });
});
