import * as assert from 'node:assert/strict';
import { appendFileSync, cpSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { projectRoot } from '../../scripts/cache.ts';
import { JOB_SCRIPT_TEXT } from '../../src/engine/databricks-operations/job-script.ts';
import type {
  DatabricksDeployResult,
  DatabricksStatusResult,
  DeployResult,
  InfoResult,
  PredictResult,
  TrainResult,
  ValidateResult,
} from '../../src/engine/index.ts';
import { exampleProject, gnuMlops, type TemporaryProject } from '../cli/command.ts';
import { parseDocument } from '../cli/documents.ts';
import { parseMail } from '../engine/notification/parsed-mail.ts';
import { startMailServer } from '../engine/notification/started-mail-server.ts';
import { DatabricksEmulator } from '../harness/databricks/emulator.ts';
import { runPython } from '../harness/python.ts';

const MODEL = 'main.ml.churn';
const WAREHOUSE = 'abc123def4567890';

/** What is added to the example: the store, the table, a night. */
const SCHEDULES = `
schedules:
  - { id: night, operation: batch, cron: "0 2 * * *", timezone: Europe/Berlin }
`;

describe('The main job on Databricks (the emulator)', function () {
  this.timeout(240_000);
  let emulator: DatabricksEmulator;
  let project: TemporaryProject;

  const env = () => ({
    DATABRICKS_HOST: emulator.url,
    DATABRICKS_TOKEN: emulator.workspace.token,
    DATABRICKS_WAREHOUSE_ID: WAREHOUSE,
  });

  const run = (args: string[]) => gnuMlops(args, { cwd: project.folder, env: env() });

  async function json<T>(schema: string, args: string[]): Promise<T> {
    const result = await run([...args, '--json']);
    assert.equal(result.code, 0, `${result.stdout}${result.stderr}\n${emulator.violations.join('\n')}`);
    return parseDocument<T>(result, schema);
  }

  before(async () => {
    emulator = await DatabricksEmulator.start();
    project = exampleProject();
    const config = path.join(project.folder, 'config.yaml');
    const text = readFileSync(config, 'utf8')
      .replace(/tracking_uri: .*/, 'tracking_uri: databricks\n  registry_uri: databricks-uc')
      .replace(/model_name: .*/, `model_name: ${MODEL}`)
      .replace(/ {2}path: .*/, '  source: databricks\n  table: main.ml.patients');
    writeFileSync(config, text + SCHEDULES);
    const [head, ...rows] = readFileSync(path.join(project.folder, 'data/train.csv'), 'utf8').trim().split(/\r?\n/);
    emulator.workspace.tables.set('main.ml.patients', {
      columns: head!.split(',').map((name) => {
        const type = name === 'diagnosis' ? 'STRING' : 'DOUBLE';
        return { name, type_name: type, type_text: type };
      }),
      rows: rows.map((row) => row.split(',')),
    });
  });

  after(async () => {
    project?.remove();
    const { violations } = emulator;
    await emulator?.stop();
    assert.deepEqual(violations, []);
  });

  it('finds everything in place, and trains a version from a table', async () => {
    const { checks } = await json<ValidateResult>('validate', ['validate']);
    const wrong = checks.filter(({ id, status }) => status !== 'ok' && id !== 'launcher');
    assert.deepEqual(wrong, []);
    const { version, metrics } = await json<TrainResult>('train', ['train']);
    assert.equal(version, '1');
    assert.ok(metrics.accuracy! > 0.9);
    assert.equal(existsSync(path.join(project.folder, 'mlruns')), false);
    assert.ok(emulator.workspace.files.has('/Models/main/ml/churn/1/model.onnx'));
  });

  it('deploys through the gates, deploys another, and rolls back', async () => {
    for (const stage of ['staging', 'production']) await json<DeployResult>('deploy', ['deploy', '--stage', stage]);
    await json<TrainResult>('train', ['train', '--set', 'training.random_seed=7']);
    for (const stage of ['staging', 'production']) await json<DeployResult>('deploy', ['deploy', '--stage', stage]);
    const back = await json<DeployResult>('deploy', ['rollback', '--notes', 'a test']);
    assert.deepEqual([back.status, back.version], ['rolled-back', '1']);
    const info = await json<InfoResult>('info', ['info', '--history']);
    const { GNU_Production: holder } = info.stages;
    assert.deepEqual([holder?.version, holder?.by, holder?.by_verified], ['1', 'alice@example.com', true]);
    assert.equal(info.history[0]?.kind, 'rollback');
    assert.deepEqual(info.changed_outside, []);
  });

  it('predicts with what is in production', async () => {
    const { version, predictions } = await json<PredictResult>('predict', ['predict', 'data/new_rows.csv']);
    assert.equal(version, '1');
    assert.ok(predictions.length > 0);
  });

  it('sets the workspace up, makes the job of the night and the endpoint, and runs the job', async () => {
    await run(['databricks', 'setup', '--quiet']);
    const plan = await json<DatabricksDeployResult>('databricks-deploy', ['databricks', 'deploy', '--dry-run']);
    assert.deepEqual(
      plan.steps.map(({ kind, action }) => `${action} ${kind}`),
      ['create model', 'create job', 'create endpoint'],
    );
    assert.equal(emulator.workspace.jobs.size, 0);
    const done = await json<DatabricksDeployResult>('databricks-deploy', ['databricks', 'deploy', '--run']);
    assert.deepEqual([done.status, done.version, done.runs[0]?.result], ['done', '1', 'SUCCESS']);
    const [job] = emulator.workspace.jobs.values();
    assert.deepEqual(job?.settings.schedule, {
      quartz_cron_expression: '0 0 2 * * ?',
      timezone_id: 'Europe/Berlin',
      pause_status: 'UNPAUSED',
    });
    assert.ok(emulator.workspace.files.has('/Volumes/main/ml/gnu_mlops/models/main.ml.churn/1/MLmodel'));
    const again = await json<DatabricksDeployResult>('databricks-deploy', ['databricks', 'deploy']);
    assert.equal(again.status, 'unchanged');
  });

  it('gives a second version a share of the requests, and shows how everything is', async () => {
    const args = ['databricks', 'deploy', '--version', '2', '--traffic', '10'];
    await json<DatabricksDeployResult>('databricks-deploy', args);
    const { jobs, endpoint } = await json<DatabricksStatusResult>('databricks-status', ['databricks', 'status']);
    assert.deepEqual([jobs[0]?.id, jobs[0]?.last_run?.result], ['night', 'SUCCESS']);
    assert.deepEqual(
      endpoint?.served.map(({ version, traffic }) => [version, traffic]),
      [
        ['1', 90],
        ['2', 10],
      ],
    );
  });

  it('runs in a job by the script that setup uploads, signed in as whoever runs it', async () => {
    const { code, stdout, stderr } = await job(['info', '--json']);
    assert.equal(code, 0, stderr);
    assert.equal((JSON.parse(stdout) as InfoResult).stages.GNU_Production?.version, '1');
    const failed = await job(['fly']);
    assert.equal(failed.code, 1);
    assert.match(failed.stderr, /gnu-mlops ended with 2/);
  });

  it('remembers from job to job what was scored, and sends the mail of a night when its server is back', async () => {
    const at = (name: string) => path.join(project.folder, 'volume', name);
    const server = await startMailServer();
    const settings = [
      ...['input', 'output', 'archive'].map((each) => `batch_inference.${each}_path=${at(each)}`),
      'batch_inference.settle_seconds=0',
      'batch_inference.notification_email=night@example.org',
      'notifications.smtp.host=127.0.0.1',
      'notifications.smtp.from=mlops@example.org',
    ].flatMap((each) => ['--set', each]);
    const night = async (port: number) => {
      const { code, stderr } = await job(['batch', ...settings, '--set', `notifications.smtp.port=${port}`]);
      assert.equal(code, 0, stderr);
    };
    const logged = () => {
      const [day] = readdirSync(at('memory/prediction_log/night'));
      return readFileSync(at(`memory/prediction_log/night/${day}`), 'utf8')
        .trimEnd()
        .split('\n');
    };
    const waiting = () => readdirSync(at('memory/jobs/night/spool')).filter((name) => name.endsWith('.json'));
    try {
      mkdirSync(at('input'), { recursive: true });
      cpSync(path.join(project.folder, 'data/new_rows.csv'), at('input/monday.csv'));
      // Nobody listens there.
      await night(1);
      assert.equal(logged().length, 1);
      assert.equal(waiting().length, 1);
      // Another file's, with what Python takes for line ends, and one of another job.
      const [day] = readdirSync(at('memory/prediction_log/night'));
      const odd = JSON.stringify({ input: 'a\u2028b\u0085c.csv' });
      appendFileSync(at(`memory/prediction_log/night/${day}`), `${odd}\n`);
      mkdirSync(at('memory/prediction_log/noon'));
      const ofNoon = JSON.stringify({ input: 'noon.csv' });
      writeFileSync(at(`memory/prediction_log/noon/${day}`), ofNoon);
      cpSync(path.join(project.folder, 'data/new_rows.csv'), at('input/tuesday.csv'));
      await night(server.port);
      assert.deepEqual(
        logged().map((line) => (JSON.parse(line) as { input: string }).input),
        ['monday.csv', 'a\u2028b\u0085c.csv', 'tuesday.csv'],
      );
      assert.equal(readFileSync(at(`memory/prediction_log/noon/${day}`), 'utf8'), ofNoon);
      assert.deepEqual(waiting(), []);
      const mails = (await server.mails()).map(({ raw }) => parseMail(raw).headers.subject);
      assert.equal(mails.length, 2);
      for (const subject of mails) assert.match(subject!, /Batch done/);
    } finally {
      await server.stop();
    }
  });

  /** Runs gnu-mlops as a job does, each time in a folder of its own that is gone afterwards. */
  function job(args: string[]) {
    const script = path.join(project.folder, 'job.py');
    writeFileSync(script, JOB_SCRIPT_TEXT);
    const own = { ...env(), DATABRICKS_CONFIG_FILE: '/nonexistent' };
    const places = [projectRoot, project.folder, path.join(project.folder, 'volume/memory'), 'night'];
    return runPython('databricks', script, [...places, ...args], { env: own });
  }

  it('is seen by a colleague with MLflow, whose own promotion is shown as made outside', async () => {
    const script = path.join(projectRoot, 'test/back-ends/databricks-client.py');
    const own = { ...env(), DATABRICKS_CONFIG_FILE: '/nonexistent' };
    const { code, stdout, stderr } = await runPython('databricks', script, ['colleague'], { env: own });
    assert.equal(code, 0, stderr);
    const { colleague } = JSON.parse(stdout.trimEnd().split('\n').at(-1)!) as Record<string, Record<string, unknown>>;
    assert.equal(colleague?.error, undefined);
    const { accuracy, files, ...rest } = colleague!;
    assert.ok(Number(accuracy) > 0.9);
    assert.ok((files as string[]).includes('MLmodel') && (files as string[]).includes('model.onnx'));
    assert.deepEqual(rest, {
      aliases: { GNU_Production: '1' },
      champion: '1',
      dataset: ['delta_table', { delta_table_name: 'main.ml.patients' }],
      signed: true,
      kinds: ['rollback', 'promote', 'promote', 'promote', 'promote'],
    });
    const { changed_outside } = await json<InfoResult>('info', ['info']);
    assert.equal(changed_outside.length, 1);
    assert.equal((await run(['repair', '--restore'])).code, 0);
    assert.equal(emulator.workspace.models.get(MODEL)?.aliases.get('GNU_Production'), 1);
  });
});
