import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { writeFileWhole } from '../../support/atomic-file.ts';
import { EngineError } from '../../support/errors.ts';
import { stateFolderOf } from '../../support/state-folder.ts';
import { checkMinutes } from '../check-minutes.ts';
import { CHECK_MINUTES } from '../due.ts';
import type { Schedule } from '../schedule.ts';
import type { ScheduleTarget, TargetContext } from './target.ts';

/** schtasks takes no longer command. */
const LONGEST_COMMAND = 261;

/** Tasks of the Windows Task Scheduler, by `schtasks`. What was created is noted beside config.yaml. */
export function windowsTarget(context: TargetContext): ScheduleTarget {
  const file = path.join(stateFolderOf(path.dirname(context.configFile)), 'windows-tasks.json');
  const noted = () => new Map(Object.entries(readNotes(file)));
  return {
    name: 'windows',
    usesLauncher: true,
    unavailable: () =>
      context.run('schtasks', ['/?']).isMissing ? 'There is no schtasks here: this is not Windows.' : null,
    entry: (schedule) => commandLine(createArguments(schedule, context)),
    installed: () => new Map([...noted()].filter(([id]) => exists(context, id))),
    write: (entries) => {
      const before = noted();
      for (const id of before.keys()) {
        if (!entries.has(id) && exists(context, id)) schtasks(context, ['/Delete', '/TN', taskName(context, id), '/F']);
      }
      for (const entry of entries.values()) schtasks(context, argumentsOf(entry));
      writeFileWhole(file, `${JSON.stringify(Object.fromEntries(entries), null, 2)}\n`);
      return [];
    },
  };
}

function createArguments(schedule: Schedule, context: TargetContext): string[] {
  const { first, step } = repetition(checkMinutes(schedule.cron));
  const command = `"${context.launcher}" schedule run ${schedule.id} --config "${context.configFile}"`;
  if (command.length > LONGEST_COMMAND) {
    throw new EngineError(
      'unsupported',
      `Windows Task Scheduler takes commands of ${LONGEST_COMMAND} characters, and this has ${command.length}.`,
      {
        fix: 'Move the project into a folder with a shorter path.',
      },
    );
  }
  const start = `00:${String(first).padStart(2, '0')}`;
  const name = taskName(context, schedule.id);
  return ['/Create', '/TN', name, '/SC', 'MINUTE', '/MO', String(step), '/ST', start, '/TR', command, '/F'];
}

/** The widest even step from the first minute that meets all of them. */
function repetition(minutes: number[]): { first: number; step: number } {
  const first = minutes[0]!;
  const gcd = (a: number, b: number): number => (b === 0 ? a : gcd(b, a % b));
  return { first, step: minutes.reduce((step, minute) => gcd(step, minute - first), CHECK_MINUTES) };
}

function taskName({ projectId }: TargetContext, id: string): string {
  return `\\gnu-mlops\\${projectId}\\${id}`;
}

function exists(context: TargetContext, id: string): boolean {
  return context.run('schtasks', ['/Query', '/TN', taskName(context, id)]).code === 0;
}

function schtasks({ run }: TargetContext, args: string[]): void {
  const { code, stderr } = run('schtasks', args);
  if (code === 0) return;
  throw new EngineError('permission', `schtasks ${args[0]} failed: ${stderr || 'it said nothing'}.`, {
    fix: `Run it yourself to see why: ${commandLine(args)}`,
  });
}

/** As it is typed into a command prompt. */
function commandLine(args: string[]): string {
  return ['schtasks', ...args.map((arg) => (/[\s"]/.test(arg) ? `"${arg.replaceAll('"', '\\"')}"` : arg))].join(' ');
}

function argumentsOf(line: string): string[] {
  const words = line.match(/"(?:\\"|[^"])*"|\S+/g) ?? [];
  return words.slice(1).map((word) => (word.startsWith('"') ? word.slice(1, -1).replaceAll('\\"', '"') : word));
}

function readNotes(file: string): Record<string, string> {
  return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as Record<string, string>) : {};
}
