import type { Command } from 'commander';
import { Option } from 'commander';
import { type RepairResult, repair } from '../../engine/deployment/repair.ts';
import type { Dispatch } from '../program.ts';

interface Flags {
  adopt?: boolean;
  restore?: boolean;
  notes?: string;
}

/** `gnu-mlops repair` */
export function addRepair(program: Command, dispatch: Dispatch): Command {
  return program
    .command('repair')
    .description('finish or undo what an interrupted command left')
    .addOption(new Option('--adopt', 'write changes made by other tools into history').conflicts('restore'))
    .option('--restore', 'move aliases that other tools moved back to where history says')
    .option('--notes <text>', 'why, for history')
    .action((flags: Flags) =>
      dispatch(flags, async (context) => {
        const mode = flags.adopt ? 'adopt' : flags.restore ? 'restore' : 'finish';
        const result = await repair(await context.storedProject(), { mode, notes: flags.notes });
        return { document: result, text: repairText(result) };
      }),
    );
}

function repairText({ actions, changed_outside }: RepairResult): string {
  const done = actions.length > 0 ? actions : ['Nothing was left unfinished.'];
  const outside = changed_outside.map((sentence) => `${sentence}\nSettle it: gnu-mlops repair --adopt, or --restore`);
  return [...done, ...outside].join('\n');
}
