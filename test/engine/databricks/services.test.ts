import * as assert from 'node:assert/strict';
import {
  createEndpoint,
  findEndpoint,
  updateEndpoint,
  waitForEndpoint,
} from '../../../src/engine/databricks/endpoints.ts';
import { deleteFile, getFile, hasFolder, listTree, makeFolder, putFile } from '../../../src/engine/databricks/files.ts';
import { createJob, findJob, lastRun, resetJob, runJob, waitForRun } from '../../../src/engine/databricks/jobs.ts';
import { type ResultRow, runStatement } from '../../../src/engine/databricks/statements.ts';
import { exportFile, importFile, makeWorkspaceFolder } from '../../../src/engine/databricks/workspace-files.ts';
import type { Progress } from '../../../src/engine/support/progress.ts';
import type { Workspace } from '../../harness/databricks/workspace.ts';
import { rejects } from '../tracking/store-contract.ts';
import { useEmulator } from './emulated.ts';

describe('Files of a Databricks workspace', () => {
  const workspace = useEmulator();
  const root = '/Volumes/main/ml/data';

  it('are written, listed, read and removed below a Volume, whatever their names', async () => {
    const { client } = workspace();
    await makeFolder(client, `${root}/in/deep`);
    const names = ['a b.csv', 'ü%20?#.csv', 'deep/empty.txt'];
    for (const name of names) await putFile(client, `${root}/in/${name}`, Buffer.from(name.length > 12 ? '' : name));
    const listed = await listTree(client, `${root}/in`);
    assert.deepEqual([...listed.keys()].sort(), names.sort());
    assert.equal((await getFile(client, `${root}/in/a b.csv`)).toString(), 'a b.csv');
    assert.equal((await getFile(client, `${root}/in/deep/empty.txt`)).length, 0);
    await deleteFile(client, `${root}/in/a b.csv`);
    await rejects(getFile(client, `${root}/in/a b.csv`), 'not-found');
    assert.equal((await listTree(client, `${root}/nothing`)).size, 0);
  });

  it('are listed page by page to the end', async () => {
    const { client, emulator } = workspace();
    for (let i = 0; i < 1050; i++) emulator.workspace.files.set(`${root}/many/${i}.csv`, Buffer.from('x'));
    assert.equal((await listTree(client, `${root}/many`)).size, 1050);
  });

  it('of the workspace tree are put over those that are there', async () => {
    const { client } = workspace();
    await makeWorkspaceFolder(client, '/Workspace/Shared/gnu_mlops');
    const file = '/Workspace/Shared/gnu_mlops/job.py';
    assert.equal(await exportFile(client, file), null);
    for (const text of ['print(1)', 'print(2)']) await importFile(client, file, Buffer.from(text));
    assert.equal((await exportFile(client, file))?.toString(), 'print(2)');
    await rejects(importFile(client, file, Buffer.alloc((10 << 20) + 1)), 'usage');
  });
});

describe('Files of DBFS', () => {
  const workspace = useEmulator();
  const file = '/dbfs/gnu_mlops/in/a b.bin';
  /** Three blocks, the last of them short. */
  const bytes = Buffer.alloc(2_500_000, 'abc');

  it('are written in blocks, listed, read and removed, whatever their names and sizes', async () => {
    const { client, emulator } = workspace();
    await makeFolder(client, '/dbfs/gnu_mlops/in/deep');
    await makeFolder(client, '/dbfs/gnu_mlops/in/deep');
    await putFile(client, file, Buffer.from('old'));
    await putFile(client, file, bytes);
    await putFile(client, '/dbfs/gnu_mlops/in/deep/ü.txt', Buffer.alloc(0));
    assert.ok(emulator.workspace.dbfs.get('/gnu_mlops/in/a b.bin')?.equals(bytes));
    const listed = await listTree(client, '/dbfs/gnu_mlops');
    const sizes = [...listed].map(([name, { path, size }]) => [name, path, size]);
    assert.deepEqual(sizes.sort(), [
      ['in/a b.bin', file, 2_500_000],
      ['in/deep/ü.txt', '/dbfs/gnu_mlops/in/deep/ü.txt', 0],
    ]);
    assert.ok((await getFile(client, file)).equals(bytes));
    assert.equal((await getFile(client, '/dbfs/gnu_mlops/in/deep/ü.txt')).length, 0);
    assert.deepEqual([await hasFolder(client, '/dbfs/gnu_mlops/in'), await hasFolder(client, file)], [true, false]);
    await deleteFile(client, file);
    await rejects(getFile(client, file), 'not-found');
    assert.equal(await hasFolder(client, '/dbfs/nothing'), false);
    assert.equal((await listTree(client, '/dbfs/nothing')).size, 0);
    assert.equal(emulator.workspace.dbfsHandles.size, 0);
  });

  it('are begun anew when any request is cut, so that no block is there twice', async () => {
    const { client, emulator } = workspace();
    for (const when of ['before', 'after'] as const) {
      for (let number = 1; number <= 5; number++) {
        const first = emulator.requests.length;
        emulator.cut = { when, at: (request) => request.number === first + number };
        await putFile(client, file, bytes);
        assert.ok(emulator.requests.length > first + 5, 'nothing was cut');
        assert.ok(emulator.workspace.dbfs.get('/gnu_mlops/in/a b.bin')?.equals(bytes), `${when} ${number}`);
      }
    }
  });

  it('are removed when they cannot be written whole', async () => {
    const { client, emulator } = workspace();
    let blocks = 0;
    emulator.cut = { when: 'after', at: ({ path }) => path.endsWith('/add-block') && ++blocks % 2 === 0 };
    await rejects(putFile(client, file, bytes), 'unreachable');
    assert.equal(blocks, 6);
    assert.equal(emulator.workspace.dbfs.size, 0);
  });
});

