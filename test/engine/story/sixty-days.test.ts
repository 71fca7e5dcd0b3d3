import * as assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { tableAsCsv } from '../../../src/engine/data/csv-text.ts';
import { generateTable, SYNTHETIC_DEFAULTS } from '../../../src/engine/data/sources/synthetic.ts';
import { createDataset, deploy, info, openProject, type Project, train } from '../../../src/engine/index.ts';
import { runSchedule } from '../../../src/engine/scheduling/run-schedule.ts';
import { EngineError } from '../../../src/engine/support/errors.ts';
import { type ParsedMail, parseMail } from '../notification/parsed-mail.ts';
import { type MailServer, startMailServer } from '../notification/started-mail-server.ts';

const DAYS = 60;
const HOUR = 3_600_000;
const START = Date.parse('2027-01-01T00:00:00Z');
const CANARY = 'canary-story-7c41';

/** Days on which something happens; the rest are nights like any other. */
const DRIFT = [40, 41];
const BROKEN = 50;

/** What the operator wrote; `depth` is what changes in the course of the story. */
function config(port: number, depth: number): string {
  return `
mlflow: { experiment_name: story }
training: { cv_folds: 0 }
model: { hyperparameters: { n_estimators: 20, max_depth: ${depth} } }
deployment: { gates: { staging: { accuracy: 0.6 }, production: { accuracy: 0.6 } } }
monitoring: { window: 3, alert_emails: [watch@example.org] }
retraining: { interval_days: 30, notification_email: models@example.org }
batch_inference: { settle_seconds: 0, notification_email: nights@example.org }
schedules:
  - { id: nightly, operation: batch, cron: "0 13 * * *", timezone: UTC }
  - { id: fresh, operation: retrain, cron: "0 2 * * *", timezone: UTC }
notifications:
  smtp: { host: 127.0.0.1, port: ${port}, from: mlops@example.org, password: ${CANARY} }
`;
}

