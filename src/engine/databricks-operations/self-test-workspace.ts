import { deleteFile, deleteFolder, getFile, hasFolder, listTree, makeFolder, putFile } from '../databricks/files.ts';
import { createJob, deleteJob, findJob, MANAGED_BY, resetJob } from '../databricks/jobs.ts';
import { runStatement } from '../databricks/statements.ts';
import { deleteWorkspacePath, exportFile, importFile, makeWorkspaceFolder } from '../databricks/workspace-files.ts';
import { same, type Trial } from './trial.ts';
import { projectVolume } from './volume.ts';

/** More than a block of DBFS, so that several are put together. */
const BYTES = (1 << 20) + 17;

/** What setup, deploy and tables ask of a workspace. */
export const workspaceTrials: Record<string, Trial> = {
  'workspace-files': async ({ client, mark, cleanUp }) => {
    const folder = `/Workspace/Shared/${mark}`;
    cleanUp(folder, () => deleteWorkspacePath(client, folder));
    await makeWorkspaceFolder(client, folder);
    await importFile(client, `${folder}/note.txt`, Buffer.from(mark));
    const back = await exportFile(client, `${folder}/note.txt`);
    return same(back?.toString(), mark, 'A workspace file comes back as it was put.');
  },
  volume: async ({ client, loaded, mark, cleanUp }) => {
    const { path, inCatalog } = projectVolume(loaded.config);
    if (!(await hasFolder(client, path)))
      return { skipped: `${path} is not there yet: gnu-mlops databricks setup makes it.` };
    const folder = `${path}/${mark}`;
    const file = `${folder}/a b.txt`;
    const bytes = Buffer.alloc(BYTES, mark);
    cleanUp(folder, () => deleteFolder(client, folder));
    await makeFolder(client, folder);
    cleanUp(file, () => deleteFile(client, file));
    await putFile(client, file, bytes);
    const names = [...(await listTree(client, folder)).keys()].join();
    const isBack = bytes.equals(await getFile(client, file));
    const api = inCatalog === null ? 'DBFS' : 'the Volume';
    return same(`${names} ${isBack}`, 'a b.txt true', `A file of ${api} is put, listed and read (${path}).`);
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
    cleanUp(`the job ${mark}`, async () => {
      const job = await findJob(client, mark);
      if (job !== null) await deleteJob(client, job.id);
    });
    const id = await createJob(client, settings);
    await resetJob(client, id, { ...settings, timeout_seconds: 60 });
    const job = await findJob(client, mark);
    const message = 'A paused job is made, changed and found; it was not run, because that takes compute, which costs.';
    return same(`${job?.id} ${job?.settings.timeout_seconds}`, `${id} 60`, message);
  },
  serving: async ({ client }) => {
    const { endpoints = [] } = await client.call<{ endpoints?: object[] }>({
      method: 'GET',
      path: '/api/2.0/serving-endpoints',
    });
    return `Serving endpoints are listed (${endpoints.length}); none was made, because that takes minutes and costs.`;
  },
};
