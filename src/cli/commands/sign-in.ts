import { type Command, Option } from 'commander';
import type { CredentialField, CredentialKind } from '../../engine/setup/credential-kinds.ts';
import { type SignInResult, signIn, waysToSignIn } from '../../engine/setup/sign-in.ts';
import { EngineError } from '../../engine/support/errors.ts';
import type { CommandContext } from '../context.ts';
import type { Dispatch } from '../program.ts';

interface Flags {
  kind?: CredentialKind['id'];
  stdin?: boolean;
  check?: boolean;
  save: boolean;
}

/** `gnu-mlops sign-in` */
export function addSignIn(program: Command, dispatch: Dispatch): Command {
  return program
    .command('sign-in')
    .description('check credentials for the server, Databricks or S3, and write them into env_file')
    .addOption(
      new Option('--kind <kind>', 'how to sign in').choices([
        'mlflow-password',
        'mlflow-token',
        'databricks-token',
        'databricks-oauth',
        's3',
      ]),
    )
    .option('--stdin', 'read the values from standard input, a line each, in the order in which they would be asked')
    .option('--check', 'ask nothing: check what the environment and env_file hold')
    .option('--no-save', 'check only, write nothing')
    .action((flags: Flags) =>
      dispatch(flags, async (context) => {
        const credentials = flags.check ? {} : await gather(context, flags);
        const save = flags.save && !flags.check;
        const result = await signIn({ ...context.projectOptions, credentials, save });
        return { document: result, text: signInText(result) };
      }),
    );
}

async function gather(context: CommandContext, flags: Flags): Promise<Record<string, string>> {
  const ways = await waysToSignIn(context.projectOptions);
  const { fields } = await choose(context, ways, flags.kind);
  const values = flags.stdin ? await readLines(context, fields) : await askAll(context, fields);
  return Object.fromEntries(fields.map(({ variable }, i) => [variable, values[i]!]));
}

async function choose(
  { terminal }: CommandContext,
  ways: CredentialKind[],
  wanted: CredentialKind['id'] | undefined,
): Promise<CredentialKind> {
  const kinds = ways.map(({ id }) => id).join(', ');
  if (wanted !== undefined) {
    const found = ways.find(({ id }) => id === wanted);
    if (found) return found;
    throw new EngineError('usage', `--kind ${wanted}: this project does not use it.`, {
      fix: `Choose one of: ${kinds}`,
    });
  }
  if (ways.length === 1) return ways[0]!;
  const list = ways.map(({ title }, i) => `${i + 1}  ${title}`).join('\n');
  const answer = await terminal.ask(`${list}\nWhich one? [1]`);
  if (answer === null) throw notAsked(`Say how with --kind (${kinds}) and pipe the values in with --stdin.`);
  const chosen = ways[answer === '' ? 0 : Number(answer) - 1];
  if (chosen) return chosen;
  throw new EngineError('usage', `"${answer}" is none of the choices.`, { fix: `Answer with 1 to ${ways.length}.` });
}

async function askAll({ terminal }: CommandContext, fields: CredentialField[]): Promise<string[]> {
  const values: string[] = [];
  for (const { label, secret } of fields) {
    const answer = await (secret ? terminal.askSecret(`${label}:`) : terminal.ask(`${label}:`));
    if (answer === null) throw notAsked('Pipe the values in with --stdin; on a command line others would see them.');
    values.push(requireValue(label, answer));
  }
  return values;
}

async function readLines({ terminal }: CommandContext, fields: CredentialField[]): Promise<string[]> {
  const lines = (await terminal.readInput()).split(/\r?\n/);
  return fields.map(({ label }, i) => requireValue(label, lines[i]?.trim() ?? ''));
}

function requireValue(label: string, value: string): string {
  if (value !== '') return value;
  throw new EngineError('usage', `${label}: found nothing.`, { fix: 'Give a value for each line that is asked for.' });
}

function notAsked(fix: string): EngineError {
  return new EngineError('usage', 'Nobody sits at this terminal to be asked.', { fix });
}

function signInText({ place, saved_to, variables, replaces }: SignInResult): string {
  const known = `${place} accepts them.`;
  if (saved_to !== null) {
    const gone = replaces.length === 0 ? '' : ` ${replaces.join(' and ')} would beat them and are not kept there.`;
    return `${known} They are in ${saved_to}, which only you can read; cron uses them too.${gone}`;
  }
  return variables.length === 0 ? `${place} can be used with what is set.` : known;
}
