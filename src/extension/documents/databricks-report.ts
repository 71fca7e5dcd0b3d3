import type { DatabricksSetupResult, DatabricksStatusResult } from '../../protocol/databricks-api.ts';
import { escapeMarkdown } from '../views/metric-text.ts';

/** What would be made or changed, for a question that stops everything: a line each. */
export function databricksDetail({
  host,
  user,
  steps,
}: Pick<DatabricksSetupResult, 'host' | 'user' | 'steps'>): string {
  const changes = steps.filter(({ action }) => action !== 'unchanged');
  const there = steps.length - changes.length;
  return [
    `${host}, as ${user}.`,
    '',
    ...changes.map(({ action, kind, name, detail }) => `${action} ${kind} ${name}: ${detail}`),
    ...(there > 0 ? ['', `${there} more ${there === 1 ? 'is' : 'are'} there already.`] : []),
  ].join('\n');
}

/** What of the project is in its workspace, as a page. */
export function databricksReport(status: DatabricksStatusResult): string {
  const { host, user, project_folder: folder, volume, warehouse, jobs, endpoint } = status;
  return [
    '# The project on Databricks',
    '',
    '> Verified against an emulator only.',
    '',
    '| | |',
    '|---|---|',
    row('Workspace', `${host}, as ${user}`),
    row('Folder', presence(folder)),
    row('Volume', presence(volume)),
    row('Warehouse', warehouse === null ? 'none is configured' : `${warehouse.name}: ${warehouse.state}`),
    row('Endpoint', endpointText(endpoint)),
    '',
    '## Jobs',
    '',
    ...(jobs.length === 0 ? ['config.yaml has no schedules, so there are no jobs.'] : jobTable(jobs)),
  ].join('\n');
}

function row(name: string, value: string): string {
  return `| ${name} | ${escapeMarkdown(value)} |`;
}

function presence(place: { path: string; exists: boolean } | null): string {
  if (place === null) return 'none is configured';
  return place.exists ? place.path : `${place.path} is not there yet`;
}

function endpointText(endpoint: DatabricksStatusResult['endpoint']): string {
  if (endpoint === null) return 'none';
  const served = endpoint.served.map(({ version, traffic }) => `version ${version} gets ${traffic} %`);
  return `${endpoint.name}: ${endpoint.ready ? 'ready' : 'not ready'}; ${served.join(', ') || 'serves nothing'}`;
}

function jobTable(jobs: DatabricksStatusResult['jobs']): string[] {
  return [
    '| Schedule | Job | Last run | Began |',
    '|---|---|---|---|',
    ...jobs.map(({ id, job_id: job, is_configured, is_paused: isPaused, last_run: run }) => {
      const remark = is_configured ? '' : ' (not in config.yaml any more; the next deployment removes it)';
      const state = job === null ? 'not deployed' : `${job}${isPaused ? ' (paused)' : ''}${remark}`;
      const cells = [id, state, run === null ? '-' : (run.result ?? run.state), run?.started ?? '-'];
      return `| ${cells.map(escapeMarkdown).join(' | ')} |`;
    }),
  ];
}
