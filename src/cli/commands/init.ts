import path from 'node:path';
import type { Command } from 'commander';
import { type InitResult, initProject } from '../../engine/setup/init.ts';
import type { CommandContext } from '../context.ts';
import type { Dispatch } from '../program.ts';

interface Flags {
  data?: string;
  target?: string;
  force?: boolean;
}

/** `gnu-mlops init` */
export function addInit(program: Command, dispatch: Dispatch): Command {
  return program
    .command('init')
    .description('make a project: config.yaml, config.local.yaml, folders, .gitignore')
    .argument('[folder]', 'where; this folder unless given', '.')
    .option('--data <file>', 'training data, relative to the folder')
    .option('--target <column>', 'column to predict')
    .option('--force', 'replace files that exist without asking')
    .action((folder: string, flags: Flags) =>
      dispatch(flags, async (context) => {
        const result = await initProject({
          folder,
          dataPath: flags.data,
          targetColumn: flags.target,
          mayReplace: flags.force ? async () => true : askFor(context),
        });
        return { document: result, text: initText(result) };
      }),
    );
}

/** Asks a person at a terminal; programs get no for an answer. */
function askFor({ terminal, options }: CommandContext): (file: string) => Promise<boolean> {
  return async (file) => !options.json && terminal.confirm(`${path.relative('', file)} exists. Replace it?`);
}

function nextStep(folder: string, toSet: string[]): string {
  const config = path.relative('', path.join(folder, 'config.yaml'));
  const validate = `gnu-mlops validate${config === 'config.yaml' ? '' : ` --config ${config}`}`;
  return toSet.length === 0
    ? `Next: ${validate}`
    : `Next: set ${toSet.join(' and ')} in ${config}, then run: ${validate}`;
}

function initText({ folder, created, kept, to_set, warnings }: InitResult): string {
  return [
    ...created.map((name) => `made  ${name}`),
    ...kept.map((name) => `kept  ${name}`),
    '',
    ...warnings.map((warning) => `warning: ${warning}`),
    nextStep(folder, to_set),
  ].join('\n');
}
