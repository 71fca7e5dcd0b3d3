import { type Answer, type Call, invalid, json, page, type Route } from './call.ts';
import { filled, list, object, text } from './shape.ts';
import { fromStore } from './store-errors.ts';
import type { Workspace } from './workspace.ts';

const credentials = object({ run_id: filled, path: list(filled) }, { page_token: text });

/** A run's files by signed addresses; the Files API has them below a root of its own. */
export const artifactRoutes: Route[] = [
  {
    method: 'GET',
    path: '/api/2.0/mlflow/artifacts/list',
    query: object({ run_id: filled }, { run_uuid: text, path: text, page_token: text }),
    answer: listArtifacts,
  },
  {
    method: 'POST',
    path: '/api/2.0/mlflow/artifacts/credentials-for-read',
    body: credentials,
    answer: (call, workspace) => give(call, workspace, 'read'),
  },
  {
    method: 'POST',
    path: '/api/2.0/mlflow/artifacts/credentials-for-write',
    body: credentials,
    answer: (call, workspace) => give(call, workspace, 'write'),
  },
];

async function rootOf({ runs }: Workspace, runId: string): Promise<string> {
  const { experimentId } = await fromStore(() => runs.getRun(runId));
  return `/WorkspaceInternal/Mlflow/Artifacts/${experimentId}/Runs/${runId}/artifacts`;
}

async function listArtifacts({ query }: Call, workspace: Workspace): Promise<Answer> {
  const { run_id: runId, path = '', page_token: token } = query;
  const root = await rootOf(workspace, runId!);
  const { experimentId } = await workspace.runs.getRun(runId!);
  const entries = entriesBelow(workspace.files, root, path);
  const { items, next } = page(entries, 100, token);
  return json({
    root_uri: `dbfs:/databricks/mlflow-tracking/${experimentId}/${runId}/artifacts`,
    ...(items.length === 0 ? {} : { files: items }),
    ...(next === undefined ? {} : { next_page_token: next }),
  });
}

/** Direct children of `path` as MLflow lists them: paths are relative to the root. */
function entriesBelow(files: Map<string, Buffer>, root: string, path: string): object[] {
  const folder = path === '' ? root : `${root}/${path}`;
  const entries = new Map<string, object>();
  for (const [file, bytes] of files) {
    if (!file.startsWith(`${folder}/`)) continue;
    const [name, ...deeper] = file.slice(folder.length + 1).split('/');
    const at = path === '' ? name! : `${path}/${name}`;
    entries.set(name!, {
      path: at,
      is_dir: deeper.length > 0,
      ...(deeper.length > 0 ? {} : { file_size: bytes.length }),
    });
  }
  return [...entries.values()];
}

async function give({ body, origin }: Call, workspace: Workspace, may: 'read' | 'write'): Promise<Answer> {
  const runId = body.run_id as string;
  const paths = body.path as string[];
  if (paths.length > 2000) throw invalid('at most 2000 paths in one call');
  const root = await rootOf(workspace, runId);
  return json({
    credential_infos: paths.map((path) => ({
      run_id: runId,
      path,
      signed_uri: workspace.sign(origin, `${root}/${path}`, may),
      type: 'AWS_PRESIGNED_URL',
      headers: [],
    })),
  });
}
