// What pages say about the command, held against the command itself.
import type { Command, Option } from 'commander';
import { buildProgram, nameOf } from '../../src/cli/program.ts';
import { complaintAboutKey } from './page-config.ts';

const program = buildProgram(async () => undefined);

/** What stands on a page for a word of the reader's own: FILE, [FOLDER], <id>, N, ... */
const PLACEHOLDER = /^[[<]|^[A-Z][A-Z_]*(\||\.|$)|^\.\.\.$|^…$/;

/** Every command that does something, by the name it is called by behind `gnu-mlops`. */
export const COMMANDS: ReadonlyMap<string, Command> = new Map(
  program.commands
    .flatMap((command) => (command.commands.length > 0 ? command.commands : [command]))
    .map((command) => [nameOf(command).replace(/^\S+ /, ''), command]),
);

/** The words of a command line; quotes hold words together. */
export function wordsOf(text: string): string[] {
  return [...text.matchAll(/(?:"[^"]*"|'[^']*'|[^\s"'])+/g)].map(([word]) => word.replaceAll(/["']/g, ''));
}

/** A command line as it is typed: it has to parse, and its --set has to name keys that there are. */
export async function complaintAboutCommandLine(words: readonly string[]): Promise<string | undefined> {
  try {
    await buildProgram(async () => undefined).parseAsync([...words], { from: 'user' });
  } catch (error) {
    return (error as Error).message;
  }
  const sets = words.flatMap((word, index) => (words[index - 1] === '--set' ? [word] : []));
  return sets.map((set) => complaintAboutKey(set.split('=')[0]!)).find((complaint) => complaint !== undefined);
}

/**
 * A command as it is talked about, with or without arguments and values, as in "deploy --stage staging|production": its
 * command has to exist, its flags have to be flags of that command, and their values such as it takes.
 */
export function complaintAboutMention(words: readonly string[]): string | undefined {
  const [first = '', second = ''] = words;
  if (PLACEHOLDER.test(first) || first.startsWith('--')) return undefined;
  const group = program.commands.find((command) => command.name() === first);
  if (!group) return `there is no command "${first}"`;
  if (group.commands.length === 0) return complaintAboutFlags([group], words.slice(1));
  if (second === '') return undefined;
  const members = second.split('|').map((name) => COMMANDS.get(`${first} ${name}`));
  if (members.includes(undefined)) return `there is no command "${first} ${second}"`;
  return complaintAboutFlags(members as Command[], words.slice(2));
}

function complaintAboutFlags(commands: readonly Command[], words: readonly string[]): string | undefined {
  for (const [index, word] of words.entries()) {
    for (const flag of flagsIn(word)) {
      const option = commands.flatMap(({ options }) => options).find(({ long }) => long === flag);
      if (!option && flag !== '--help') return `${commands.map(nameOf).join(' and ')} has no ${flag}`;
      const complaint = option && complaintAboutValue(option, words[index + 1]?.replace(/\]$/, ''));
      if (complaint) return complaint;
    }
  }
  return undefined;
}

/** The flags in a word of a usage such as "[--adopt|--restore]". */
export function flagsIn(text: string): string[] {
  return [...text.matchAll(/(?<![\w-])--[a-z][a-z-]*/g)].map(([flag]) => flag);
}

/** A flag that takes one of a few words is shown with one of these, or with several. */
function complaintAboutValue(option: Option, value: string | undefined): string | undefined {
  if (value === undefined || PLACEHOLDER.test(value) || value.startsWith('-')) return undefined;
  const wrong = value.split('|').find((word) => option.argChoices && !option.argChoices.includes(word));
  return wrong === undefined ? undefined : `${option.long} does not take "${wrong}"`;
}

/** The flags of a command that are not everybody's. */
export function ownFlags(command: Command): string[] {
  const everybodys = new Set(['--config', '--set', '--json', '--quiet', '--verbose']);
  return command.options.map(({ long }) => long!).filter((flag) => !everybodys.has(flag));
}
