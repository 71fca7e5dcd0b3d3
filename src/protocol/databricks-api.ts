import type { DatabricksDeployResult } from '../engine/databricks-operations/deploy.ts';
import type { DatabricksSetupResult } from '../engine/databricks-operations/setup.ts';
import type { DatabricksStatusResult } from '../engine/databricks-operations/status.ts';
import type { ProjectRef } from './engine-api.ts';

export type { DatabricksDeployResult } from '../engine/databricks-operations/deploy.ts';
export type { DatabricksSetupResult } from '../engine/databricks-operations/setup.ts';
export type { DatabricksStatusResult } from '../engine/databricks-operations/status.ts';

/** What the editor's host asks of the engine process about a project's workspace on Databricks. */
export interface DatabricksApi {
  databricksSetup(project: ProjectRef, request: { dryRun: boolean }, requestId: string): Promise<DatabricksSetupResult>;
  databricksDeploy(
    project: ProjectRef,
    request: DatabricksDeployRequest,
    requestId: string,
  ): Promise<DatabricksDeployResult>;
  databricksStatus(project: ProjectRef, requestId: string): Promise<DatabricksStatusResult>;
}

export interface DatabricksDeployRequest {
  /** The one in production unless given. */
  version?: string | undefined;
  dryRun: boolean;
}
