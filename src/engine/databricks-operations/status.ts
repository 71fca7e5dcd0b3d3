import type { Config } from '../config/config.ts';
import type { LoadedConfig } from '../config/load.ts';
import { withPlaces } from '../config/place-error.ts';
import { type Endpoint, findEndpoint, type ServedVersion } from '../databricks/endpoints.ts';
import { findJob, type Job, lastRun } from '../databricks/jobs.ts';
import { warehouse } from '../databricks/statements.ts';
import { connect, type WorkspaceClient } from '../databricks/workspace-client.ts';
import { hasWorkspaceFolder } from '../databricks/workspace-files.ts';
import { EngineError } from '../support/errors.ts';
import type { OperationControl } from '../support/progress.ts';
import { endpointName } from './endpoint-step.ts';
import { jobName, strayJobs } from './job-settings.ts';
import { hasVolume, projectVolume } from './volume.ts';

/** A job of the project and its newest run. */
export interface JobStatus {
  /** The schedule's, in config.yaml or once there. */
  id: string;
  name: string;
  /** false: its schedule is not in config.yaml any more, and it goes on until a deployment removes it. */
  is_configured: boolean;
  /** null: it was not deployed. */
  job_id: string | null;
  is_paused: boolean;
  last_run: {
    run_id: string;
    state: string;
    result: string | null;
    started: string;
    page: string | null;
  } | null;
}

/** What `databricks status --json` prints. */
export interface DatabricksStatusResult {
  schema: 1;
  host: string;
  user: string;
  workspace_id: string | null;
  /** Whether setup made it. */
  project_folder: { path: string; exists: boolean };
  volume: { path: string; exists: boolean } | null;
  warehouse: { id: string; name: string; state: string } | null;
  jobs: JobStatus[];
  endpoint: {
    name: string;
    ready: boolean;
    update: string;
    served: ServedVersion[];
    pending: ServedVersion[];
  } | null;
}

/**
 * What of the project is in the workspace, and how it is.
 * @throws EngineError `invalid-config`, `unreachable`, `unauthorized`
 */
export function databricksStatus(
  loaded: LoadedConfig,
  control: OperationControl = {},
): Promise<DatabricksStatusResult> {
  return withPlaces(loaded, async () => {
    const { config } = loaded;
    const client = connect(config, loaded.env, { signal: control.signal });
    control.onProgress?.({ phase: 'Looking at the workspace', done: 0, total: 0 });
    const { userName: user, workspaceId } = await client.me();
    const folder = config.databricks.workspace_path;
    return {
      schema: 1,
      host: client.host,
      user,
      workspace_id: workspaceId,
      project_folder: { path: folder, exists: await hasWorkspaceFolder(client, folder) },
      volume: await volumeStatus(client, config),
      warehouse: await warehouseStatus(client),
      jobs: await jobStatuses(client, config),
      endpoint: endpointStatus(await findEndpoint(client, endpointName(config))),
    };
  });
}

/** null where config.yaml names none. */
async function volumeStatus(client: WorkspaceClient, config: Config): Promise<DatabricksStatusResult['volume']> {
  try {
    const volume = projectVolume(config);
    return { path: volume.path, exists: await hasVolume(client, volume) };
  } catch (error) {
    if (EngineError.is(error, 'invalid-config')) return null;
    throw error;
  }
}

async function warehouseStatus(client: WorkspaceClient): Promise<DatabricksStatusResult['warehouse']> {
  if (client.warehouseId === null) return null;
  const { id, name, state } = await warehouse(client, client.warehouseId);
  return { id, name, state };
}

async function jobStatuses(client: WorkspaceClient, config: Config): Promise<JobStatus[]> {
  const statuses: JobStatus[] = [];
  for (const { id } of config.schedules) {
    const name = jobName(config, id);
    const job = await findJob(client, name);
    statuses.push({ id, name, is_configured: true, ...(await stateOf(client, job)) });
  }
  for (const job of await strayJobs(client, config)) {
    const { scheduleId: id, settings } = job;
    statuses.push({ id, name: settings.name, is_configured: false, ...(await stateOf(client, job)) });
  }
  return statuses;
}

async function stateOf(
  client: WorkspaceClient,
  job: Job | null,
): Promise<Pick<JobStatus, 'job_id' | 'is_paused' | 'last_run'>> {
  const run = job === null ? null : await lastRun(client, job.id);
  const { pause_status: pause } = (job?.settings.schedule ?? {}) as { pause_status?: string };
  return {
    job_id: job?.id ?? null,
    is_paused: pause === 'PAUSED',
    last_run: run && {
      run_id: run.id,
      state: run.state,
      result: run.result,
      started: new Date(run.startTime).toISOString(),
      page: run.page,
    },
  };
}

function endpointStatus(endpoint: Endpoint | null): DatabricksStatusResult['endpoint'] {
  if (endpoint === null) return null;
  const { name, isReady: ready, update, served, pending } = endpoint;
  return { name, ready, update, served, pending };
}
