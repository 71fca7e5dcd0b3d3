import type { Command } from 'commander';
import { listRuns } from '../../engine/runs/list-runs.ts';
import type { RunsResult } from '../../engine/runs/results.ts';
import { decimal, table } from '../output/table.ts';
import type { Dispatch } from '../program.ts';
import { collect, positiveInteger } from './option-values.ts';

interface Flags {
  filter?: string;
  orderBy: string[];
  limit: number;
  pageToken?: string;
}

/** `gnu-mlops runs` */
export function addRuns(program: Command, dispatch: Dispatch): Command {
  return program
    .command('runs')
    .description("list and search runs, with MLflow's filter syntax")
    .option('--filter <filter>', `for example "metrics.accuracy > 0.9 and params.max_depth = '10'"`)
    .option('--order-by <key>', 'for example "metrics.accuracy DESC"; may be repeated', collect, [])
    .option('--limit <n>', 'most runs to show', positiveInteger, 100)
    .option('--page-token <token>', 'go on where the answer before ended')
    .action((flags: Flags) =>
      dispatch(flags, async (context) => {
        const { filter, orderBy, limit, pageToken } = flags;
        const order = orderBy.length > 0 ? orderBy : undefined;
        const result = await listRuns(await context.projectToRead(), { filter, orderBy: order, limit, pageToken });
        return { document: result, text: runsText(result, shownMetrics(flags)) };
      }),
    );
}

const MAIN_METRICS = ['accuracy', 'f1', 'roc_auc', 'log_loss'];

/** The usual metrics, and those that the search speaks of. */
function shownMetrics({ filter = '', orderBy }: Flags): string[] {
  const named = [...`${filter} ${orderBy.join(' ')}`.matchAll(/metrics?\.[`"]?([\w.]+)/g)].map(([, name]) => name!);
  return [...new Set([...MAIN_METRICS, ...named])];
}

function runsText({ runs, next_page_token }: RunsResult, metrics: string[]): string {
  if (runs.length === 0) return 'No run fits. Train one: gnu-mlops train';
  const rows = runs.map((run) => [
    run.run_id,
    run.name,
    run.status,
    run.start_time,
    ...metrics.map((name) => decimal(run.metrics[name])),
  ]);
  const more = next_page_token === null ? [] : ['', `There are more: --page-token ${next_page_token}`];
  return [table(['run', 'name', 'status', 'started', ...metrics], rows), ...more].join('\n');
}
