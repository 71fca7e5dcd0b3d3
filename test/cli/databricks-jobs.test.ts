import * as assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { DatabricksDeployResult, DatabricksStatusResult } from '../../src/engine/index.ts';
import { DatabricksEmulator } from '../harness/databricks/emulator.ts';
import { exampleProject, gnuMlops, type TemporaryProject } from './command.ts';
import { parseDocument } from './documents.ts';

const MODEL = 'main.ml.churn';

describe('The jobs of gnu-mlops databricks deploy', function () {
  this.timeout(60_000);
  let emulator: DatabricksEmulator;
  let project: TemporaryProject;

  beforeEach(async () => {
    emulator = await DatabricksEmulator.start();
    project = exampleProject();
    writeFileSync(path.join(project.folder, '.env'), `DATABRICKS_TOKEN=${emulator.workspace.token}\n`, { mode: 0o600 });
    schedules('night', 'noon');
    const { code, stderr } = await run('train', '--quiet');
    assert.equal(code, 0, stderr);
    assert.equal((await run('databricks', 'setup', '--quiet')).code, 0);
  });

  afterEach(async () => {
    project.remove();
    const { violations } = emulator;
    await emulator.stop();
    assert.deepEqual(violations, []);
  });

  function schedules(...ids: string[]): void {
    const list = ids.map((id) => `{ id: ${id}, operation: batch, cron: "0 2 * * *", timezone: UTC }`);
    const text = `env_file: .env
mlflow: { tracking_uri: databricks, registry_uri: databricks-uc, experiment_name: churn, model_name: ${MODEL} }
databricks: { host: "${emulator.url}" }
model: { algorithm: random_forest, hyperparameters: { n_estimators: 2, max_depth: 2 } }
training: { cv_folds: 0 }
data: { path: data/train.csv, target_column: diagnosis }
schedules: [${list.join(', ')}]
`;
    writeFileSync(path.join(project.folder, 'config.yaml'), text);
  }

  const run = (...args: string[]) => gnuMlops(args, { cwd: project.folder });
  const deploy = (...args: string[]) => run('databricks', 'deploy', '--version', '1', ...args);

  async function jobSteps(...args: string[]): Promise<string[]> {
    const result = await deploy('--json', ...args);
    assert.equal(result.code, 0, result.stdout + result.stderr);
    const { steps } = parseDocument<DatabricksDeployResult>(result, 'databricks-deploy');
    return steps.filter(({ kind }) => kind === 'job').map(({ action, name }) => `${action} ${name}`);
  }

  async function shownJobs(): Promise<DatabricksStatusResult['jobs']> {
    const result = await run('databricks', 'status', '--json');
    assert.equal(result.code, 0, result.stdout + result.stderr);
    return parseDocument<DatabricksStatusResult>(result, 'databricks-status').jobs;
  }

  const jobs = () => [...emulator.workspace.jobs.values()].map(({ settings }) => settings.name);

  it('let Databricks mail who is told of failures', async () => {
    const config = path.join(project.folder, 'config.yaml');
    const people = `monitoring: { alert_emails: [watch@example.org] }\nbatch_inference: { notification_email: "night@example.org, b@example.org" }\n`;
    writeFileSync(config, readFileSync(config, 'utf8') + people);
    await jobSteps();
    for (const { settings } of emulator.workspace.jobs.values()) {
      const { on_failure } = settings.email_notifications as { on_failure: string[] };
      assert.deepEqual(on_failure, ['watch@example.org', 'night@example.org', 'b@example.org']);
    }
  });

  it('are removed with their schedules, after the plan has said so, and seen until then', async () => {
    assert.deepEqual(await jobSteps(), [`create gnu-mlops: ${MODEL}: night`, `create gnu-mlops: ${MODEL}: noon`]);
    // Of others: another project, one whose model is called as ours begins, and one that nobody here made.
    const [own] = emulator.workspace.jobs.values();
    const others = ['gnu-mlops: main.ml.other: noon', `gnu-mlops: ${MODEL}: x: noon`, `gnu-mlops: ${MODEL}: theirs`];
    for (const [i, name] of others.entries()) {
      const id = emulator.workspace.nextId();
      const tags = i === 2 ? {} : own!.settings.tags!;
      emulator.workspace.jobs.set(String(id), { ...own!, id, settings: { ...own!.settings, name, tags } });
    }
    schedules('night');
    const stray = (await shownJobs()).filter(({ is_configured }) => !is_configured);
    assert.deepEqual(
      stray.map(({ id, job_id, is_paused }) => [id, job_id === null, is_paused]),
      [['noon', false, false]],
    );
    assert.match((await run('databricks', 'status')).stdout, /noon +\d+ \(not in config\.yaml any more/);
    const plan = [`unchanged gnu-mlops: ${MODEL}: night`, `delete gnu-mlops: ${MODEL}: noon`];
    assert.deepEqual(await jobSteps('--dry-run'), plan);
    assert.equal(jobs().length, 5);
    assert.deepEqual(await jobSteps(), plan);
    assert.deepEqual(jobs(), [`gnu-mlops: ${MODEL}: night`, ...others]);
    schedules();
    assert.deepEqual(await jobSteps(), [`delete gnu-mlops: ${MODEL}: night`]);
    assert.deepEqual([jobs(), await shownJobs()], [others, []]);
  });

  it('are found among more jobs than a page holds', async () => {
    await jobSteps();
    const [own] = emulator.workspace.jobs.values();
    const mine = [...emulator.workspace.jobs];
    emulator.workspace.jobs.clear();
    for (let i = 0; i < 120; i++) {
      const id = emulator.workspace.nextId();
      emulator.workspace.jobs.set(String(id), { ...own!, id, settings: { ...own!.settings, name: `job ${i}` } });
    }
    for (const [id, job] of mine) emulator.workspace.jobs.set(id, job);
    schedules();
    assert.equal((await jobSteps('--dry-run')).length, 2);
  });

  it('run without env_file, which stays on this machine', async () => {
    await jobSteps();
    for (const { settings } of emulator.workspace.jobs.values()) {
      const [task] = settings.tasks as { spark_python_task: { parameters: string[] } }[];
      assert.match(task!.spark_python_task.parameters.join(' '), / --set env_file=null$/);
    }
  });

  it('that fail fail the command with 1 and the page of the run: the workspace was reached', async () => {
    emulator.workspace.nextRun = 'FAILED';
    const { code, stderr } = await deploy('--run');
    assert.equal(code, 1, stderr);
    assert.match(stderr, /The run of the job "gnu-mlops: main\.ml\.churn: night" ended as FAILED/);
    assert.match(stderr, /to do: Look at it: https:\/\/example\.com\/jobs\//);
    const document = JSON.parse((await deploy('--run', '--json')).stdout) as { error: { reason: string } };
    assert.equal(document.error.reason, 'remote-failed');
  });

  it('are not made where they would run another project', async () => {
    const mark = Buffer.from('{"schema":1,"project":"main.ml.other"}');
    emulator.workspace.workspaceFiles.set('/Shared/gnu_mlops/gnu_mlops_project.json', mark);
    const { code, stderr } = await deploy();
    assert.equal(code, 1, stderr);
    assert.match(stderr, /\/Workspace\/Shared\/gnu_mlops belongs to another project in the workspace: main\.ml\.other/);
    assert.equal(emulator.workspace.jobs.size, 0);
  });
});
