import { randomBytes } from 'node:crypto';
import { MlflowRepository } from '../../src/engine/artifacts/mlflow/repository.ts';
import { mlflowHttpClient } from '../../src/engine/tracking/rest/server.ts';
import { repositoryContract } from '../engine/artifacts/repository-contract.ts';
import { type MlflowServer, startMlflowServer } from '../harness/mlflow-server.ts';
import type { PythonEnvironment } from '../harness/python.ts';

/** "#" would end the path of a URL somewhere on the way. */
const REFUSED = { 'no#1.json': 'mlflow/utils/uri.py, validate_path_is_safe: "#" in a path is refused' };

for (const python of ['mlflow2', 'mlflow3'] as PythonEnvironment[]) {
  describe(`Artifacts behind ${python === 'mlflow2' ? 'MLflow 2.22' : 'the newest MLflow'}:`, function () {
    this.timeout(120_000);
    let server: MlflowServer;

    before(async () => {
      server = await startMlflowServer({ python });
    });

    after(() => server.stop());

    repositoryContract(
      'A path of the server',
      async () => {
        const http = mlflowHttpClient(server.uri, {});
        const repository = new MlflowRepository(http, `0/${randomBytes(4).toString('hex')}/artifacts`);
        return { repository, dispose: async () => http.close() };
      },
      REFUSED,
    );
  });
}
