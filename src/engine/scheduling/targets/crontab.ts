import { EngineError } from '../../support/errors.ts';
import { crontabLine, linesOfProject, withLines } from './crontab-text.ts';
import type { ScheduleTarget, TargetContext } from './target.ts';

/** The crontab of this user, by the command `crontab`. */
export function crontabTarget(context: TargetContext): ScheduleTarget {
  const { projectId, run } = context;
  return {
    name: 'crontab',
    usesLauncher: true,
    unavailable: () =>
      run('crontab', ['-l']).isMissing ? 'The command "crontab" is not installed; on Debian: apt install cron' : null,
    entry: (schedule) => crontabLine(schedule, context),
    installed: () => linesOfProject(read(context), projectId),
    write: (entries) => {
      const before = read(context);
      const after = withLines(before, projectId, entries);
      if (after !== before) write(context, after);
      return [];
    },
  };
}

/** latin1 keeps every byte of what others wrote, in whatever encoding. */
const BYTES = 'latin1';

function read({ run }: TargetContext): string {
  const { code, stdout, stderr } = run('crontab', ['-l']);
  if (code === 0) return toText(stdout.toString(BYTES));
  if (/no crontab for/i.test(stderr)) return '';
  throw failure('read', stderr, 'Ask whoever runs this machine whether you may use cron (cron.allow, cron.deny).');
}

function write({ run }: TargetContext, crontab: string): void {
  const bytes = Buffer.from(toBytes(crontab), BYTES);
  const { code, stderr } = run('crontab', ['-'], bytes);
  if (code !== 0)
    throw failure('written', stderr, 'Nothing was changed. Correct what crontab complains about and try again.');
  const { stdout } = run('crontab', ['-l']);
  if (stdout.equals(bytes)) return;
  throw new EngineError('conflict', 'The crontab was changed by another program at the same moment.', {
    fix: 'Look at it with "crontab -l", then run: gnu-mlops schedule install',
  });
}

/** Our own lines are UTF-8; others' bytes are kept as they are. */
function toText(bytes: string): string {
  return bytes.replace(/^.* # gnu-mlops:.*$/gm, (line) => Buffer.from(line, BYTES).toString('utf8'));
}

function toBytes(text: string): string {
  return text.replace(/^.* # gnu-mlops:.*$/gm, (line) => Buffer.from(line, 'utf8').toString(BYTES));
}

function failure(verb: string, stderr: string, fix: string): EngineError {
  return new EngineError('permission', `The crontab could not be ${verb}: ${stderr || 'crontab said nothing'}.`, {
    fix,
  });
}
