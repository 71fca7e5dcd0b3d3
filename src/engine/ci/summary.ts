import type { Config } from '../config/config.ts';
import { info, infoWithoutStore } from '../deployment/info.ts';
import type { StageHolder } from '../deployment/results.ts';
import type { Project } from '../project.ts';
import { listRuns } from '../runs/list-runs.ts';
import type { RunDocument } from '../runs/results.ts';

/** What `ci --summary --json` prints. */
export interface CiSummary {
  schema: 1;
  /** For the page of a pipeline. */
  markdown: string;
}

/**
 * The newest run and what is in each stage, as a CI system shows it beside a pipeline.
 * @param project null before there is a store
 */
export async function pipelineSummary(project: Project | null, config: Config): Promise<CiSummary> {
  const { stages, model_name } = project ? await info(project) : infoWithoutStore(config);
  const runs = project ? (await listRuns(project, { limit: 1 })).runs : [];
  const stageRows = Object.entries(stages).map(([stage, holder]) => stageRow(stage, holder));
  const markdown = [
    `## ${cell(model_name)}`,
    '',
    ...tableOf(['stage', 'version', 'since', 'by', 'notes'], stageRows),
    ...(runs[0] ? ['', ...runLines(runs[0])] : ['', 'No run was recorded.']),
    '',
  ].join('\n');
  return { schema: 1, markdown };
}

function stageRow(stage: string, holder: StageHolder | null): string[] {
  if (holder === null) return [stage, '-', '-', '-', '-'];
  return [stage, holder.version, holder.since ?? '-', holder.by ?? '-', holder.notes === '' ? '-' : holder.notes];
}

function runLines({ name, run_id, status, metrics }: RunDocument): string[] {
  const rows = Object.entries(metrics)
    .filter(([metric]) => !metric.startsWith('cv_'))
    .map(([metric, value]) => [metric, value === null ? '-' : value.toFixed(4)]);
  const head = `### Newest run: ${cell(name)} (${status}, \`${run_id}\`)`;
  return rows.length === 0 ? [head] : [head, '', ...tableOf(['metric', 'holdout'], rows)];
}

function tableOf(head: string[], rows: string[][]): string[] {
  return [head, head.map(() => '---'), ...rows].map((row) => `| ${row.map(cell).join(' | ')} |`);
}

/** Notes and names stay in their cell and are no markup. */
function cell(text: string): string {
  return text.replace(/\s+/g, ' ').replace(/[\\`*_{}[\]<>#|!]/g, (character) => `\\${character}`);
}
