import type { WorkspaceClient } from '../../databricks/workspace-client.ts';
import { EngineError } from '../../support/errors.ts';
import type { ApiRequest } from '../rest/api.ts';
import type { Registry } from './server.ts';

/**
 * The registry of the workspace that was there before Unity Catalog. It has stages and no aliases, on which everything about deployments
 * rests here, so it is read only.
 */
export class WorkspaceRegistry implements Registry {
  readonly #client: WorkspaceClient;

  constructor(client: WorkspaceClient) {
    this.#client = client;
  }

  async json({ method, path, query }: ApiRequest): Promise<unknown> {
    if (method === 'GET') return this.#client.call({ method, path: `/api/2.0/mlflow/${path}`, query });
    throw new EngineError(
      'store-read-only',
      'The old model registry of a Databricks workspace has no aliases, so it is only read.',
      {
        fix: 'Register models in Unity Catalog: set mlflow.registry_uri: databricks-uc and mlflow.model_name: catalog.schema.model.',
      },
    );
  }

  async abandon(): Promise<void> {}

  /** Models come with the newest version of each stage. */
  changes(): Promise<unknown> {
    return this.json({ method: 'GET', path: 'registered-models/search', query: { max_results: 100 } });
  }
}
