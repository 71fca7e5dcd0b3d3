import type { Command } from 'commander';
import { type CleanResult, clean } from '../../engine/housekeeping/clean.ts';
import type { Dispatch } from '../program.ts';

/** `gnu-mlops clean` */
export function addClean(program: Command, dispatch: Dispatch): Command {
  return program
    .command('clean')
    .description('remove caches, and logs older than logs.retention_days')
    .option('--dry-run', 'show what would go, remove nothing')
    .action((flags: { dryRun?: boolean }) =>
      dispatch(flags, async (context) => {
        const { config, baseDir } = context.config();
        const result = clean({ baseDir, config, now: new Date(), dryRun: flags.dryRun });
        return { document: result, text: cleanText(result) };
      }),
    );
}

function cleanText({ status, removed }: CleanResult): string {
  if (status === 'nothing-to-do') return 'Nothing to remove.';
  const verb = status === 'dry-run' ? 'would go' : 'removed';
  return removed.map((file) => `${verb}  ${file}`).join('\n');
}
