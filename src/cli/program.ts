import { Command, CommanderError, Option } from 'commander';
import packageJson from '../../package.json' with { type: 'json' };
import { EngineError } from '../engine/support/errors.ts';
import { addBatch } from './commands/batch.ts';
import { addCi } from './commands/ci.ts';
import { addClean } from './commands/clean.ts';
import { addCompare } from './commands/compare.ts';
import { addCopy } from './commands/copy.ts';
import { addDatabricks } from './commands/databricks.ts';
import { addDataset } from './commands/dataset.ts';
import { addDeploy } from './commands/deploy.ts';
import { addInfo } from './commands/info.ts';
import { addInit } from './commands/init.ts';
import { addLogs } from './commands/logs.ts';
import { addPredict } from './commands/predict.ts';
import { addRepair } from './commands/repair.ts';
import { addRetrain } from './commands/retrain.ts';
import { addRollback } from './commands/rollback.ts';
import { addRuns } from './commands/runs.ts';
import { addSchedule } from './commands/schedule.ts';
import { addSignIn } from './commands/sign-in.ts';
import { addTrain } from './commands/train.ts';
import { addValidate } from './commands/validate.ts';
import type { CommandContext } from './context.ts';

/** What a command answers: a JSON document for programs, text for people. */
export interface Outcome {
  document: object;
  text: string;
  /** The text is the operator's own rows, which are not touched on their way out. */
  isData?: boolean;
  /** 0 unless given. */
  exitCode?: number;
}

export type Handler = (context: CommandContext) => Promise<Outcome>;

/** Runs a command's handler; see `runCli`. */
export type Dispatch = (options: object, handler: Handler) => Promise<void>;

const COMMANDS = [
  addInit,
  addValidate,
  addTrain,
  addDeploy,
  addRollback,
  addInfo,
  addRuns,
  addCompare,
  addPredict,
  addBatch,
  addRetrain,
  addSchedule,
  addSignIn,
  addDataset,
  addCopy,
  addRepair,
  addCi,
  addDatabricks,
  addLogs,
  addClean,
];

/** The commands of `gnu-mlops`, each of which hands its work to `dispatch`. */
export function buildProgram(dispatch: Dispatch): Command {
  const program = new Command('gnu-mlops')
    .description('Keep tabular machine-learning models in production: train, register, promote, roll back, predict.')
    .version(packageJson.version)
    // Behind a command's name --version is that command's own option.
    .enablePositionalOptions()
    .exitOverride(refuse('gnu-mlops'));
  for (const add of COMMANDS) {
    const command = add(program, dispatch);
    command.exitOverride(refuse(nameOf(command)));
    // Of a command with commands of its own, those take the options.
    const workers = command.commands.length > 0 ? command.commands : [command];
    for (const worker of workers) withCommonOptions(worker).exitOverride(refuse(nameOf(worker)));
  }
  return program;
}

/** The options that every command takes. */
function withCommonOptions(command: Command): Command {
  return command
    .option('--config <file>', 'configuration file', 'config.yaml')
    .addOption(
      new Option('--set <key=value>', 'set a configuration value, for example training.cv_folds=3; may be repeated')
        .argParser<string[]>((value, before) => [...before, value])
        .default([], 'none'),
    )
    .option('--json', 'print one JSON document on standard output, everything else on standard error')
    .option('--quiet', 'no progress and no remarks')
    .option('--verbose', 'show the log while it is written');
}

/** How a command is called: "gnu-mlops schedule add". */
export function nameOf(command: Command): string {
  return command.parent === null ? command.name() : `${nameOf(command.parent)} ${command.name()}`;
}

/** Wrong usage is an error like any other; asking for help is none. */
function refuse(name: string): (error: CommanderError) => never {
  return (error) => {
    if (error.exitCode === 0) throw error;
    const isWithoutAction = error.code === 'commander.help';
    const complaint = isWithoutAction ? `${name} needs the name of one of its commands.` : error.message;
    throw new EngineError('usage', complaint.replace(/^error: /, ''), { fix: helpPointer(name) });
  };
}

/** What to do about wrong usage of a command. */
export function helpPointer(name: string): string {
  return `See: ${name} --help`;
}

/** Whether commander stopped only because help or the version was asked for. */
export function isHelp(error: unknown): boolean {
  return error instanceof CommanderError && error.exitCode === 0;
}