describe('Sixty days that nobody looks at', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'gnu-mlops-story-'));
  const configFile = path.join(folder, 'config.yaml');
  let server: MailServer;
  let now = START;

  /** Saved at the time of the story, not at that of the test. */
  function save(depth: number): void {
    writeFileSync(configFile, config(server.port, depth));
    utimesSync(configFile, now / 1000, now / 1000);
  }

  async function withProject<T>(act: (project: Project) => Promise<T>): Promise<T> {
    const project = await openProject({ configFile, env: {}, clock: () => new Date(now) });
    try {
      return await act(project);
    } finally {
      await project.close();
    }
  }

  /** What cron would see: an operation that throws has failed. */
  async function check(id: string): Promise<string> {
    try {
      return (await runSchedule(id, { configFile, env: {}, clock: () => new Date(now) })).status;
    } catch (error) {
      assert.ok(EngineError.is(error), `${error}`);
      return 'failed';
    }
  }

  function deliver(day: number): void {
    const drift = DRIFT.includes(day) ? 3 : 0;
    const table = generateTable({ ...SYNTHETIC_DEFAULTS, rows: 300, drift, sample: 100 + day, targetColumn: 'target' });
    writeFileSync(path.join(folder, 'data/batch_input', `day-${day}.csv`), tableAsCsv(table));
  }

  before(async () => {
    server = await startMailServer();
    mkdirSync(path.join(folder, 'data/batch_input'), { recursive: true });
    createDataset({ folder: path.join(folder, 'data'), rows: 3000, noise: 0.1 });
    save(1);
    await withProject(async (project) => {
      await train(project);
      await deploy(project, { stage: 'Staging' });
      await deploy(project, { stage: 'GNU_Production' });
    });
  });

  after(async () => {
    await server.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  it('score sixty files, retrain twice, keep the worse model out, alarm of drift, roll back what broke, and tell people', async function () {
    this.timeout(180_000);
    const statuses: Record<string, number> = {};
    for (let day = 0; day < DAYS; day++) {
      now = START + day * 24 * HOUR + 2 * HOUR;
      // The operator allows deeper trees, which helps; later somebody cuts them down to nothing.
      if (day === 20) save(8);
      if (day === 55) save(1);
      count(`retrain ${await check('fresh')}`);
      if (day === BROKEN) await breakProduction();
      now = START + day * 24 * HOUR + 13 * HOUR;
      deliver(day);
      count(`batch ${await check('nightly')}`);
      now += 2 * HOUR;
      count(`again ${await check('nightly')}`);
    }
    // The thirtieth day after the second model.
    now = START + DAYS * 24 * HOUR + 2 * HOUR;
    count(`retrain ${await check('fresh')}`);
    console.log(`      ${JSON.stringify(statuses)}`);
    assert.equal(statuses['batch done'], DAYS - 1);
    assert.equal(statuses['batch failed'], 1);
    assert.equal(statuses['again not-due'], DAYS);
    const decisions = await decided();
    console.log(`      ${JSON.stringify(decisions)}`);
    assert.deepEqual(decisions, ['deployed', 'kept-production']);

    function count(status: string): void {
      statuses[status] = (statuses[status] ?? 0) + 1;
    }
  });

  /** How each retraining that was due ended, oldest first. */
  function decided(): Promise<string[]> {
    return withProject(async ({ store }) => {
      const { experimentId } = (await store.findExperiment('story_retraining'))!;
      const { runs } = await store.searchRuns({ experimentIds: [experimentId], orderBy: ['start_time ASC'] });
      return runs.map(({ tags }) => tags['gnu_mlops.retrain.status']!).filter((status) => status !== 'nothing-to-do');
    });
  }

  async function breakProduction(): Promise<void> {
    await withProject(async ({ store }) => {
      const location = await store.locate(await store.getVersion('gnu_mlops_model', '2'));
      rmSync(path.join(location, 'model.onnx'));
    });
  }

  it('leave every input scored once and archived once', () => {
    const names = (place: string) => readdirSync(path.join(folder, 'data', place));
    const manifests = names('batch_output').filter((name) => name.endsWith('.manifest.json'));
    const inputs = manifests.map((name) => {
      return (
        JSON.parse(readFileSync(path.join(folder, 'data/batch_output', name), 'utf8')) as { input: { name: string } }
      ).input.name;
    });
    assert.deepEqual(inputs.sort(), Array.from({ length: DAYS }, (_, day) => `day-${day}.csv`).sort());
    assert.equal(names('batch_archive').length, DAYS);
    assert.deepEqual(names('batch_input'), []);
  });

  it('leave a history that tells who was in production, since when and why', async () => {
    const { history, stages } = await withProject((project) => info(project, { history: true }));
    const told = history.map(
      ({ kind, version, to, at, notes }) => `${at.slice(0, 10)} ${kind} ${version} ${to}: ${notes.slice(0, 34)}`,
    );
    assert.deepEqual(told.slice(1, 3), [
      '2027-01-31 promote 2 GNU_Production: Retraining: The challenger is bett',
      '2027-01-31 promote 2 Staging: Retraining: The challenger is bett',
    ]);
    // The batch that found it out, not the retraining of the next night.
    assert.match(told[0]!, /^2027-02-20 rollback 1 GNU_Production: Automatic roll back/);
    assert.equal(stages.GNU_Production?.version, '1');
    const then = await withProject((project) => info(project, { at: '2027-02-10' }));
    assert.equal(then.stages.GNU_Production?.version, '2');
  });

  it('are told in mails that the server received: each night, each retraining, the drift, the failure, the roll back', async () => {
    const mails = (await server.mails()).map(({ raw, to }) => ({ ...parseMail(raw), to }));
    const about = (pattern: RegExp) => mails.filter(({ headers }) => pattern.test(headers.subject!));
    const subjects = mails.map(({ headers }) => headers.subject);
    console.log(
      `      ${mails.length} mails, for example: ${[...new Set(subjects.map((subject) => subject!.replace(/\d+/g, 'N')))].join(' | ')}`,
    );
    const sentTo = (address: string) => mails.filter(({ to }) => to.includes(address));
    assert.equal(
      sentTo('nights@example.org').filter(({ headers }) => /batch/i.test(headers.subject!)).length >= DAYS,
      true,
    );
    assert.equal(about(/drift/i).length, 1);
    assert.deepEqual(about(/drift/i)[0]!.to, ['watch@example.org', 'nights@example.org']);
    assert.ok(about(/roll(ed)? ?back/i).length >= 1);
    const retrainings = about(/retrain/i).map(({ parts }) => parts['text/plain']!);
    assert.ok(retrainings.some((text) => /better/i.test(text)));
    assert.ok(retrainings.some((text) => /Production stays/.test(text)));
    assert.ok(mails.every((mail) => !written(mail).includes(CANARY)));
  });

  function written({ headers, parts }: ParsedMail): string {
    return JSON.stringify([headers, parts]);
  }

  it('leave the secrets of the configuration in no file that was written', () => {
    const files = readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile() && path.join(entry.parentPath, entry.name) !== configFile)
      .map((entry) => path.join(entry.parentPath, entry.name));
    assert.ok(files.length > 200);
    const found = files.filter((file) => readFileSync(file).includes(CANARY));
    assert.deepEqual(found, []);
  });
});
