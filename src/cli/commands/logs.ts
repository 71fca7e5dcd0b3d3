import path from 'node:path';
import { type Command, Option } from 'commander';
import { followLogs } from '../../engine/housekeeping/follow-logs.ts';
import { isAtLeast, LOG_LEVELS } from '../../engine/housekeeping/log-entries.ts';
import { type LogListResult, type LogsResult, listLogSummaries, readLogs } from '../../engine/housekeeping/logs.ts';
import { EngineError } from '../../engine/support/errors.ts';
import type { LogEntry, LogLevel } from '../../engine/support/operation-log.ts';
import type { CommandContext } from '../context.ts';
import { printable } from '../output/printable.ts';
import { table } from '../output/table.ts';
import type { Dispatch, Outcome } from '../program.ts';

interface Flags {
  follow?: boolean;
  level?: LogLevel;
  list?: boolean;
}

/** `gnu-mlops logs` */
export function addLogs(program: Command, dispatch: Dispatch): Command {
  return program
    .command('logs')
    .description("show an operation's log")
    .argument('[run]', 'a run or event by its id, or an operation such as train; the newest log unless given')
    .option('--follow', 'go on showing lines as they are written, until Ctrl-C')
    .addOption(new Option('--level <level>', 'leave out what is less serious').choices(LOG_LEVELS))
    .option('--list', 'the logs there are, newest first')
    .action((run: string | undefined, flags: Flags) =>
      dispatch(flags, async (context) => {
        const { baseDir } = context.config();
        if (flags.list) return listOutcome(listLogSummaries(baseDir, run, flags.level));
        if (flags.follow) return follow(context, baseDir, run, flags.level);
        const result = readLogs(baseDir, run, flags.level);
        return { document: result, text: logText(result) };
      }),
    );
}

async function follow(
  context: CommandContext,
  baseDir: string,
  run: string | undefined,
  level: LogLevel | undefined,
): Promise<Outcome> {
  if (context.options.json) {
    throw new EngineError('usage', '--follow shows lines as they come, --json prints one document at the end.', {
      fix: 'Leave one of them out; the .jsonl file beside each log has one JSON object per line.',
    });
  }
  for await (const { file, isNew, entries } of followLogs(baseDir, run, context.signal)) {
    if (isNew) context.terminal.output(`${file}\n`);
    for (const entry of entries.filter(isAtLeast(level))) context.terminal.output(lineOf(entry));
  }
  return { document: {}, text: '' };
}

function logText({ file, entries }: LogsResult): string {
  return [file, '', ...entries.map(lineOf)].join('\n');
}

function lineOf({ time, level, message }: LogEntry): string {
  return `${time} ${level.padEnd(7)} ${printable(message)}`;
}

function listOutcome(result: LogListResult): Outcome {
  const rows = result.logs.map(({ started, operation, level, lines, run_id, file }) => [
    started,
    operation,
    level === 'error'
      ? { text: level, style: 'red' as const }
      : level === 'warning'
        ? { text: level, style: 'yellow' as const }
        : level,
    lines,
    run_id?.slice(0, 8),
    path.relative('', file),
  ]);
  const text =
    rows.length === 0 ? 'There is no log.' : table(['started', 'operation', 'worst', 'lines', 'run', 'file'], rows);
  return { document: result, text };
}
