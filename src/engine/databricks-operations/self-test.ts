import { randomBytes } from 'node:crypto';
import type { LoadedConfig } from '../config/load.ts';
import { withPlaces } from '../config/place-error.ts';
import { deleteFile, deleteFolder, getFile, hasFolder, listTree, makeFolder, putFile } from '../databricks/files.ts';
import { createJob, deleteJob, findJob, MANAGED_BY } from '../databricks/jobs.ts';
import { runStatement } from '../databricks/statements.ts';
import { connect, type WorkspaceClient } from '../databricks/workspace-client.ts';
import { deleteWorkspacePath, exportFile, importFile, makeWorkspaceFolder } from '../databricks/workspace-files.ts';
import { type ErrorReason, toEngineError } from '../support/errors.ts';
import type { OperationControl } from '../support/progress.ts';
import { throwIfCancelled } from '../support/progress.ts';
import { projectVolume } from './volume.ts';

/** One thing that was tried in the workspace. */
export interface SelfTestCheck {
  id: string;
  status: 'ok' | 'failed' | 'skipped';
  message: string;
  reason: ErrorReason | null;
}

/** What `databricks status --self-test --json` prints. */
export interface SelfTestResult {
  schema: 1;
  host: string;
  user: string;
  checks: SelfTestCheck[];
}

/** What a check found, or why it does not apply. */
type Trial = (context: TrialContext) => Promise<string | { skipped: string }>;

interface TrialContext {
  client: WorkspaceClient;
  loaded: LoadedConfig;
  /** Part of the name of everything that is made, so that nothing else is touched. */
  mark: string;
  /** Called in reverse order at the end. */
  cleanUp: (undo: () => Promise<void>) => void;
  control: OperationControl;
}

/**
 * Tries everything that gnu-mlops does with a workspace, with things of its own that it removes again: what our tests do with an
 * emulator, in a real workspace.
 * @throws EngineError `invalid-config`, `unreachable`, `unauthorized` when nobody can sign in at all
 */
export function testWorkspace(loaded: LoadedConfig, control: OperationControl = {}): Promise<SelfTestResult> {
  return withPlaces(loaded, async () => {
    const client = connect(loaded.config, loaded.env, { signal: control.signal });
    const { userName: user } = await client.me();
    const undos: (() => Promise<void>)[] = [];
    const mark = `gnu_mlops_self_test_${randomBytes(4).toString('hex')}`;
    const context: TrialContext = { client, loaded, mark, control, cleanUp: (undo) => undos.push(undo) };
    const checks: SelfTestCheck[] = [
      { id: 'sign-in', status: 'ok', message: `Signed in to ${client.host} as ${user}.`, reason: null },
    ];
    const trials = Object.entries(TRIALS);
    for (const [done, [id, trial]] of trials.entries()) {
      throwIfCancelled(control.signal);
      control.onProgress?.({ phase: `Trying ${id}`, done, total: trials.length });
      checks.push(await outcome(id, trial, context));
    }
    for (const undo of undos.reverse()) await undo().catch(() => undefined);
    return { schema: 1, host: client.host, user, checks };
  });
}

async function outcome(id: string, trial: Trial, context: TrialContext): Promise<SelfTestCheck> {
  try {
    const found = await trial(context);
    if (typeof found === 'string') return { id, status: 'ok', message: found, reason: null };
    return { id, status: 'skipped', message: found.skipped, reason: null };
  } catch (error) {
    const { reason, message } = toEngineError(error);
    return { id, status: 'failed', message, reason };
  }
}

