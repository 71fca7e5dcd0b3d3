import * as assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { cachedFolder, projectRoot } from '../../scripts/cache.ts';
import { end, run, runChecked } from '../../scripts/subprocess.ts';
import { type FiringSummary, scheduleHistory } from '../../src/engine/index.ts';
import { exampleProject, type TemporaryProject } from './command.ts';

/** A firing comes within a minute, its work takes some seconds, and the machine may be busy. */
const LONGEST_MS = 150_000;
/** Of util-linux. */
const UNSHARE = '/usr/bin/unshare';

describe("Debian's cron", function () {
  this.timeout(LONGEST_MS * 2);
  let scoring: TemporaryProject;
  let training: TemporaryProject;
  let place: string;
  let cron: ChildProcess | undefined;
  let output = '';

  before(async function () {
    const root = await cronRoot();
    if (typeof root !== 'string') {
      console.log(`      skipped: ${root.missing}`);
      this.skip();
    }
    place = mkdtempSync(path.join(tmpdir(), 'gnu-mlops-cron-'));
    for (const name of ['private', 'home']) mkdirSync(path.join(place, name));
    [scoring, training] = [await projectWithModel(), exampleProject()];
    addSchedule(scoring, 'scoring', 'batch');
    addSchedule(training, 'training', 'retrain');
    const command = [process.execPath, path.join(projectRoot, 'bin/gnu-mlops.js')];
    const folders = [path.join(place, 'private'), path.join(place, 'home'), root, ...command];
    const script = path.join(import.meta.dirname, 'schedule-cron.sh');
    // Variables of this shell that would lead a command astray, if cron gave them on.
    const env = { ...process.env, MLFLOW_EXPERIMENT_NAME: undefined, GNU_MLOPS__LOGS__RETENTION_DAYS: '77' };
    cron = spawn(UNSHARE, ['-m', 'sh', script, ...folders, scoring.folder, training.folder], { env });
    for (const stream of [cron.stdout!, cron.stderr!]) {
      stream.setEncoding('utf8').on('data', (text: string) => {
        output += text;
      });
    }
    await until('cron to start', () => (output.includes('cron starts') ? true : undefined));
  });

  after(async () => {
    if (cron) await end(cron);
    if (place) rmSync(place, { recursive: true, force: true });
    for (const project of [scoring, training]) project?.remove();
  });

  /** Waits for a value; says what cron said when it does not come. */
  async function until<T>(what: string, look: () => T | undefined): Promise<T> {
    const started = performance.now();
    for (;;) {
      const value = look();
      if (value !== undefined) return value;
      assert.ok(performance.now() - started < LONGEST_MS, `waited too long for ${what}:\n${output}`);
      assert.equal(cron?.exitCode, null, `cron ended:\n${output}`);
      await delay(200);
    }
  }

  function firing(project: TemporaryProject, id: string): Promise<FiringSummary> {
    const configFile = path.join(project.folder, 'config.yaml');
    return until(`a firing of ${id}`, () => {
      const firings = scheduleHistory(id, 10, { configFile, env: {} });
      return firings.filter(({ status }) => status !== 'running').at(-1);
    });
  }

  it('starts a batch, which scores its input with the version in production, and its log and exit code are kept', async () => {
    const { status, exit_code, log, due, started } = await firing(scoring, 'scoring');
    const text = readFileSync(log!, 'utf8');
    assert.deepEqual([status, exit_code], ['done', 0], text);
    assert.equal(new Date(due).getUTCSeconds(), 0);
    assert.ok(Date.parse(started) - Date.parse(due) < 60_000);
    const [, own] = /The operation's own log is (.*)\.$/m.exec(text)!;
    assert.match(readFileSync(own!, 'utf8'), /new_rows\.csv: 6 rows, 0 refused/);
    const written = (await readdir(path.join(scoring.folder, 'data/batch_output'))).filter((name) =>
      name.endsWith('.csv'),
    );
    assert.equal(written.length, 1);
  });

  it('starts a retraining, which makes the first version', async () => {
    const { status, exit_code, log } = await firing(training, 'training');
    const text = readFileSync(log!, 'utf8');
    assert.deepEqual([status, exit_code], ['done', 0], text);
    const { stdout } = await training.run('runs', '--json');
    assert.equal(JSON.parse(stdout).runs[0].status, 'FINISHED');
  });

  it('gives nothing of the environment on, and goes on with what others have in the crontab', async () => {
    const file = path.join(place, 'home/environment');
    const environment = await until('the line of somebody else', () =>
      existsSync(file) ? readFileSync(file, 'utf8').trim() || undefined : undefined,
    );
    const names = environment.split('\n').map((line) => line.slice(0, line.indexOf('=')));
    assert.ok(names.includes('HOME') && !names.some((name) => name.startsWith('GNU_MLOPS')), environment);
    assert.match(output, /^# somebody else\n\* \* \* \* \* \/usr\/bin\/env >/m);
    assert.equal(output.match(/ # gnu-mlops:[0-9a-f-]{36}:(scoring|training)$/gm)?.length, 2);
  });
});

/** A version in production, and a file to score. */
async function projectWithModel(): Promise<TemporaryProject> {
  const project = exampleProject();
  for (const args of [['train'], ['deploy', '--stage', 'staging'], ['deploy', '--stage', 'production']]) {
    const { code, stderr } = await project.run(...args);
    assert.equal(code, 0, stderr);
  }
  const input = path.join(project.folder, 'data/batch_input');
  mkdirSync(input, { recursive: true });
  writeFileSync(path.join(input, 'new_rows.csv'), readFileSync(path.join(project.folder, 'data/new_rows.csv')));
  return project;
}

function addSchedule(project: TemporaryProject, id: string, operation: string): void {
  const file = path.join(project.folder, 'config.yaml');
  const schedules = `schedules:\n  - { id: ${id}, operation: ${operation}, cron: "* * * * *", timezone: Asia/Kolkata }\n`;
  writeFileSync(file, `${readFileSync(file, 'utf8')}\n${schedules}`);
}

/** Where the files of Debian's package cron lie: taken out of it, not installed, so that the machine stays as it is. */
async function cronRoot(): Promise<string | { missing: string }> {
  if (process.getuid?.() !== 0)
    return { missing: 'Run the tests as root: cron starts in a mount namespace of its own.' };
  const mounts = await run(UNSHARE, ['-m', 'sh', '-c', 'mount -t tmpfs tmpfs /mnt']).catch(() => null);
  if (mounts?.code !== 0)
    return { missing: 'Allow mount namespaces (CAP_SYS_ADMIN) and install util-linux (unshare).' };
  try {
    return await cachedFolder('cron', '3.0pl1', async (folder) => {
      const own = ['-o', `Dir::State::Lists=${folder}/lists`, '-o', 'APT::Sandbox::User=root'];
      const download = (options: string[]) => run('apt-get', [...options, 'download', 'cron'], { cwd: folder });
      if ((await download([])).code !== 0) {
        mkdirSync(path.join(folder, 'lists/partial'), { recursive: true });
        await runChecked('apt-get', [...own, 'update'], { cwd: folder });
        await download(own);
      }
      const [archive] = (await readdir(folder)).filter((name) => name.endsWith('.deb'));
      await runChecked('dpkg-deb', ['-x', archive ?? 'cron.deb', '.'], { cwd: folder });
    });
  } catch {
    return { missing: "Let apt-get download Debian's package cron (apt-get update)." };
  }
}
