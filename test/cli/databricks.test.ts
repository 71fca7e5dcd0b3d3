import * as assert from 'node:assert/strict';
import { appendFileSync, readFileSync } from 'node:fs';
import path from 'node:path';
import type {
  DatabricksSetupResult,
  DatabricksStatusResult,
  InfoResult,
  SelfTestResult,
} from '../../src/engine/index.ts';
import { DatabricksEmulator } from '../harness/databricks/emulator.ts';
import { exampleProject, gnuMlops, type TemporaryProject } from './command.ts';
import { parseDocument } from './documents.ts';

describe('gnu-mlops databricks', () => {
  let emulator: DatabricksEmulator;
  let project: TemporaryProject;

  beforeEach(async () => {
    emulator = await DatabricksEmulator.start();
    project = exampleProject();
  });

  afterEach(async () => {
    project.remove();
    const { violations } = emulator;
    await emulator.stop();
    assert.deepEqual(violations, []);
  });

  const run = (...args: string[]) =>
    gnuMlops(['databricks', ...args, '--set', 'databricks.volume=main.ml.gnu_mlops'], {
      cwd: project.folder,
      env: {
        DATABRICKS_HOST: emulator.url,
        DATABRICKS_TOKEN: emulator.workspace.token,
        DATABRICKS_WAREHOUSE_ID: 'abc123def4567890',
      },
    });

  async function json<T>(schema: string, ...args: string[]): Promise<T> {
    const result = await run(...args, '--json');
    assert.equal(result.code, 0, result.stdout + result.stderr);
    return parseDocument<T>(result, schema);
  }

  it('setup shows its plan, carries it out, and finds nothing to do the second time', async () => {
    const plan = await json<DatabricksSetupResult>('databricks-setup', 'setup', '--dry-run');
    assert.equal(plan.status, 'dry-run');
    assert.equal(emulator.workspace.workspaceFiles.size, 0);
    const done = await json<DatabricksSetupResult>('databricks-setup', 'setup');
    assert.deepEqual([done.status, done.steps], ['done', plan.steps]);
    const { workspaceFiles, files } = emulator.workspace;
    assert.deepEqual([...workspaceFiles.keys()].sort(), [
      '/Shared/gnu_mlops/config.yaml',
      '/Shared/gnu_mlops/gnu_mlops_job.py',
      '/Shared/gnu_mlops/gnu_mlops_project.json',
    ]);
    const uploaded = [...files.keys()].filter((file) => file.startsWith('/Volumes/main/ml/gnu_mlops/'));
    assert.ok(uploaded.some((file) => /\/program\/[^/]+\/bin\/gnu-mlops\.js$/.test(file)));
    assert.ok(uploaded.some((file) => /\/data\/.*\.csv$/.test(file)));
    const again = await json<DatabricksSetupResult>('databricks-setup', 'setup');
    assert.equal(again.status, 'unchanged');
    appendFileSync(path.join(project.folder, 'config.yaml'), '# changed\n');
    const changed = await json<DatabricksSetupResult>('databricks-setup', 'setup');
    assert.deepEqual(
      changed.steps.filter(({ action }) => action !== 'unchanged').map(({ action, name }) => [action, name]),
      [['update', '/Workspace/Shared/gnu_mlops/config.yaml']],
    );
  });

  it('setup and deploy keep the files in a folder of DBFS when that is where they are to be', async () => {
    const { workspace } = emulator;
    const volume = ['--set', 'databricks.volume=dbfs:/gnu_mlops'];
    const inDbfs = (...args: string[]) =>
      gnuMlops(['databricks', ...args, ...volume], {
        cwd: project.folder,
        env: { DATABRICKS_HOST: emulator.url, DATABRICKS_TOKEN: workspace.token },
      });
    emulator.cut = { when: 'before', at: ({ path: at }) => at.endsWith('/dbfs/add-block') && workspace.dbfs.size > 3 };
    const broken = await inDbfs('setup');
    assert.equal(broken.code, 4, broken.stderr);
    const whole = [...workspace.dbfs.keys()];
    assert.ok(whole.length > 1 && !whole.some((file) => file.endsWith('/package.json')));
    emulator.cut = null;
    const before = emulator.requests.length;
    const done = await inDbfs('setup', '--json');
    const { status, steps } = parseDocument<DatabricksSetupResult>(done, 'databricks-setup');
    assert.deepEqual(
      [status, steps.some(({ kind, name }) => kind === 'folder' && name === '/dbfs/gnu_mlops')],
      ['done', true],
    );
    const created = emulator.requests.slice(before).filter((request) => request.endsWith('/dbfs/create')).length;
    const files = [...workspace.dbfs.keys()];
    assert.equal(created, files.length - whole.length);
    assert.ok(files.some((file) => /^\/gnu_mlops\/program\/[^/]+\/package\.json$/.test(file)));
    assert.ok(files.includes('/gnu_mlops/data/train.csv'));
    const train = readFileSync(path.join(project.folder, 'data/train.csv'));
    assert.ok(workspace.dbfs.get('/gnu_mlops/data/train.csv')!.equals(train));
    const again = parseDocument<DatabricksSetupResult>(await inDbfs('setup', '--json'), 'databricks-setup');
    assert.equal(again.status, 'unchanged');
    const { volume: there } = parseDocument<DatabricksStatusResult>(
      await inDbfs('status', '--json'),
      'databricks-status',
    );
    assert.deepEqual(there, { path: '/dbfs/gnu_mlops', exists: true });

    await project.run('train', '--quiet', '--set', 'training.cv_folds=0');
    const deployed = await inDbfs('deploy', '--version', '1');
    assert.equal(deployed.code, 0, deployed.stderr);
    assert.ok(workspace.dbfs.has('/gnu_mlops/models/gnu_mlops_model/1/MLmodel'));
    assert.equal([...workspace.files.keys()].filter((file) => file.startsWith('/Volumes/')).length, 0);
    const serverless = await inDbfs('setup', '--set', 'deployment.compute.instance_type=serverless');
    assert.equal(serverless.code, 2);
    assert.match(serverless.stderr, /serverless compute has no DBFS/);
  });

  it('status tells what is there', async () => {
    const before = await json<DatabricksStatusResult>('databricks-status', 'status');
    assert.deepEqual([before.user, before.project_folder.exists, before.endpoint], ['alice@example.com', false, null]);
    await run('setup');
    const after = await json<DatabricksStatusResult>('databricks-status', 'status');
    assert.deepEqual(
      [after.project_folder.exists, after.volume?.exists, after.warehouse?.state],
      [true, true, 'RUNNING'],
    );
  });

  it('status --self-test tries everything and leaves nothing behind', async () => {
    await run('setup');
    const { workspace } = emulator;
    const inVolumes = () => [...workspace.files.keys()].filter((file) => file.startsWith('/Volumes/')).length;
    const count = () => [
      inVolumes(),
      workspace.folders.size,
      workspace.workspaceFiles.size,
      workspace.jobs.size,
      workspace.models.size,
    ];
    const before = count();
    const args = ['status', '--self-test', '--set', 'mlflow.model_name=main.ml.churn'];
    const { checks } = await json<SelfTestResult>('databricks-status', ...args);
    assert.deepEqual(
      checks.map(({ id, status }) => `${id} ${status}`),
      [
        'sign-in ok',
        'workspace-files ok',
        'volume ok',
        'sql ok',
        'jobs ok',
        'serving ok',
        'tracking ok',
        'artifacts-files-api ok',
        'artifacts-signed ok',
        'model-registry ok',
        'clean-up ok',
      ],
    );
    assert.deepEqual(count(), before);
  });

  it('says what is wrong, and exits with 4, when the token is', async () => {
    const env = { DATABRICKS_HOST: emulator.url, DATABRICKS_TOKEN: 'dapi-wrong-token' };
    const { code, stderr } = await gnuMlops(['databricks', 'status'], { cwd: project.folder, env });
    assert.equal(code, 4, stderr);
    assert.match(stderr, /refused GET \/api\/2\.0\/preview\/scim\/v2\/Me.*\(UNAUTHENTICATED\)/);
    assert.match(stderr, /DATABRICKS_TOKEN/);
    assert.doesNotMatch(stderr, /dapi-wrong/);
  });

  it('is let in by sign-in only when the workspace accepts the token', async () => {
    const set = ['--set', 'data.source=databricks', '--set', 'data.table=main.ml.churn'];
    const signIn = (token: string) =>
      gnuMlops(['sign-in', '--kind', 'databricks-token', '--stdin', '--no-save', ...set], {
        cwd: project.folder,
        env: { DATABRICKS_HOST: emulator.url },
        input: `${token}\n`,
      });
    assert.equal((await signIn('dapi-wrong')).code, 4);
    const { code, stderr } = await signIn(emulator.workspace.token);
    assert.equal(code, 0, stderr);
  });

  it('is a store that copy fills from a file, and empties into one', async () => {
    const env = { DATABRICKS_HOST: emulator.url, DATABRICKS_TOKEN: emulator.workspace.token };
    const command = async (...args: string[]) => {
      const set = ['--set', 'mlflow.model_name=main.ml.churn', '--set', 'training.cv_folds=0'];
      const { code, stdout, stderr } = await gnuMlops([...args, ...set], { cwd: project.folder, env });
      assert.equal(code, 0, stderr);
      return stdout;
    };
    await command('train', '--quiet');
    await command('deploy', '--stage', 'staging');
    await command('copy', '--to', 'databricks');
    assert.deepEqual([...emulator.workspace.models.get('main.ml.churn')!.aliases], [['Staging', 1]]);
    assert.match(await command('copy', '--to', 'databricks'), /^Everything of/);
    await command('copy', '--from', 'databricks', '--to', 'sqlite:///other.db');
    const there = await command('info', '--history', '--json', '--set', 'mlflow.tracking_uri=sqlite:///other.db');
    const { stages, history } = JSON.parse(there) as InfoResult;
    assert.deepEqual([stages.Staging?.version, history.map(({ kind }) => kind)], ['1', ['promote']]);
  });

  it('asks for a host when there is none', async () => {
    const env = { DATABRICKS_CONFIG_FILE: '/nonexistent' };
    const { code, stderr } = await gnuMlops(['databricks', 'status'], { cwd: project.folder, env });
    assert.equal(code, 2, stderr);
    assert.match(stderr, /databricks\.host: found none/);
  });
});
