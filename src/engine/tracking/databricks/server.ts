import type { WorkspaceClient } from '../../databricks/workspace-client.ts';
import { makeWorkspaceFolder } from '../../databricks/workspace-files.ts';
import type { ApiRequest, ServerClient } from '../rest/api.ts';
import type { ExperimentNames } from './experiment-names.ts';

/** The part of the API that a registry answers; null for what is none of its business. */
export interface Registry {
  json(request: ApiRequest): Promise<unknown>;
  /** Called before a run ends without having become what it promised. */
  abandon(runId: string): Promise<void>;
  /** Something that is another when models changed, as far as one search tells. */
  changes(): Promise<unknown>;
}

const REGISTRY = /^(registered-models|model-versions)\//;

/**
 * MLflow's API as Databricks has it, for the store of servers: tracking is the same but for the names of experiments, which are paths of
 * the workspace; the registry is another one.
 */
export class DatabricksServer implements ServerClient {
  readonly location: string;
  readonly #client: WorkspaceClient;
  readonly #names: ExperimentNames;
  readonly #registry: Registry;

  constructor(client: WorkspaceClient, names: ExperimentNames, registry: Registry) {
    this.location = client.host;
    this.#client = client;
    this.#names = names;
    this.#registry = registry;
  }

  async json<T>(request: ApiRequest): Promise<T> {
    if (REGISTRY.test(request.path)) return (await this.#registry.json(request)) as T;
    if (request.path === 'runs/update') await this.#beforeEnd(request.body as { run_id: string; status?: string });
    const answer = await this.#send<T>(await this.#translated(request));
    this.#names.restore(answer);
    return answer;
  }

  /** Databricks has no address that tells its version. */
  async text(): Promise<string> {
    return '';
  }

  close(): void {
    this.#client.close();
  }

  #send<T>({ method, path, query, body, isRepeatable }: ApiRequest): Promise<T> {
    return this.#client.call<T>({ method, path: `/api/2.0/mlflow/${path}`, query, body, isRepeatable });
  }

  async #translated(request: ApiRequest): Promise<ApiRequest> {
    if (request.path === 'experiments/create') {
      const { name } = request.body as { name: string };
      const path = this.#names.toPath(name);
      const folder = path.slice(0, path.lastIndexOf('/'));
      if (folder !== '') await makeWorkspaceFolder(this.#client, folder);
      return { ...request, body: { ...request.body, name: path } };
    }
    if (request.path !== 'experiments/get-by-name') return request;
    const name = String(request.query?.experiment_name ?? '');
    return { ...request, query: { experiment_name: this.#names.toPath(name) } };
  }

  async #beforeEnd({ run_id: runId, status }: { run_id: string; status?: string }): Promise<void> {
    if (status === 'KILLED' || status === 'FAILED') await this.#registry.abandon(runId);
  }
}
