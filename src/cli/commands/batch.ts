import path from 'node:path';
import type { Command } from 'commander';
import type { BatchFile, BatchResult } from '../../engine/batch/results.ts';
import { notified } from '../../engine/notification/after-operation.ts';
import { followBatch, watchedBatch } from '../../engine/retraining/after-batch.ts';
import { type StyledCell, table } from '../output/table.ts';
import type { Dispatch } from '../program.ts';

/** `gnu-mlops batch` */
export function addBatch(program: Command, dispatch: Dispatch): Command {
  return program
    .command('batch')
    .description('score every file of the input folder with the production model, exactly once')
    .argument('[path]', 'a folder or a file; batch_inference.input_path unless given')
    .option('--dry-run', 'show what would be scored, write nothing')
    .action((place: string | undefined, flags: { dryRun?: boolean }) =>
      dispatch(flags, async (context) => {
        const options = { ...context.control, path: place && path.resolve(place), dryRun: flags.dryRun };
        const project = await context.projectFor('batch');
        const { isAttended } = context;
        const operation = { project, operation: 'batch', isAttended };
        const result = await notified(
          operation,
          () => watchedBatch(project, options),
          (_project, ended) => followBatch(project, ended),
        );
        return { document: result, text: batchText(result), exitCode: result.status === 'failed' ? 1 : 0 };
      }),
    );
}

function batchText({ status, files, model_name, version, duration_ms }: BatchResult): string {
  if (status === 'nothing-to-do') return 'Nothing to score.';
  const { shown, hidden } = worthShowing(files);
  const rows = shown.map((file) => [
    path.basename(file.input),
    statusCell(file.status),
    file.rows,
    file.refused,
    file.output === null ? null : path.relative('', file.output),
  ]);
  const errors = files.flatMap(({ input, error }) => (error === null ? [] : [`${path.basename(input)}: ${error}`]));
  const remarks = [...errors, ...warningsOf(files)];
  const took = status === 'dry-run' ? 'Dry run: nothing was written.' : `Took ${(duration_ms / 1000).toFixed(1)} s.`;
  return [
    `Model ${model_name}${version === null ? '' : ` version ${version}`}`,
    '',
    table(['input', 'status', 'rows', 'refused', 'output'], rows),
    ...(hidden > 0 ? [`... and ${hidden} more like these; --json tells all.`] : []),
    ...(remarks.length > 0 ? ['', ...remarks] : []),
    '',
    `${totals(files)} ${took}`,
  ].join('\n');
}

/** So many files of which there is nothing to say are shown; nobody reads a thousand. */
const MOST_PLAIN = 20;

function worthShowing(files: BatchFile[]): { shown: BatchFile[]; hidden: number } {
  const isPlain = ({ status, refused }: BatchFile) => (status === 'done' || status === 'ready') && refused === 0;
  const plain = new Set(files.filter(isPlain).slice(0, MOST_PLAIN));
  const shown = files.filter((file) => !isPlain(file) || plain.has(file));
  return { shown, hidden: files.length - shown.length };
}

/** A warning that many files give is told once. */
function warningsOf(files: BatchFile[]): string[] {
  const all = files.flatMap(({ input, warnings }) => warnings.map((text) => ({ input: path.basename(input), text })));
  return [...Map.groupBy(all, ({ text }) => text)].map(([text, [first, ...others]]) => {
    const more = others.length === 0 ? '' : ` and ${others.length} more`;
    return `warning: ${first!.input}${more}: ${text}`;
  });
}

/** "3 files: 2 done, 1 failed; 200 rows, 4 of them refused." */
function totals(files: BatchFile[]): string {
  const counts = [...Map.groupBy(files, ({ status }) => status)].map(([status, some]) => `${some.length} ${status}`);
  const summary = `${files.length} ${files.length === 1 ? 'file' : 'files'}: ${counts.join(', ')}`;
  if (files.every(({ rows }) => rows === 0)) return `${summary}.`;
  const sum = (part: 'rows' | 'refused') => files.reduce((total, file) => total + file[part], 0);
  const rows = `${sum('rows')} rows${sum('refused') === 0 ? '' : `, ${sum('refused')} of them refused`}`;
  return `${summary}; ${rows}.`;
}

function statusCell(status: BatchFile['status']): StyledCell {
  if (status === 'failed') return { text: status, style: 'red' };
  return { text: status, style: status === 'growing' ? 'yellow' : 'green' };
}