describe('A SQL statement', () => {
  const workspace = useEmulator();
  const warehouseId = 'abc123def4567890';

  async function rowsOf(statement: string, control = {}): Promise<{ rows: ResultRow[]; types: string[] }> {
    const result = await runStatement(workspace().client, { statement, warehouseId }, control);
    const rows: ResultRow[] = [];
    for await (const chunk of result.chunks()) rows.push(...chunk);
    assert.equal(rows.length, result.rowCount);
    return { rows, types: result.columns.map(({ type_name }) => type_name) };
  }

  function fill({ tables }: Workspace, rows: number): void {
    tables.set('main.ml.churn', {
      columns: [{ name: 'id', type_name: 'LONG', type_text: 'BIGINT' }],
      rows: Array.from({ length: rows }, (_, row) => [row === 5 ? null : String(row)]),
    });
  }

  it('gives every row of every chunk, nothing for nothing', async () => {
    fill(workspace().emulator.workspace, 250);
    const { rows, types } = await rowsOf('SELECT * FROM main.ml.churn');
    assert.deepEqual([rows.length, rows[5], rows[249], types], [250, [null], ['249'], ['LONG']]);
    fill(workspace().emulator.workspace, 0);
    assert.deepEqual((await rowsOf('SELECT * FROM main.ml.churn')).rows, []);
  });

  it('is not over when a chunk is missing that was promised', async () => {
    const { emulator, client } = workspace();
    fill(emulator.workspace, 250);
    const result = await runStatement(client, { statement: 'SELECT * FROM main.ml.churn', warehouseId });
    for (const { chunks } of emulator.workspace.statements.values()) chunks.pop();
    const read = async () => {
      for await (const rows of result.chunks()) assert.ok(rows.length > 0);
    };
    assert.equal((await rejects(read(), 'unreachable')).message, 'Of 250 rows of the result 200 came.');
  });

  it('waits for a warehouse that has stopped, and says so', async () => {
    const { emulator } = workspace();
    fill(emulator.workspace, 3);
    emulator.workspace.warehouses.get(warehouseId)!.state = 'STOPPED';
    const phases: string[] = [];
    const onProgress = ({ phase }: Progress) => phases.push(phase);
    assert.equal((await rowsOf('SELECT * FROM main.ml.churn', { onProgress })).rows.length, 3);
    assert.equal(phases[0], 'Waiting for the SQL warehouse (starting)');
  });

  it('that fails is an error although it is answered with 200', async () => {
    const error = await rejects(rowsOf('SELECT * FROM main.ml.nothing'), 'invalid-data');
    assert.match(error.message, /TABLE_OR_VIEW_NOT_FOUND/);
  });

  it('is cancelled in the warehouse, too', async () => {
    const { emulator } = workspace();
    fill(emulator.workspace, 3);
    Object.assign(emulator.workspace.warehouses.get(warehouseId)!, { state: 'STARTING', polls: 1_000_000 });
    const abort = new AbortController();
    const onProgress = () => abort.abort();
    await rejects(rowsOf('SELECT * FROM main.ml.churn', { signal: abort.signal, onProgress }), 'cancelled');
    assert.deepEqual(
      [...emulator.workspace.statements.values()].map(({ state }) => state),
      ['CANCELED'],
    );
  });

  it('gets new links when the first ones have expired', async () => {
    const { emulator, client } = workspace();
    fill(emulator.workspace, 150);
    const result = await runStatement(client, { statement: 'SELECT * FROM main.ml.churn', warehouseId });
    emulator.workspace.signed.clear();
    let rows = 0;
    for await (const chunk of result.chunks()) rows += chunk.length;
    assert.equal(rows, 150);
  });
});

