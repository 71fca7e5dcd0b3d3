import path from 'node:path';
import type { Command } from 'commander';
import type { BatchFile, BatchResult } from '../../engine/batch/results.ts';
import { runBatch } from '../../engine/batch/run-batch.ts';
import { notified } from '../../engine/notification/after-operation.ts';
import { followBatch } from '../../engine/retraining/after-batch.ts';
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
        const project = await context.project();
        const { isAttended } = context;
        const operation = { project, operation: 'batch', isAttended };
        const result = await notified(
          operation,
          () => runBatch(project, options),
          (_project, ended) => followBatch(project, ended),
        );
        return { document: result, text: batchText(result), exitCode: result.status === 'failed' ? 1 : 0 };
      }),
    );
}

function batchText({ status, files, model_name, version, duration_ms }: BatchResult): string {
  if (status === 'nothing-to-do') return 'Nothing to score.';
  const rows = files.map((file) => [
    path.basename(file.input),
    statusCell(file.status),
    file.rows,
    file.refused,
    file.output === null ? null : path.relative('', file.output),
  ]);
  const errors = files.flatMap(({ input, error }) => (error === null ? [] : [`${path.basename(input)}: ${error}`]));
  const warnings = files.flatMap((file) =>
    file.warnings.map((each) => `warning: ${path.basename(file.input)}: ${each}`),
  );
  const took = status === 'dry-run' ? 'Dry run: nothing was written.' : `Took ${(duration_ms / 1000).toFixed(1)} s.`;
  return [
    `Model ${model_name}${version === null ? '' : ` version ${version}`}`,
    '',
    table(['input', 'status', 'rows', 'refused', 'output'], rows),
    ...(errors.length + warnings.length > 0 ? ['', ...errors, ...warnings] : []),
    '',
    took,
  ].join('\n');
}

function statusCell(status: BatchFile['status']): StyledCell {
  if (status === 'failed') return { text: status, style: 'red' };
  return { text: status, style: status === 'growing' ? 'yellow' : 'green' };
}
