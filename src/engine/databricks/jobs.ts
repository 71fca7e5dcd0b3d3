import { EngineError } from '../support/errors.ts';
import type { OperationControl } from '../support/progress.ts';
import { numberText } from './lossless-json.ts';
import { poll } from './polling.ts';
import type { WorkspaceClient } from './workspace-client.ts';

/** Settings of a job as the Jobs API 2.2 has them; see `jobSettings` of the deployment. */
export interface JobSettings {
  name: string;
  tags: Record<string, string>;
  [setting: string]: unknown;
}

export interface Job {
  /** A number beyond 2^53, as text. */
  id: string;
  settings: JobSettings;
}

/** One run of a job. */
export interface JobRun {
  id: string;
  /** `PENDING`, `RUNNING`, `TERMINATED`, ... */
  state: string;
  /** `SUCCESS`, `FAILED`, ...; null while it goes on. */
  result: string | null;
  message: string;
  /** ms since 1970 */
  startTime: number;
  endTime: number | null;
  /** Page of the run in the workspace; null when it was not told. */
  page: string | null;
}

interface JobAnswer {
  job_id: string | number;
  settings?: JobSettings;
}

interface JobList {
  jobs?: JobAnswer[];
  next_page_token?: string;
}

interface RunAnswer {
  run_id: string | number;
  state?: { life_cycle_state?: string; result_state?: string; state_message?: string };
  start_time?: number;
  end_time?: number;
  run_page_url?: string;
}

const JOBS = '/api/2.2/jobs';
const OVER = new Set(['TERMINATED', 'SKIPPED', 'INTERNAL_ERROR']);

/** Tag of jobs (and endpoints) that are ours to change. */
export const MANAGED_BY = { key: 'managed-by', value: 'gnu-mlops' };

/**
 * Our job of a name; names are not unique, so the tag counts too.
 * @throws EngineError `conflict` when there are two of them
 */
export async function findJob(client: WorkspaceClient, name: string): Promise<Job | null> {
  const query = { name, limit: 100, expand_tasks: true };
  const answer = await client.call<JobList>({ method: 'GET', path: `${JOBS}/list`, query });
  const ours = (answer.jobs ?? []).filter(({ settings }) => isOurs(settings));
  if (ours.length > 1) {
    const ids = ours.map(({ job_id: id }) => id).join(', ');
    throw new EngineError(
      'conflict',
      `There are ${ours.length} jobs "${name}" of gnu-mlops in the workspace: ${ids}.`,
      {
        fix: 'Delete all but one of them in the workspace.',
      },
    );
  }
  return ours[0] === undefined ? null : getJob(client, String(ours[0].job_id));
}

/** All of our jobs whose names begin so, without their tasks, by name. */
export async function listJobs(client: WorkspaceClient, prefix: string): Promise<Job[]> {
  const found: Job[] = [];
  let token: string | undefined;
  do {
    const query = { limit: 100, ...(token === undefined ? {} : { page_token: token }) };
    const answer = await client.call<JobList>({ method: 'GET', path: `${JOBS}/list`, query });
    for (const { job_id: id, settings } of answer.jobs ?? [])
      if (isOurs(settings) && settings?.name.startsWith(prefix)) found.push({ id: String(id), settings });
    token = answer.next_page_token || undefined;
  } while (token !== undefined);
  return found.sort((a, b) => (a.settings.name < b.settings.name ? -1 : 1));
}

function isOurs(settings: JobSettings | undefined): boolean {
  return settings?.tags?.[MANAGED_BY.key] === MANAGED_BY.value;
}

/** @throws EngineError `not-found`, which Databricks says with 400 */
async function getJob(client: WorkspaceClient, id: string): Promise<Job> {
  const { job_id: jobId, settings } = await client.call<JobAnswer>({
    method: 'GET',
    path: `${JOBS}/get`,
    query: { job_id: id },
  });
  return { id: String(jobId), settings: settings ?? { name: '', tags: {} } };
}

/** Makes a job and gives its id. After a lost answer it looks for the job first, because creating knows no repetition. */
export async function createJob(client: WorkspaceClient, settings: JobSettings): Promise<string> {
  try {
    const made = await client.call<JobAnswer>({ method: 'POST', path: `${JOBS}/create`, body: settings });
    return String(made.job_id);
  } catch (error) {
    const job = EngineError.is(error, 'unreachable') ? await findJob(client, settings.name).catch(() => null) : null;
    if (job === null) throw error;
    return job.id;
  }
}

/** Gives a job these settings and no others. */
export async function resetJob(client: WorkspaceClient, id: string, settings: JobSettings): Promise<void> {
  const body = { job_id: numberText(id), new_settings: settings };
  await client.call({ method: 'POST', path: `${JOBS}/reset`, body, isRepeatable: true });
}

export async function deleteJob(client: WorkspaceClient, id: string): Promise<void> {
  await client.call({ method: 'POST', path: `${JOBS}/delete`, body: { job_id: numberText(id) } });
}

/** Starts a job. `token` makes repeating safe: the same one gives the same run. */
export async function runJob(client: WorkspaceClient, id: string, token: string): Promise<string> {
  const body = { job_id: numberText(id), idempotency_token: token };
  const answer = await client.call<{ run_id: string | number }>({
    method: 'POST',
    path: `${JOBS}/run-now`,
    body,
    isRepeatable: true,
  });
  return String(answer.run_id);
}

/** Waits for the end of a run; cancelling cancels the run. @param name for messages */
export async function waitForRun(
  client: WorkspaceClient,
  { runId, name }: { runId: string; name: string },
  { signal, onProgress }: OperationControl,
): Promise<JobRun> {
  const ask = async () =>
    toRun(await client.call<RunAnswer>({ method: 'GET', path: `${JOBS}/runs/get`, query: { run_id: runId }, signal }));
  try {
    return await poll({
      ask,
      until: ({ state }) => OVER.has(state),
      tell: ({ state }) => onProgress?.({ phase: `Job ${name}: ${state.toLowerCase()}`, done: 0, total: 0 }),
      signal,
      longestMs: 24 * 3_600_000,
      what: `the job ${name}`,
    });
  } catch (error) {
    if (EngineError.is(error, 'cancelled')) {
      const body = { run_id: numberText(runId) };
      await client.call({ method: 'POST', path: `${JOBS}/runs/cancel`, body }).catch(() => undefined);
    }
    throw error;
  }
}

/** The newest run of a job; null when it never ran. */
export async function lastRun(client: WorkspaceClient, jobId: string): Promise<JobRun | null> {
  const query = { job_id: jobId, limit: 1 };
  const { runs } = await client.call<{ runs?: RunAnswer[] }>({ method: 'GET', path: `${JOBS}/runs/list`, query });
  return runs?.[0] === undefined ? null : toRun(runs[0]);
}

function toRun({ run_id, state = {}, start_time = 0, end_time = 0, run_page_url }: RunAnswer): JobRun {
  return {
    id: String(run_id),
    state: state.life_cycle_state ?? 'UNKNOWN',
    result: state.result_state ?? null,
    message: state.state_message ?? '',
    startTime: Number(start_time),
    endTime: Number(end_time) || null,
    page: run_page_url ?? null,
  };
}
