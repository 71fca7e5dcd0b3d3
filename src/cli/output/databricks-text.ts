import type { DatabricksDeployResult } from '../../engine/databricks-operations/deploy.ts';
import type { SelfTestResult } from '../../engine/databricks-operations/self-test.ts';
import type { DatabricksSetupResult } from '../../engine/databricks-operations/setup.ts';
import type { DatabricksStatusResult, JobStatus } from '../../engine/databricks-operations/status.ts';
import { fields, table } from './table.ts';

type Result = DatabricksSetupResult | DatabricksDeployResult;

/** Every step of a plan. */
export function planLines(plan: Result): string {
  const what = 'version' in plan ? ` for version ${plan.version} of ${plan.model_name}` : '';
  const rows = plan.steps.map(({ action, kind, name, detail }) => [action, kind, name, detail]);
  return [`Plan${what} on ${plan.host} (as ${plan.user}):`, table(['', 'what', 'name', ''], rows)].join('\n');
}

export function setupText(result: Result): string {
  const runs = 'runs' in result ? result.runs.map(({ job, result: end }) => `Ran ${job}: ${end}.`) : [];
  if (result.status === 'dry-run') return `${planLines(result)}\n\nDry run: nothing was changed.`;
  if (result.status === 'unchanged') return ['Unchanged: everything is there already.', ...runs].join('\n');
  const done = result.steps.filter(({ action }) => action !== 'unchanged').length;
  return [
    `Done: ${done} of ${result.steps.length} things were made, updated or removed on ${result.host}.`,
    ...runs,
  ].join('\n');
}

export function statusText(status: DatabricksStatusResult): string {
  const { host, user, project_folder: folder, volume, warehouse, jobs, endpoint } = status;
  const presence = (place: { path: string; exists: boolean } | null) =>
    place === null
      ? 'none is configured'
      : `${place.path}${place.exists ? '' : ' (not there: gnu-mlops databricks setup)'}`;
  const head = fields([
    ['workspace', `${host} (as ${user})`],
    ['folder', presence(folder)],
    ['volume', presence(volume)],
    ['warehouse', warehouse === null ? 'none is configured' : `${warehouse.name}: ${warehouse.state}`],
    ['endpoint', endpointText(endpoint)],
  ]);
  if (jobs.length === 0) return `${head}\n\nconfig.yaml has no schedules, so there are no jobs.`;
  return `${head}\n\n${table(['schedule', 'job', 'last run', 'began'], jobs.map(jobRow))}`;
}

function endpointText(endpoint: DatabricksStatusResult['endpoint']): string {
  if (endpoint === null) return 'none';
  const { name, ready, update, served, pending } = endpoint;
  const traffic = served.map(({ version, traffic: share }) => `version ${version} ${share} %`).join(', ');
  const next = pending.map(({ version }) => version).join(', ');
  const coming = next === '' ? '' : `; coming: version ${next}`;
  return `${name}: ${ready ? 'ready' : 'not ready'}, ${update.toLowerCase().replaceAll('_', ' ')}; ${traffic || 'serves nothing'}${coming}`;
}

function jobRow({ id, job_id: job, is_configured, is_paused: isPaused, last_run: run }: JobStatus): (string | null)[] {
  const remark = is_configured ? '' : ' (not in config.yaml any more: gnu-mlops databricks deploy removes it)';
  const state = job === null ? 'not deployed' : `${job}${isPaused ? ' (paused)' : ''}${remark}`;
  return [id, state, run === null ? null : (run.result ?? run.state), run?.started ?? null];
}

export function selfTestText({ host, checks }: SelfTestResult): string {
  const rows = checks.map(({ id, status, message }) => [status, id, message]);
  const failed = checks.filter(({ status }) => status === 'failed').length;
  const verdict = failed === 0 ? 'Everything that was tried works.' : `${failed} of ${checks.length} checks failed.`;
  return `${table(['', 'check', ''], rows)}\n\n${host}: ${verdict}`;
}
