import type { Config } from '../config/config.ts';
import { configError } from '../config/config-error.ts';
import { withPlaces } from '../config/place-error.ts';
import { createJob, deleteJob, findJob, type JobRun, resetJob, runJob, waitForRun } from '../databricks/jobs.ts';
import { connect, type WorkspaceClient } from '../databricks/workspace-client.ts';
import { type Project, requireWritable } from '../project.ts';
import { resolveVersion } from '../registry/model-version.ts';
import type { Stage } from '../registry/stages.ts';
import { EngineError } from '../support/errors.ts';
import type { OperationControl } from '../support/progress.ts';
import type { ModelVersion } from '../tracking/store.ts';
import { endpointStep } from './endpoint-step.ts';
import { isSameSettings } from './job-difference.ts';
import { jobSettings, type StrayJob, strayJobs } from './job-settings.ts';
import { modelStep } from './model-step.ts';
import { requireOwnFolder } from './project-mark.ts';
import { projectPlaces } from './setup.ts';
import { carryOut, type PlannedStep, type Step, shown } from './step.ts';

export interface DatabricksDeployOptions {
  /** The version in this stage; GNU_Production unless given. */
  stage?: Stage | undefined;
  version?: string | undefined;
  /** Per cent of the requests that the version gets beside what the endpoint serves already; all of them unless given. */
  traffic?: number | undefined;
  /** Run each job once now, and wait for its end. */
  run?: boolean | undefined;
  dryRun?: boolean | undefined;
  onPlan?: ((plan: DatabricksDeployResult) => void) | undefined;
}

/** What `databricks deploy --json` prints. */
export interface DatabricksDeployResult {
  schema: 1;
  status: 'dry-run' | 'done' | 'unchanged';
  host: string;
  user: string;
  model_name: string;
  version: string;
  steps: PlannedStep[];
  /** With --run. */
  runs: { job: string; run_id: string; result: string | null; page: string | null }[];
}

/**
 * Brings a model version to where it works on Databricks: its files into a Volume, a job for each schedule of config.yaml and none for
 * those that were removed from it, and, when it is registered in Unity Catalog, a serving endpoint.
 * @throws EngineError `not-found` without such a version, `invalid-config`, `remote-failed` when a job's run or the endpoint's update ends
 *   badly, `unreachable`, `unauthorized`, `permission`
 */
export function deployToDatabricks(
  project: Project,
  options: DatabricksDeployOptions = {},
  control: OperationControl = {},
): Promise<DatabricksDeployResult> {
  return withPlaces(project.loaded, async () => {
    const { config, env, store } = project;
    const client = connect(config, env, { signal: control.signal });
    control.onProgress?.({ phase: 'Looking at the workspace', done: 0, total: 0 });
    const { userName: user } = await client.me();
    const { stage, version: number } = options;
    const version = await resolveVersion(store, config.mlflow.model_name, { stage, version: number });
    const steps = await planDeployment(client, project, version, { ...options, ...control });
    const changes = steps.some(({ action }) => action !== 'unchanged');
    const result: DatabricksDeployResult = {
      schema: 1,
      status: changes ? 'dry-run' : 'unchanged',
      host: client.host,
      user,
      model_name: version.name,
      version: version.version,
      steps: steps.map(shown),
      runs: [],
    };
    if (options.dryRun || (!changes && !options.run)) return result;
    requireWritable(project);
    options.onPlan?.(result);
    await carryOut(steps, control);
    const runs = options.run ? await runJobs(client, config, project.clock(), control) : [];
    const done = {
      ...result,
      status: changes ? ('done' as const) : ('unchanged' as const),
      runs: runs.map(runDocument),
    };
    project
      .startLog('databricks')
      .write('info', `Version ${version.version} of ${version.name} was deployed.`, { ...done });
    requireSuccess(runs);
    return done;
  });
}

async function planDeployment(
  client: WorkspaceClient,
  project: Project,
  version: ModelVersion,
  options: DatabricksDeployOptions & OperationControl,
): Promise<Step[]> {
  const { config } = project;
  const jobs = config.schedules.length === 0 ? [] : await jobSteps(client, config);
  return [
    await modelStep(client, project, version, options),
    ...jobs,
    ...(await strayJobs(client, config)).map((job) => removalStep(client, job)),
    ...(isInUnityCatalog(version) ? [await endpointStep(client, config, version, options.traffic)] : []),
  ];
}

/** Endpoints serve what is registered in Unity Catalog. */
function isInUnityCatalog({ name }: ModelVersion): boolean {
  return name.split('.').length === 3;
}

async function jobSteps(client: WorkspaceClient, config: Config): Promise<Step[]> {
  requireSharedStore(config);
  const places = projectPlaces(config);
  await requireOwnFolder(client, config, places.project);
  const steps: Step[] = [];
  for (const schedule of config.schedules) {
    const settings = jobSettings(config, schedule, places);
    const job = await findJob(client, settings.name);
    const isSame = job !== null && isSameSettings(settings, job.settings);
    steps.push({
      kind: 'job',
      action: job === null ? 'create' : isSame ? 'unchanged' : 'update',
      name: settings.name,
      detail: `${schedule.operation} at ${schedule.cron} (${schedule.timezone})${schedule.enabled ? '' : ', paused'}.`,
      apply: async () => {
        if (job === null) await createJob(client, settings);
        else await resetJob(client, job.id, settings);
      },
    });
  }
  return steps;
}

/** Nobody would see it any more, and it would go on. */
function removalStep(client: WorkspaceClient, { id, settings }: StrayJob): Step {
  return {
    kind: 'job',
    action: 'delete',
    name: settings.name,
    detail: 'Its schedule is not in config.yaml any more.',
    apply: () => deleteJob(client, id),
  };
}

/** A job runs on another machine, which has no file of this one. */
function requireSharedStore({ mlflow }: Config): void {
  if (/^(databricks|https?:)/.test(mlflow.tracking_uri)) return;
  throw configError(['mlflow', 'tracking_uri'], `found "${mlflow.tracking_uri}"; jobs on Databricks do not reach it`, {
    reason: 'unsupported',
    fix: 'Set mlflow.tracking_uri: databricks (and registry_uri: databricks-uc), or remove the schedules.',
  });
}

interface NamedRun extends JobRun {
  job: string;
}

async function runJobs(
  client: WorkspaceClient,
  config: Config,
  now: Date,
  control: OperationControl,
): Promise<NamedRun[]> {
  const places = projectPlaces(config);
  const runs: NamedRun[] = [];
  for (const schedule of config.schedules) {
    const { name } = jobSettings(config, schedule, places);
    const job = await findJob(client, name);
    if (job === null) continue;
    const runId = await runJob(client, job.id, `gnu-mlops-${schedule.id}-${now.getTime()}`.slice(0, 64));
    runs.push({ job: name, ...(await waitForRun(client, { runId, name }, control)) });
  }
  return runs;
}

function runDocument({ job, id, result, page }: NamedRun): DatabricksDeployResult['runs'][number] {
  return { job, run_id: id, result, page };
}

function requireSuccess(runs: readonly NamedRun[]): void {
  const failed = runs.find(({ result }) => result !== 'SUCCESS');
  if (failed === undefined) return;
  const { job, result, state, message, page } = failed;
  throw new EngineError(
    'remote-failed',
    `The run of the job "${job}" ended as ${result ?? state}${message && `: ${message}`}.`,
    {
      fix: page === null ? 'Look at it in the workspace.' : `Look at it: ${page}`,
    },
  );
}
