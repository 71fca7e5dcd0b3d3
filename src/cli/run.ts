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
  for (const command of program.commands) command.copyInheritedSettings(program);
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
  const { options, terminal } = context;
  try {
    const { document, text, exitCode = 0 } = await handler(context);
    await context.close();
    terminal.output(options.json ? JSON.stringify(document, null, 2) : text);
    return exitCode;
  } catch (thrown) {
    // What stopped the command is what counts; a store that does not close after that adds nothing.
    await context.close().catch(() => undefined);
    const error = toEngineError(thrown);
    report(error, context);
    return exitCodeOf(error);
  }
}

function report(error: EngineError, { options, terminal }: CommandContext): void {
  if (options.json) terminal.output(JSON.stringify(errorDocument(error), null, 2));
  terminal.error(errorText(error, { stack: options.verbose ?? false }));
}
