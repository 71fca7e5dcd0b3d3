import { CommanderError } from 'commander';
import { type EngineError, exitCodeOf, toEngineError } from '../engine/support/errors.ts';
import { CommandContext, type CommonOptions } from './context.ts';
import { errorDocument, errorText } from './output/error-report.ts';
import type { Terminal } from './output/terminal.ts';
import { buildProgram, type Handler, isHelp } from './program.ts';

/** Exit code for wrong usage. */
const USAGE = 2;

/**
 * Runs `gnu-mlops` with the arguments after its name.
 * @param signal aborted when the operator wants to stop
 * @returns the exit code
 */
export async function runCli(args: string[], terminal: Terminal, signal: AbortSignal): Promise<number> {
  let exitCode = 0;
  const dispatch = async (options: object, handler: Handler) => {
    exitCode = await runHandler(new CommandContext(options as CommonOptions, terminal, signal), handler);
  };
  const program = buildProgram(dispatch);
  program.configureOutput({ writeOut: terminal.output, writeErr: (text) => terminal.error(text.trimEnd()) });
  for (const command of program.commands.flatMap((each) => [each, ...each.commands]))
    command.copyInheritedSettings(program);
  try {
    await program.parseAsync(args.length === 0 ? ['--help'] : args, { from: 'user' });
    return exitCode;
  } catch (error) {
    if (isHelp(error)) return 0;
    if (error instanceof CommanderError) return USAGE;
    throw error;
  }
}

async function runHandler(context: CommandContext, handler: Handler): Promise<number> {
  try {
    const outcome = await handler(context);
    await context.close();
    context.print(outcome);
    return outcome.exitCode ?? 0;
  } catch (thrown) {
    // What stopped the command is what counts; a store that does not close after that adds nothing.
    await context.close().catch(() => undefined);
    const error = toEngineError(thrown);
    report(error, context);
    return exitCodeOf(error);
  }
}

function report(error: EngineError, context: CommandContext): void {
  if (context.options.json) context.print({ document: errorDocument(error), text: '' });
  context.complain(errorText(error, { stack: context.options.verbose ?? false }));
}
