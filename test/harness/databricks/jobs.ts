import { type Answer, ApiError, type Call, done, invalid, json, page, type Route } from './call.ts';
import { idText, jobSettings, newJob } from './job-shapes.ts';
import { digits, flag, integer, list, map, object, oneOf, text, truth } from './shape.ts';
import type { Workspace } from './workspace.ts';

export interface Job {
  id: bigint;
  settings: JobSettings;
  creator: string;
}

interface JobSettings {
  name?: string;
  tags?: Record<string, string>;
  schedule?: { pause_status?: string };
  tasks?: Record<string, unknown>[];
  [setting: string]: unknown;
}

export interface JobRun {
  id: bigint;
  taskId: bigint;
  jobId: bigint;
  idempotencyToken: string | undefined;
  state: 'PENDING' | 'RUNNING' | 'TERMINATED';
  result: 'SUCCESS' | 'FAILED' | 'CANCELED' | null;
  parameters: string[];
}

/** A job's id must be a number: as text it would be another type. */
const jobId = { job_id: integer };
const runId = { run_id: integer };
const WORK = ['spark_python_task', 'notebook_task', 'python_wheel_task'];
const COMPUTE = ['new_cluster', 'existing_cluster_id', 'job_cluster_key', 'environment_key'];

/** Jobs 2.2: one kind of work and one kind of compute a task, ids beyond 2^53, 400 for a job that is not there. */
export const jobRoutes: Route[] = [
  { method: 'POST', path: '/api/2.2/jobs/create', body: newJob, answer: create },
  {
    method: 'POST',
    path: '/api/2.2/jobs/reset',
    body: object({ ...jobId, new_settings: jobSettings }),
    answer: ({ body }, workspace) => {
      const settings = body.new_settings as JobSettings;
      requireTasks(settings);
      find(workspace, body.job_id).settings = settings;
      return done;
    },
  },
  {
    method: 'POST',
    path: '/api/2.2/jobs/update',
    body: object(jobId, { new_settings: jobSettings, fields_to_remove: list(text) }),
    answer: ({ body }, workspace) => {
      const job = find(workspace, body.job_id);
      job.settings = { ...job.settings, ...(body.new_settings as JobSettings | undefined) };
      for (const field of (body.fields_to_remove ?? []) as string[]) delete job.settings[field];
      return done;
    },
  },
  {
    method: 'GET',
    path: '/api/2.2/jobs/get',
    query: object({ job_id: idText }, { page_token: text }),
    answer: ({ query }, workspace) => json(document(find(workspace, query.job_id))),
  },
  {
    method: 'GET',
    path: '/api/2.2/jobs/list',
    query: object({}, { name: text, limit: digits, page_token: text, expand_tasks: truth, offset: digits }),
    answer: listJobs,
  },
  {
    method: 'POST',
    path: '/api/2.2/jobs/delete',
    body: object(jobId),
    answer: ({ body }, workspace) => {
      workspace.jobs.delete(String(find(workspace, body.job_id).id));
      return done;
    },
  },
  {
    method: 'POST',
    path: '/api/2.2/jobs/run-now',
    body: object(jobId, {
      idempotency_token: { type: 'string', maxLength: 64 },
      python_params: list(text),
      job_parameters: map(),
      notebook_params: map(),
      only: list(text),
      queue: object({ enabled: flag }),
    }),
    answer: runNow,
  },
  {
    method: 'GET',
    path: '/api/2.2/jobs/runs/get',
    query: object({ run_id: idText }, { page_token: text, include_history: truth, include_resolved_values: truth }),
    answer: ({ query }, workspace) => {
      const run = findRun(workspace, query.run_id);
      goOn(run, workspace);
      return json(runDocument(run, workspace));
    },
  },
  {
    method: 'GET',
    path: '/api/2.2/jobs/runs/list',
    query: object(
      {},
      {
        job_id: idText,
        limit: digits,
        page_token: text,
        active_only: truth,
        completed_only: truth,
        expand_tasks: truth,
        start_time_from: digits,
        start_time_to: digits,
        run_type: oneOf('JOB_RUN', 'WORKFLOW_RUN', 'SUBMIT_RUN'),
      },
    ),
    answer: listRuns,
  },
  {
    method: 'GET',
    path: '/api/2.2/jobs/runs/get-output',
    query: object({ run_id: idText }),
    answer: ({ query }, { jobRuns }) => {
      const run = [...jobRuns.values()].find(({ taskId }) => String(taskId) === query.run_id);
      if (run === undefined) throw invalid('Retrieving the output of runs with multiple tasks is not supported.');
      return json({ logs: 'done\n', logs_truncated: false, metadata: { run_id: run.taskId } });
    },
  },
  {
    method: 'POST',
    path: '/api/2.2/jobs/runs/cancel',
    body: object(runId),
    answer: ({ body }, workspace) => {
      const run = findRun(workspace, body.run_id);
      if (run.state !== 'TERMINATED') Object.assign(run, { state: 'TERMINATED', result: 'CANCELED' });
      return done;
    },
  },
];

function create({ body, user }: Call, workspace: Workspace): Answer {
  const { access_control_list: _, ...settings } = body as JobSettings;
  requireTasks(settings);
  const id = workspace.nextId();
  workspace.jobs.set(String(id), { id, settings, creator: user });
  return json({ job_id: id });
}

