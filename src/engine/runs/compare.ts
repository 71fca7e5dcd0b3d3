import type { Project } from '../project.ts';
import { EngineError } from '../support/errors.ts';
import { findRun } from './find-run.ts';
import { toDocument } from './list-runs.ts';
import type { ComparedRow, CompareResult, RunDocument } from './results.ts';

export interface CompareOptions {
  /** Ids, beginnings of ids, or names. */
  runs: string[];
  /** Leave out what is equal in all of these runs. */
  onlyDifferences?: boolean | undefined;
}

const MOST_RUNS = 50;

/** Tags that differ between any two runs and say nothing about the model. */
const OWN_TAGS = /^(mlflow\.|gnu_mlops\.owner$|gnu_mlops\.model_digest$)/;

/**
 * Runs side by side: metrics, params and tags, each row with the values in the order of `runs`.
 * @throws EngineError `usage` for fewer than 2 or more than 50 runs, or the same run twice, `not-found`
 */
export async function compareRuns(project: Project, options: CompareOptions): Promise<CompareResult> {
  if (options.runs.length < 2 || options.runs.length > MOST_RUNS) {
    throw new EngineError('usage', `compare takes 2 to ${MOST_RUNS} runs; found ${options.runs.length}.`, {
      fix: 'Name them by id: gnu-mlops compare RUN RUN. Ids: gnu-mlops runs',
    });
  }
  const runs = [];
  for (const text of options.runs) runs.push(toDocument(await findRun(project, text)));
  requireDistinct(runs);
  const rows = [
    ...withoutLastFolds(rowsOf('metric', runs, ({ metrics }) => metrics)),
    ...rowsOf('param', runs, ({ params }) => params),
    ...rowsOf('tag', runs, ({ tags }) => tags).filter(({ name }) => !OWN_TAGS.test(name)),
  ];
  return {
    schema: 1,
    runs: runs.map(({ run_id, name, status, start_time }) => ({ run_id, name, status, start_time })),
    rows: options.onlyDifferences ? rows.filter(({ differs }) => differs) : rows,
  };
}

/** The last fold's value under `cv_<metric>` says nothing beside mean and deviation over all folds. */
function withoutLastFolds(rows: ComparedRow[]): ComparedRow[] {
  const names = new Set(rows.map(({ name }) => name));
  return rows.filter(({ name }) => !(name.startsWith('cv_') && names.has(`${name}_mean`)));
}

function requireDistinct(runs: RunDocument[]): void {
  const twice = runs.find(({ run_id }, at) => runs.findIndex((other) => other.run_id === run_id) < at);
  if (twice === undefined) return;
  throw new EngineError('usage', `The run ${twice.name} (${twice.run_id}) is named twice.`, {
    fix: 'Name runs that are different. Ids: gnu-mlops runs',
  });
}

function rowsOf(
  kind: ComparedRow['kind'],
  runs: RunDocument[],
  part: (run: RunDocument) => Record<string, number | string | null>,
): ComparedRow[] {
  const names = [...new Set(runs.flatMap((run) => Object.keys(part(run))))].sort();
  return names.map((name) => {
    const values = runs.map((run) => part(run)[name] ?? null);
    return { kind, name, values, differs: values.some((value) => value !== values[0]) };
  });
}
