import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { CLOSED } from '../artifacts/databricks/repository.ts';
import { SignedFiles } from '../artifacts/databricks/signed-files.ts';
import { getFile, putFile } from '../databricks/files.ts';
import { readAll, type WorkspaceClient } from '../databricks/workspace-client.ts';
import { deleteWorkspacePath, makeWorkspaceFolder } from '../databricks/workspace-files.ts';
import { EngineError } from '../support/errors.ts';
import { registerVersion } from '../tracking/databricks/version-upload.ts';
import { same, type Trial, type TrialContext } from './trial.ts';

const REGISTRY = 'unity-catalog';

/** What training and deploying ask: runs, their files, versions of models and aliases. */
export const modelTrials: Record<string, Trial> = {
  tracking: async (context) => {
    const { client, mark, cleanUp } = context;
    const folder = `/Shared/${mark}_runs`;
    cleanUp(`the experiment in ${folder}`, () => deleteWorkspacePath(client, folder));
    await makeWorkspaceFolder(client, folder);
    const { experiment_id } = await post<{ experiment_id: string }>(client, 'experiments/create', {
      name: `${folder}/runs`,
    });
    const body = { experiment_id, run_name: mark, start_time: Date.now(), tags: [{ key: 'note', value: 'self-test' }] };
    const { run } = await post<{ run: { info: { run_id: string } } }>(client, 'runs/create', body);
    const { run_id } = run.info;
    context.run = { experimentId: experiment_id, runId: run_id };
    const metrics = [{ key: 'accuracy', value: 0.5, timestamp: Date.now(), step: 0 }];
    await post(client, 'runs/log-batch', { run_id, metrics, params: [{ key: 'depth', value: '3' }], tags: [] });
    await post(client, 'runs/update', { run_id, status: 'FINISHED', end_time: Date.now() });
    const search = { experiment_ids: [experiment_id], filter: 'metrics.accuracy > 0.4', max_results: 10 };
    const { runs = [] } = await post<{ runs?: { info: { run_id: string } }[] }>(client, 'runs/search', search);
    return same(runs[0]?.info.run_id, run_id, 'A run is made, logged to, ended and found.');
  },
  'artifacts-files-api': async ({ client, mark, run }) => {
    if (run === null) return NO_RUN;
    const { experimentId, runId } = run;
    const file = `/WorkspaceInternal/Mlflow/Artifacts/${experimentId}/Runs/${runId}/artifacts/files api.txt`;
    try {
      await putFile(client, file, Buffer.from(mark));
    } catch (error) {
      if (!EngineError.is(error) || !CLOSED.includes(error.reason)) throw error;
      return { skipped: `The Files API is closed for files of runs; they go by signed addresses (${error.message})` };
    }
    return same((await getFile(client, file)).toString(), mark, 'A file of a run is put and read by the Files API.');
  },
  'artifacts-signed': async ({ client, mark, run }) => {
    if (run === null) return NO_RUN;
    const files = new SignedFiles(client, { kind: 'run', id: run.runId });
    await files.put('signed.txt', () => Buffer.from(mark), mark.length);
    const back = (await readAll(await files.open('signed.txt'))).toString();
    const isListed = (await files.list('')).some((file) => file.path === 'signed.txt');
    return same(`${back} ${isListed}`, `${mark} true`, 'A file of a run is put, listed and read by signed addresses.');
  },
  'model-registry': async (context) => {
    const name = modelName(context);
    if (name === null) return { skipped: 'mlflow.model_name is no catalog.schema.model.' };
    const { client, run, cleanUp } = context;
    cleanUp(`the model ${name}`, () => remove(client, 'registered-models/delete', { name }));
    await post(client, `${REGISTRY}/registered-models/create`, { name });
    if (run === null) return NO_RUN;
    // Models go only without versions.
    cleanUp(`version 1 of ${name}`, () => remove(client, 'model-versions/delete', { name, version: '1' }));
    const version = await registered(client, name, run.runId);
    cleanUp(`the alias of ${name}`, () => remove(client, 'registered-models/alias', { name, alias: ALIAS }));
    await post(client, `${REGISTRY}/registered-models/alias`, { name, alias: ALIAS, version });
    const { model_version: found } = await client.call<{ model_version: { version: string; status: string } }>({
      method: 'GET',
      path: `/api/2.0/mlflow/${REGISTRY}/registered-models/alias`,
      query: { name, alias: ALIAS },
    });
    const message = 'A version is registered in Unity Catalog, its files are brought there, and an alias finds it.';
    return same(`${found.version} ${found.status}`, `${version} READY`, message);
  },
};

const ALIAS = 'gnu_mlops_self_test';
const NO_RUN = { skipped: 'There is no run that could have files.' };

function modelName({ loaded, mark }: TrialContext): string | null {
  const [catalog, schema, model] = loaded.config.mlflow.model_name.split('.');
  return model === undefined ? null : `${catalog}.${schema}.${mark}`;
}

/** A version whose folder says no more than that it is one. */
async function registered(client: WorkspaceClient, name: string, runId: string): Promise<string> {
  const folder = mkdtempSync(path.join(tmpdir(), 'gnu-mlops-self-test-'));
  try {
    writeFileSync(path.join(folder, 'MLmodel'), ML_MODEL);
    writeFileSync(path.join(folder, 'model.txt'), 'self-test\n');
    return await registerVersion(client, {
      name,
      source: `runs:/${runId}/model`,
      run_id: runId,
      folder,
      begun: undefined,
    });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** With a signature, which Unity Catalog wants. */
const ML_MODEL = `flavors:
  python_function: {loader_module: none, data: model.txt}
signature:
  inputs: '[{"name": "x", "type": "double", "required": true}]'
  outputs: '[{"name": "y", "type": "double", "required": true}]'
`;

function post<T>(client: WorkspaceClient, path: string, body: object): Promise<T> {
  return client.call<T>({ method: 'POST', path: `/api/2.0/mlflow/${path}`, body });
}

async function remove(client: WorkspaceClient, path: string, body: object): Promise<void> {
  await client.call({ method: 'DELETE', path: `/api/2.0/mlflow/${REGISTRY}/${path}`, body });
}