describe('A job of Databricks', () => {
  const workspace = useEmulator();
  const settings = (name: string) => ({
    name,
    tags: { 'managed-by': 'gnu-mlops' },
    tasks: [{ task_key: 'a', spark_python_task: { python_file: '/Workspace/x.py' } }],
  });

  it('is found by name and tag, never by name alone, and its id keeps its digits', async () => {
    const { client, emulator } = workspace();
    await createJob(client, { ...settings('night'), tags: { 'managed-by': 'somebody' } });
    assert.equal(await findJob(client, 'night'), null);
    const id = await createJob(client, settings('night'));
    assert.equal((await findJob(client, 'night'))?.id, id);
    assert.ok(emulator.workspace.jobs.has(id));
    await resetJob(client, id, { ...settings('night'), description: 'new' });
    assert.equal((await findJob(client, 'night'))?.settings.description, 'new');
  });

  it('that is there twice is an error to settle', async () => {
    const { client } = workspace();
    for (let i = 0; i < 2; i++) await createJob(client, settings('night'));
    assert.match((await rejects(findJob(client, 'night'), 'conflict')).message, /There are 2 jobs "night"/);
  });

  it('is made once, also when nobody tells that it was', async () => {
    const { client, emulator } = workspace();
    emulator.cut = { when: 'after', at: ({ path }) => path.endsWith('/jobs/create') };
    const id = await createJob(client, settings('night'));
    assert.deepEqual([...emulator.workspace.jobs.keys()], [id]);
  });

  it('is run once, also when nobody tells that it runs', async () => {
    const { client, emulator } = workspace();
    const id = await createJob(client, settings('night'));
    let isFirst = true;
    const firstRunNow = (path: string) => {
      const isIt = isFirst && path.endsWith('/run-now');
      if (isIt) isFirst = false;
      return isIt;
    };
    emulator.cut = { when: 'after', at: ({ path }) => firstRunNow(path) };
    const runId = await runJob(client, id, 'token');
    assert.deepEqual([...emulator.workspace.jobRuns.keys()], [runId]);
    const run = await waitForRun(client, { runId, name: 'night' }, {});
    assert.deepEqual([run.id, run.result], [runId, 'SUCCESS']);
    assert.equal((await lastRun(client, id))?.id, runId);
  });

  it('is cancelled in the workspace, too', async () => {
    const { client, emulator } = workspace();
    const runId = await runJob(client, await createJob(client, settings('night')), 'token');
    const abort = new AbortController();
    const control = { signal: abort.signal, onProgress: () => abort.abort() };
    await rejects(waitForRun(client, { runId, name: 'night' }, control), 'cancelled');
    assert.equal(emulator.workspace.jobRuns.get(runId)?.result, 'CANCELED');
  });
});

describe('A serving endpoint', () => {
  const workspace = useEmulator();
  const size = { workloadSize: 'Small', scaleToZero: true } as const;
  const served = (version: number, traffic: number) => ({
    name: `churn-${version}`,
    model: 'main.ml.churn',
    version: String(version),
    traffic,
  });

  function register({ models }: Workspace): void {
    const version = (number: number) => ({
      version: number,
      source: 's',
      runId: '',
      description: '',
      userId: '',
      status: 'READY' as const,
      tags: new Map<string, string>(),
    });
    const versions = new Map([1, 2].map((number) => [number, version(number)]));
    models.set('main.ml.churn', {
      name: 'main.ml.churn',
      description: '',
      userId: '',
      tags: new Map(),
      aliases: new Map(),
      versions,
      last: 2,
    });
  }

  it('serves a version, then two of them side by side', async () => {
    const { client, emulator } = workspace();
    register(emulator.workspace);
    assert.equal(await findEndpoint(client, 'churn'), null);
    await createEndpoint(client, 'churn', [served(1, 100)], size);
    assert.deepEqual((await waitForEndpoint(client, 'churn', {})).served, [served(1, 100)]);
    await updateEndpoint(client, 'churn', [served(1, 90), served(2, 10)], size);
    const { isOurs, served: both } = await waitForEndpoint(client, 'churn', {});
    assert.deepEqual([isOurs, both], [true, [served(1, 90), served(2, 10)]]);
  });

  it('that was not updated says that the old version still answers', async () => {
    const { client, emulator } = workspace();
    register(emulator.workspace);
    await createEndpoint(client, 'churn', [served(1, 100)], size);
    await waitForEndpoint(client, 'churn', {});
    emulator.workspace.nextServing = 'FAILED';
    await updateEndpoint(client, 'churn', [served(2, 100)], size);
    const error = await rejects(waitForEndpoint(client, 'churn', {}), 'remote-failed');
    assert.match(error.message, /UPDATE_FAILED\)\. What it served before still answers/);
    assert.deepEqual((await findEndpoint(client, 'churn'))?.served, [served(1, 100)]);
  });
});