function requireTasks({ tasks = [], schedule, trigger, environments }: JobSettings): void {
  if (schedule !== undefined && trigger !== undefined) throw invalid('Only one of schedule and trigger');
  const known = new Set(((environments ?? []) as { environment_key: string }[]).map((each) => each.environment_key));
  for (const task of tasks) {
    if (WORK.filter((kind) => kind in task).length !== 1)
      throw invalid(`Task ${task.task_key} must have exactly one kind of work`);
    if (COMPUTE.filter((kind) => kind in task).length > 1)
      throw invalid(`Task ${task.task_key} has more than one kind of compute`);
    if ('environment_key' in task && !known.has(task.environment_key as string))
      throw invalid(`Task ${task.task_key} names an environment that is not there`);
    if ('environment_key' in task && 'libraries' in task)
      throw invalid(`Libraries of task ${task.task_key} belong into its environment`);
  }
}

function listJobs({ query }: Call, workspace: Workspace): Answer {
  const limit = Number(query.limit ?? 20);
  if (limit < 1 || limit > 100) throw invalid('limit is 1 to 100');
  const wanted = query.name?.toLowerCase();
  const all = [...workspace.jobs.values()].filter(
    ({ settings }) => wanted === undefined || settings.name?.toLowerCase() === wanted,
  );
  const { items, next } = page(all, limit, query.page_token);
  const isWhole = query.expand_tasks === 'true';
  return json({
    ...(items.length === 0 ? {} : { jobs: items.map((job) => document(job, isWhole)) }),
    has_more: next !== undefined,
    ...(next === undefined ? {} : { next_page_token: next }),
  });
}

function runNow({ body }: Call, workspace: Workspace): Answer {
  const job = find(workspace, body.job_id);
  const token = body.idempotency_token as string | undefined;
  const same = [...workspace.jobRuns.values()].find((run) => token !== undefined && run.idempotencyToken === token);
  if (same !== undefined) return json({ run_id: same.id, number_in_job: same.id });
  const run: JobRun = {
    id: workspace.nextId(),
    taskId: workspace.nextId(),
    jobId: job.id,
    idempotencyToken: token,
    state: 'PENDING',
    result: null,
    parameters: (body.python_params ?? []) as string[],
  };
  workspace.jobRuns.set(String(run.id), run);
  return json({ run_id: run.id, number_in_job: run.id });
}

function listRuns({ query }: Call, workspace: Workspace): Answer {
  const limit = Number(query.limit ?? 20);
  if (limit >= 25) throw invalid('limit must be less than 25');
  const runs = [...workspace.jobRuns.values()]
    .reverse()
    .filter(
      ({ jobId: id, state }) =>
        (query.job_id === undefined || String(id) === query.job_id) &&
        (query.active_only !== 'true' || state !== 'TERMINATED') &&
        (query.completed_only !== 'true' || state === 'TERMINATED'),
    );
  const { items, next } = page(runs, limit, query.page_token);
  return json({
    ...(items.length === 0 ? {} : { runs: items.map((run) => runDocument(run, workspace)) }),
    ...(next === undefined ? {} : { next_page_token: next }),
  });
}

function goOn(run: JobRun, { nextRun: result }: Workspace): void {
  if (run.state === 'PENDING') run.state = 'RUNNING';
  else if (run.state === 'RUNNING') Object.assign(run, { state: 'TERMINATED', result });
}

/** These calls answer 400 where others answer 404. */
function find({ jobs }: Workspace, id: unknown): Job {
  const job = jobs.get(String(id));
  if (job === undefined) throw new ApiError(400, 'INVALID_PARAMETER_VALUE', `Job ${id} does not exist.`);
  return job;
}

function findRun({ jobRuns }: Workspace, id: unknown): JobRun {
  const run = jobRuns.get(String(id));
  if (run === undefined) throw new ApiError(400, 'INVALID_PARAMETER_VALUE', `Run ${id} does not exist.`);
  return run;
}

function document({ id, settings, creator }: Job, isWhole = true): object {
  const { tasks: _, ...short } = settings;
  return {
    job_id: id,
    created_time: 1795490634075,
    creator_user_name: creator,
    settings: isWhole ? settings : short,
    has_more: false,
  };
}

function runDocument(run: JobRun, workspace: Workspace): object {
  const state = {
    life_cycle_state: run.state,
    ...(run.result === null ? {} : { result_state: run.result }),
    state_message: '',
  };
  const { settings } = workspace.jobs.get(String(run.jobId)) ?? { settings: {} as JobSettings };
  const details =
    run.result === null ? {} : { termination_details: { code: run.result, type: 'SUCCESS', message: '' } };
  return {
    run_id: run.id,
    job_id: run.jobId,
    number_in_job: run.id,
    run_name: settings.name ?? '',
    run_page_url: `https://example.com/jobs/${run.jobId}/runs/${run.id}`,
    start_time: 1795490634075,
    ...(run.state === 'TERMINATED' ? { end_time: 1795490934075 } : {}),
    run_type: 'JOB_RUN',
    trigger: 'ONE_TIME',
    state,
    status: { state: run.state, ...details },
    tasks: (settings.tasks ?? []).slice(0, 1).map((task) => ({
      task_key: task.task_key,
      run_id: run.taskId,
      attempt_number: 0,
      state,
    })),
  };
}
