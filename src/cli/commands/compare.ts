import type { Command } from 'commander';
import { compareRuns } from '../../engine/runs/compare.ts';
import type { ComparedRow, CompareResult } from '../../engine/runs/results.ts';
import { decimal, table } from '../output/table.ts';
import type { Dispatch } from '../program.ts';

/** `gnu-mlops compare` */
export function addCompare(program: Command, dispatch: Dispatch): Command {
  return program
    .command('compare')
    .description('runs side by side')
    .argument('<run...>', 'two or more runs: ids, the first characters of ids, or names')
    .option('--only-differences', 'leave out what is equal in all of them')
    .action((runs: string[], flags: { onlyDifferences?: boolean }) =>
      dispatch(flags, async (context) => {
        const { onlyDifferences } = flags;
        const result = await compareRuns(await context.projectToRead(), { runs, onlyDifferences });
        return { document: result, text: compareText(result) };
      }),
    );
}

function compareText({ runs, rows }: CompareResult): string {
  if (rows.length === 0) return 'These runs do not differ.';
  const head = ['', ...runs.map(({ name, run_id }) => `${name} (${run_id.slice(0, 8)})`)];
  return table(
    head,
    rows.map((row) => [`${row.kind} ${row.name}`, ...row.values.map((value) => cell(row, value))]),
  );
}

function cell({ kind }: ComparedRow, value: number | string | null): string | null {
  return kind === 'metric' && typeof value === 'number' ? decimal(value) : (value?.toString() ?? null);
}
