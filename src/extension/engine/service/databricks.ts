import { loadConfig } from '../../../engine/config/load.ts';
import { deployToDatabricks } from '../../../engine/databricks-operations/deploy.ts';
import { setUpDatabricks } from '../../../engine/databricks-operations/setup.ts';
import { databricksStatus } from '../../../engine/databricks-operations/status.ts';
import { EngineError } from '../../../engine/support/errors.ts';
import type { DatabricksApi } from '../../../protocol/databricks-api.ts';
import type { ProjectRef } from '../../../protocol/engine-api.ts';
import type { ProjectPool } from './project-pool.ts';
import type { Requests } from './requests.ts';

/** The project's workspace on Databricks, as the editor asks for it. */
export function databricks(pool: ProjectPool, requests: Requests): DatabricksApi {
  const load = (ref: ProjectRef) => {
    requireTrusted(ref);
    return loadConfig({ file: ref.configFile, env: pool.envOf(ref.configFile) });
  };
  return {
    databricksSetup: async (ref, request, requestId) => {
      const loaded = load(ref);
      return requests.run(requestId, (control) => setUpDatabricks(loaded, request, control));
    },
    databricksDeploy: async (ref, request, requestId) => {
      requireTrusted(ref);
      return requests.run(requestId, (control) => {
        const deploy = (project: Parameters<typeof deployToDatabricks>[0]) =>
          deployToDatabricks(project, request, control);
        return request.dryRun
          ? pool.read(ref, nothingTrained, deploy)
          : pool.write(ref, deploy, { signal: control.signal });
      });
    },
    databricksStatus: async (ref, requestId) => {
      const loaded = load(ref);
      return requests.run(requestId, (control) => databricksStatus(loaded, control));
    },
  };
}

/** Its config.yaml says which workspace is asked, and with which token. */
function requireTrusted({ trusted }: ProjectRef): void {
  if (trusted) return;
  throw new EngineError('untrusted-workspace', 'This workspace is not trusted, so Databricks is not asked.', {
    fix: 'Trust the workspace (command "Workspaces: Manage Workspace Trust") and try again.',
  });
}

function nothingTrained(): never {
  throw new EngineError('not-found', 'Nothing has been trained yet, so there is nothing to deploy.', {
    fix: 'Train a model and deploy it first.',
  });
}
