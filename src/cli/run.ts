import { EngineError, exitCodeOf, toEngineError } from '../engine/support/errors.ts';
import { CommandContext, type CommonOptions } from './context.ts';
import { errorDocument, errorText } from './output/error-report.ts';
import type { Terminal } from './output/terminal.ts';
import { buildProgram, type Handler, helpPointer, isHelp, nameOf } from './program.ts';

/**
 * Runs `gnu-mlops` with the arguments after its name.
 * @param signal aborted when the operator wants to stop
 * @returns the exit code
 */
export async function runCli(args: string[], terminal: Terminal, signal: AbortSignal): Promise<number> {
  let exitCode = 0;
  let command = 'gnu-mlops';
  const dispatch = async (options: object, handler: Handler) => {
    const context = new CommandContext(options as CommonOptions, terminal, signal);
    exitCode = await runHandler(context, handler, () => command);
  };
  const program = buildProgram(dispatch);
  program.hook('preAction', (_, action) => {
    command = nameOf(action);
  });
  const output = {
    writeOut: terminal.output,
    writeErr: (text: string) => terminal.error(text.trimEnd()),
    // It is told like every other error, at the end.
    outputError: () => undefined,
  };
  for (const each of [program, ...program.commands.flatMap((one) => [one, ...one.commands])])
    each.configureOutput(output);
  try {
    await program.parseAsync(args.length === 0 ? ['--help'] : args, { from: 'user' });
    return exitCode;
  } catch (error) {
    if (isHelp(error)) return 0;
    if (!EngineError.is(error)) throw error;
    const options = { config: 'config.yaml', set: [], json: args.includes('--json') };
    report(error, new CommandContext(options, terminal, signal));
    return exitCodeOf(error);
  }
}

async function runHandler(context: CommandContext, handler: Handler, command: () => string): Promise<number> {
  try {
    const outcome = await handler(context);
    await context.close();
    context.print(outcome);
    return outcome.exitCode ?? 0;
  } catch (thrown) {
    // What stopped the command is what counts; a store that does not close after that adds nothing.
    await context.close().catch(() => undefined);
    const error = toEngineError(context.placed(thrown));
    if (error.reason === 'usage') error.details.fix ??= helpPointer(command());
    report(error, context);
    return exitCodeOf(error);
  }
}

function report(error: EngineError, context: CommandContext): void {
  if (context.options.json) context.print({ document: errorDocument(error), text: '' });
  context.complain(errorText(error, { stack: context.options.verbose ?? false }));
}
