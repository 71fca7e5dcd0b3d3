import type { Command } from 'commander';
import { type ValidateResult, validate } from '../../engine/setup/validate.ts';
import { exitCodeOfReason } from '../../engine/support/errors.ts';
import { table } from '../output/table.ts';
import type { Dispatch } from '../program.ts';

/** `gnu-mlops validate` */
export function addValidate(program: Command, dispatch: Dispatch): Command {
  return program
    .command('validate')
    .description('check config.yaml against its schema and against reality')
    .action((flags: object) =>
      dispatch(flags, async (context) => {
        const result = await validate(context.projectOptions);
        return { document: result, text: validateText(result), exitCode: exitCode(result) };
      }),
    );
}

/** That of the first failed check. */
function exitCode({ checks }: ValidateResult): number {
  const reason = checks.find((check) => check.reason !== null)?.reason;
  return reason ? exitCodeOfReason(reason) : 0;
}

const STYLES = { ok: 'green', warning: 'yellow', error: 'red' } as const;

function validateText({ checks }: ValidateResult): string {
  const rows = checks.flatMap(({ id, status, message }) => {
    const [first, ...more] = message.split('\n');
    return [[id, { text: status, style: STYLES[status] }, first], ...more.map((line) => ['', '', line])];
  });
  const failed = checks.filter(({ status }) => status === 'error').length;
  const fixes = checks.flatMap(({ fix }) => (fix === null ? [] : [`to do: ${fix}`]));
  const doubtful = checks.filter(({ status }) => status === 'warning').length;
  const verdict =
    failed > 0
      ? `${failed} ${failed === 1 ? 'check' : 'checks'} failed.`
      : doubtful > 0
        ? `Nothing failed; ${doubtful === 1 ? 'one warning' : `${doubtful} warnings`}.`
        : 'Everything is in place.';
  return [table(['check', 'status', ''], rows), '', ...fixes, verdict].join('\n');
}
