import * as assert from 'node:assert/strict';
import path from 'node:path';
import { projectRoot } from '../../scripts/cache.ts';
import { DatabricksEmulator } from '../harness/databricks/emulator.ts';
import { runPython } from '../harness/python.ts';

const script = path.join(projectRoot, 'test/back-ends/databricks-client.py');

/** What each part of the script printed. */
type Parts = Record<string, Record<string, unknown>>;

describe('The Databricks emulator', () => {
  let emulator: DatabricksEmulator;

  beforeEach(async () => {
    emulator = await DatabricksEmulator.start();
    emulator.workspace.tables.set('main.ml.churn', {
      columns: [
        { name: 'id', type_name: 'LONG', type_text: 'BIGINT' },
        { name: 'fee', type_name: 'DECIMAL', type_text: 'DECIMAL(10,2)' },
      ],
      rows: Array.from({ length: 250 }, (_, row) => [String(row), row === 1 ? null : '9.50']),
    });
  });

  afterEach(() => emulator.stop());

  async function drive(parts: string[], credentials?: Record<string, string>): Promise<Parts> {
    const env = {
      DATABRICKS_HOST: emulator.url,
      DATABRICKS_CONFIG_FILE: '/nonexistent',
      ...(credentials ?? { DATABRICKS_TOKEN: emulator.workspace.token }),
    };
    const { code, stdout, stderr } = await runPython('databricks', script, parts, { env });
    assert.equal(code, 0, stderr);
    const results = JSON.parse(stdout.trimEnd().split('\n').at(-1)!) as Parts;
    for (const { error } of Object.values(results)) assert.equal(error, undefined, `${error}\n${emulator.violations}`);
    return results;
  }

  function assertTracked({ run_id: runId, ...tracking }: Record<string, unknown>): void {
    assert.deepEqual(tracking, {
      found: [runId],
      status: 'FINISHED',
      params: { depth: '3', leaves: '7' },
      accuracy: 0.95,
      history: [0.9, 0.95],
      by_name: true,
      names: ['/Shared/gnu_mlops/from-python'],
      artifacts: ['plots/a.txt'],
      text: 'hello',
      user: 'alice@example.com',
    });
  }

  function assertRegistered(registry: unknown): void {
    assert.deepEqual(registry, {
      versions: ['1', '2'],
      status: 'READY',
      champion: '2',
      aliases: { Champion: '2' },
      tags: { team: 'ops', note: 'old' },
      description: 'the first',
      found: ['1', '2'],
      models: ['main.ml.churn'],
      files: ['MLmodel', 'empty.txt', 'model.onnx'],
    });
  }

  it('is a workspace to the official Python clients, and finds nothing wrong with what they send', async () => {
    const parts = await drive(['tracking', 'registry', 'files', 'job', 'statement', 'endpoint']);
    assertTracked(parts.tracking!);
    assertRegistered(parts.registry);
    assert.deepEqual(parts.files, {
      listed: ['/Volumes/main/ml/from_python/in/a b.csv', '/Volumes/main/ml/from_python/in/deep'],
      text: 'x,y\n1,2\n',
      size: 8,
      dbfs: 1_500_000,
      objects: ['/Shared/gnu_mlops/job.py'],
    });
    assert.deepEqual(parts.job, {
      beyond: true,
      distinct: true,
      schedule: '0 0 4 * * ?',
      listed: true,
      same: true,
      result: 'SUCCESS',
      runs: true,
      logs: 'done\n',
      lost: 'ResourceDoesNotExist',
    });
    assert.deepEqual(parts.statement, {
      rows: 250,
      first: ['0', '9.50'],
      columns: ['LONG', 'DECIMAL'],
      links: 1,
      failed: '[TABLE_OR_VIEW_NOT_FOUND] The table or view `main.ml.nothing` cannot be found.',
      cancelled: 'CANCELED',
    });
    assert.deepEqual(parts.endpoint, { ready: 'READY', traffic: [90, 10], predictions: 2, listed: ['churn'] });
    assert.deepEqual(emulator.violations, []);
  });

  it('is one to them also by signed addresses and the token of a service principal', async () => {
    const { workspace } = emulator;
    Object.assign(workspace, { filesApiForArtifacts: false, filesApiForModels: false });
    const { clientId, clientSecret } = workspace.principal;
    const parts = await drive(['tracking', 'registry'], {
      DATABRICKS_CLIENT_ID: clientId,
      DATABRICKS_CLIENT_SECRET: clientSecret,
    });
    assertTracked({ ...parts.tracking!, user: parts.tracking!.user === clientId ? 'alice@example.com' : null });
    assertRegistered(parts.registry);
    assert.ok(emulator.requests.some((request) => request.startsWith('PUT /storage/')));
    assert.deepEqual(emulator.violations, []);
  });

  it('writes down and refuses whatever the official clients would not send', async () => {
    const { url, workspace, violations } = emulator;
    const headers = { authorization: `Bearer ${workspace.token}`, 'content-type': 'application/json' };
    const post = (at: string, body: unknown) =>
      fetch(url + at, { method: 'POST', headers, body: JSON.stringify(body) }).then(({ status }) => status);
    assert.equal(await post('/api/2.2/jobs/create', { name: 'x', tasks: [{ task_key: 'a', python_file: 'x' }] }), 400);
    assert.equal(await post('/api/2.2/jobs/run-now', { job_id: '9007199254740993' }), 400);
    assert.equal(await post('/api/2.0/mlflow/runs/create', { experiment_id: '1', user_id: null }), 400);
    assert.equal(await post('/api/2.0/mlflow/runs/make', {}), 404);
    const signed = workspace.sign(url, '/results/x', 'read');
    assert.equal((await fetch(signed, { headers })).status, 400);
    assert.deepEqual(
      violations.map((violation) => violation.replace(/:.*/, '')),
      [
        'POST /api/2.2/jobs/create',
        'POST /api/2.2/jobs/run-now',
        'POST /api/2.0/mlflow/runs/create',
        'POST /api/2.0/mlflow/runs/make',
        'GET /storage/results/x',
      ],
    );
  });

  it('lets nobody in without a token that is good now', async () => {
    const me = `${emulator.url}/api/2.0/preview/scim/v2/Me`;
    const status = async (token: string) => (await fetch(me, { headers: { authorization: `Bearer ${token}` } })).status;
    emulator.workspace.issuedTokens.set('old', { user: 'alice', expiresAt: Date.now() - 1 });
    assert.deepEqual(
      [await status('dapi0'), await status('old'), await status(emulator.workspace.token)],
      [401, 401, 200],
    );
  });
});
