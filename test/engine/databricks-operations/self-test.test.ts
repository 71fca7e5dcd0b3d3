import * as assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { loadConfig } from '../../../src/engine/config/load.ts';
import { testWorkspace } from '../../../src/engine/databricks-operations/self-test.ts';
import type { OperationControl } from '../../../src/engine/support/progress.ts';
import type { DatabricksEmulator } from '../../harness/databricks/emulator.ts';
import { useEmulator } from '../databricks/emulated.ts';
import { rejects } from '../tracking/store-contract.ts';
import { temporaryFolder } from '../tracking/temporary-store.ts';

const SKIPPED = { id: 'sql', status: 'skipped' };

describe('The self-test of a workspace', () => {
  const workspace = useEmulator();
  const { folder, remove } = temporaryFolder();

  after(remove);

  function test(
    { url, workspace: { token } }: DatabricksEmulator,
    control: OperationControl = {},
    volume = 'main.ml.data',
  ) {
    const file = path.join(folder, 'config.yaml');
    writeFileSync(file, `mlflow: { model_name: main.ml.churn }\ndatabricks: { volume: "${volume}" }\n`);
    return testWorkspace(loadConfig({ file, env: { DATABRICKS_HOST: url, DATABRICKS_TOKEN: token } }), control);
  }

  /** Everything that a test could leave behind. */
  function things({ workspace: all }: DatabricksEmulator): string[] {
    return [
      ...[...all.files.keys()].filter((file) => !file.startsWith('/WorkspaceInternal/')),
      ...all.folders,
      ...all.workspaceFiles.keys(),
      ...all.workspaceFolders,
      ...all.dbfs.keys(),
      ...all.dbfsFolders,
      ...[...all.jobs.values()].map(({ settings }) => settings.name ?? ''),
      ...all.models.keys(),
    ];
  }

  const marked = (emulator: DatabricksEmulator) => things(emulator).filter((thing) => thing.includes('self_test'));

  it('tries files of runs in both ways, a version with its alias, and removes them', async () => {
    const { emulator } = workspace();
    const before = things(emulator);
    const { checks } = await test(emulator);
    assert.deepEqual(
      checks.map(({ id, status }) => ({ id, status })),
      [
        { id: 'sign-in', status: 'ok' },
        { id: 'workspace-files', status: 'ok' },
        { id: 'volume', status: 'ok' },
        SKIPPED,
        { id: 'jobs', status: 'ok' },
        { id: 'serving', status: 'ok' },
        { id: 'tracking', status: 'ok' },
        { id: 'artifacts-files-api', status: 'ok' },
        { id: 'artifacts-signed', status: 'ok' },
        { id: 'model-registry', status: 'ok' },
        { id: 'clean-up', status: 'ok' },
      ],
    );
    assert.deepEqual(things(emulator), before);
    const asked = new Set(emulator.requests);
    for (const request of [
      'POST /api/2.0/mlflow/artifacts/credentials-for-write',
      'POST /api/2.0/mlflow/unity-catalog/model-versions/create',
      'POST /api/2.0/mlflow/unity-catalog/model-versions/finalize',
      'GET /api/2.0/mlflow/unity-catalog/registered-models/alias',
      'POST /api/2.2/jobs/reset',
    ])
      assert.ok(asked.has(request), request);
    assert.ok(!asked.has('POST /api/2.2/jobs/run-now') && !asked.has('POST /api/2.0/serving-endpoints'));
  });

  it('tries a folder of DBFS where that is what is used, with more than one block', async () => {
    const { emulator } = workspace();
    emulator.workspace.dbfsFolders.add('/gnu_mlops');
    const { checks } = await test(emulator, {}, 'dbfs:/gnu_mlops');
    const volume = checks.find(({ id }) => id === 'volume');
    assert.deepEqual(
      [volume?.status, volume?.message],
      ['ok', 'A file of DBFS is put, listed and read (/dbfs/gnu_mlops).'],
    );
    assert.equal(emulator.requests.filter((request) => request.endsWith('/dbfs/add-block')).length, 2);
    assert.deepEqual(marked(emulator), []);
  });

  it('takes a workspace that closes the Files API for runs as it is', async () => {
    const { emulator } = workspace();
    emulator.workspace.filesApiForArtifacts = false;
    const { checks } = await test(emulator);
    const found = checks.filter(({ id }) => id.startsWith('artifacts')).map(({ status }) => status);
    assert.deepEqual(found, ['skipped', 'ok']);
  });

  it('removes what it made when it is cancelled, wherever that is', async () => {
    const { emulator } = workspace();
    const before = things(emulator);
    for (const last of ['volume', 'jobs', 'tracking', 'artifacts-signed', 'model-registry', 'Removing']) {
      const abort = new AbortController();
      const onProgress = ({ phase }: { phase: string }) => phase.includes(last) && abort.abort();
      const error = await rejects(test(emulator, { signal: abort.signal, onProgress }), 'cancelled');
      assert.equal(error.message, 'Cancelled; everything that was made is removed.');
      assert.deepEqual(things(emulator), before, last);
    }
  });

  it('removes what was made although its answer was lost', async () => {
    const { emulator } = workspace();
    const before = things(emulator);
    // Folders and files are made again after a lost answer; these are not.
    emulator.cut = { when: 'after', at: ({ path: at }) => at.endsWith('/create') };
    const { checks } = await test(emulator);
    assert.deepEqual(
      checks.filter(({ status }) => status === 'failed').map(({ id }) => id),
      ['tracking', 'model-registry'],
    );
    emulator.cut = null;
    assert.deepEqual(things(emulator), before);
  });

  it('says what stayed when something could not be removed', async () => {
    const { emulator } = workspace();
    emulator.cut = { when: 'before', at: ({ path: at }) => at.endsWith('/jobs/delete') };
    const { checks } = await test(emulator);
    const last = checks.at(-1)!;
    assert.deepEqual([last.id, last.status], ['clean-up', 'failed']);
    const [left] = marked(emulator);
    assert.match(last.message, new RegExp(`^Remove in the workspace what stayed there: the job ${left} \\(`));

    const abort = new AbortController();
    const onProgress = ({ phase }: { phase: string }) => phase === 'Trying serving' && abort.abort();
    const error = await rejects(test(emulator, { signal: abort.signal, onProgress }), 'cancelled');
    assert.match(
      error.message,
      /^Cancelled\. Some of what was made stayed in the workspace: the job gnu_mlops_self_test_/,
    );
  });
});