const TRIALS: Record<string, Trial> = {
  'workspace-files': async ({ client, mark, cleanUp }) => {
    const folder = `/Workspace/Shared/${mark}`;
    await makeWorkspaceFolder(client, folder);
    cleanUp(() => deleteWorkspacePath(client, folder));
    await importFile(client, `${folder}/note.txt`, Buffer.from(mark));
    const back = await exportFile(client, `${folder}/note.txt`);
    return same(back?.toString(), mark, 'A workspace file comes back as it was put.');
  },
  tracking: async ({ client, mark, cleanUp }) => {
    const folder = `/Shared/${mark}_runs`;
    await makeWorkspaceFolder(client, folder);
    cleanUp(() => deleteWorkspacePath(client, folder));
    const { experiment_id } = await mlflow<{ experiment_id: string }>(client, 'experiments/create', {
      name: `${folder}/runs`,
    });
    const body = { experiment_id, run_name: mark, start_time: Date.now(), tags: [{ key: 'note', value: 'self-test' }] };
    const { run } = await mlflow<{ run: { info: { run_id: string } } }>(client, 'runs/create', body);
    const { run_id } = run.info;
    const metrics = [{ key: 'accuracy', value: 0.5, timestamp: Date.now(), step: 0 }];
    await mlflow(client, 'runs/log-batch', { run_id, metrics, params: [{ key: 'depth', value: '3' }], tags: [] });
    await mlflow(client, 'runs/update', { run_id, status: 'FINISHED', end_time: Date.now() });
    const search = { experiment_ids: [experiment_id], filter: 'metrics.accuracy > 0.4', max_results: 10 };
    const { runs = [] } = await mlflow<{ runs?: { info: { run_id: string } }[] }>(client, 'runs/search', search);
    return same(runs[0]?.info.run_id, run_id, 'A run is made, logged to, ended and found.');
  },
  volume: async ({ client, loaded, mark, cleanUp }) => {
    const { path } = projectVolume(loaded.config);
    if (!(await hasFolder(client, path)))
      return { skipped: `${path} is not there yet: gnu-mlops databricks setup makes it.` };
    const folder = `${path}/${mark}`;
    await makeFolder(client, folder);
    cleanUp(() => deleteFolder(client, folder));
    const file = `${folder}/a b.txt`;
    await putFile(client, file, Buffer.from(mark));
    cleanUp(() => deleteFile(client, file));
    const names = [...(await listTree(client, folder)).keys()].join();
    const back = (await getFile(client, file)).toString();
    return same(`${names} ${back}`, `a b.txt ${mark}`, 'A file of the Volume is put, listed and read.');
  },
  sql: async ({ client, control }) => {
    const { warehouseId } = client;
    if (warehouseId === null) return { skipped: 'databricks.warehouse_id is not set.' };
    const result = await runStatement(client, { statement: 'SELECT 1', warehouseId }, control);
    const rows = [];
    for await (const chunk of result.chunks()) rows.push(...chunk);
    return same(rows[0]?.[0], '1', 'A statement runs, and its rows come.');
  },
  jobs: async ({ client, mark, cleanUp }) => {
    const settings = {
      name: mark,
      tags: { [MANAGED_BY.key]: MANAGED_BY.value },
      schedule: { quartz_cron_expression: '0 0 2 * * ?', timezone_id: 'UTC', pause_status: 'PAUSED' },
      tasks: [
        { task_key: 'a', spark_python_task: { python_file: '/Workspace/Shared/none.py' }, environment_key: 'default' },
      ],
      environments: [{ environment_key: 'default', spec: { environment_version: '4', dependencies: [] } }],
    };
    const id = await createJob(client, settings);
    cleanUp(() => deleteJob(client, id));
    return same((await findJob(client, mark))?.id, id, 'A paused job is made and found; it was not run.');
  },
  'model-registry': async ({ client, loaded, mark, cleanUp }) => {
    const [catalog, schema, model] = loaded.config.mlflow.model_name.split('.');
    if (model === undefined) return { skipped: 'mlflow.model_name is no catalog.schema.model.' };
    const name = `${catalog}.${schema}.${mark}`;
    const registry = 'unity-catalog/registered-models';
    await mlflow(client, `${registry}/create`, { name });
    cleanUp(async () => {
      await client.call({ method: 'DELETE', path: `/api/2.0/mlflow/${registry}/delete`, body: { name } });
    });
    const found = await client.call<{ registered_model: { name: string } }>({
      method: 'GET',
      path: `/api/2.0/mlflow/${registry}/get`,
      query: { name },
    });
    return same(found.registered_model.name, name, 'A model is registered in Unity Catalog and found.');
  },
  serving: async ({ client }) => {
    const { endpoints = [] } = await client.call<{ endpoints?: object[] }>({
      method: 'GET',
      path: '/api/2.0/serving-endpoints',
    });
    return `Serving endpoints are listed (${endpoints.length}); none was made, because that takes minutes and costs.`;
  },
};

function mlflow<T>(client: WorkspaceClient, path: string, body: object): Promise<T> {
  return client.call<T>({ method: 'POST', path: `/api/2.0/mlflow/${path}`, body });
}

function same(found: string | null | undefined, expected: string, message: string): string {
  if (found === expected) return message;
  throw new Error(`found ${JSON.stringify(found)}; expected ${JSON.stringify(expected)}`);
}
