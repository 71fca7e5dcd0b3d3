import type { Command } from 'commander';
import { type LogsResult, readLogs } from '../../engine/housekeeping/logs.ts';
import { printable } from '../output/printable.ts';
import type { Dispatch } from '../program.ts';

/** `gnu-mlops logs` */
export function addLogs(program: Command, dispatch: Dispatch): Command {
  return program
    .command('logs')
    .description("show an operation's log")
    .argument('[run]', 'a run or event by its id, or an operation such as train; the newest log unless given')
    .action((run: string | undefined, flags: object) =>
      dispatch(flags, async (context) => {
        const result = readLogs(context.config().baseDir, run);
        return { document: result, text: logText(result) };
      }),
    );
}

function logText({ file, entries }: LogsResult): string {
  const lines = entries.map(({ time, level, message }) => `${time} ${level.padEnd(7)} ${printable(message)}`);
  return [file, '', ...lines].join('\n');
}
