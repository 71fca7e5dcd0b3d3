import { type Command, InvalidArgumentError, Option } from 'commander';
import {
  addSchedule as addToConfig,
  pauseSchedule,
  removeSchedule,
  resumeSchedule,
} from '../../engine/scheduling/edit-schedules.ts';
import { installSchedules } from '../../engine/scheduling/install-schedules.ts';
import { listSchedules } from '../../engine/scheduling/list-schedules.ts';
import { isPreset, PRESETS, type PresetName } from '../../engine/scheduling/presets.ts';
import type { ScheduleChangeResult } from '../../engine/scheduling/results.ts';
import { runSchedule } from '../../engine/scheduling/run-schedule.ts';
import type { ScheduledOperation } from '../../engine/scheduling/schedule.ts';
import { TARGET_NAMES, type TargetName } from '../../engine/scheduling/targets/target.ts';
import { EngineError } from '../../engine/support/errors.ts';
import type { CommandContext } from '../context.ts';
import { changeText, installText, listText, runText } from '../output/schedule-text.ts';
import type { Dispatch, Outcome } from '../program.ts';

const OPERATIONS: ScheduledOperation[] = ['batch', 'retrain', 'train'];

/** `gnu-mlops schedule list|add|remove|pause|resume|run|install` */
export function addSchedule(program: Command, dispatch: Dispatch): Command {
  const schedule = program
    .command('schedule')
    .description('run operations by themselves: what is in config.yaml, and where it is installed');
  addList(schedule, dispatch);
  addAdd(schedule, dispatch);
  addEdit(schedule, dispatch, 'remove', 'take a schedule out of config.yaml', removeSchedule);
  addEdit(schedule, dispatch, 'pause', 'let a schedule rest; what is installed stays', pauseSchedule);
  addEdit(schedule, dispatch, 'resume', 'let a paused schedule go on', resumeSchedule);
  addRun(schedule, dispatch);
  addInstall(schedule, dispatch);
  return schedule;
}

function addList(schedule: Command, dispatch: Dispatch): void {
  schedule
    .command('list')
    .description('show every schedule: next and last time, where it is installed, what never fired')
    .action((flags: object) =>
      dispatch(flags, async ({ projectOptions }) => {
        const result = listSchedules(projectOptions);
        return { document: result, text: listText(result) };
      }),
    );
}

interface AddFlags {
  preset?: string;
  operation?: ScheduledOperation;
  cron?: string;
  timezone?: string;
  jitter?: number;
  catchUp: boolean;
  paused?: boolean;
}

function addAdd(schedule: Command, dispatch: Dispatch): void {
  schedule
    .command('add')
    .description('put a schedule into config.yaml; asks at a terminal what was left out')
    .argument('[id]', "its name; the preset's, or the operation's, unless given")
    .addOption(new Option('--preset <name>', 'one of the usual schedules').choices(Object.keys(PRESETS)))
    .addOption(new Option('--operation <name>', 'what runs').choices(OPERATIONS))
    .option('--cron <expression>', 'when: minute, hour, day of month, month, day of week')
    .option('--timezone <zone>', "on whose clock: an IANA name such as Europe/Berlin; this machine's unless given")
    .option('--jitter <seconds>', 'wait up to so many seconds before it begins', seconds)
    .option('--no-catch-up', 'leave a firing out that was missed by more than 15 minutes')
    .option('--paused', 'do not run it before it is resumed')
    .action((id: string | undefined, flags: AddFlags) =>
      dispatch(flags, async (context) => {
        const plan = await planned(flags, context);
        const added = {
          id: id ?? (flags.preset === undefined ? plan.name : flags.preset),
          operation: flags.operation ?? plan.operation,
          cron: flags.cron ?? plan.cron,
          timezone: flags.timezone ?? plan.timezone,
          ...(flags.jitter === undefined ? {} : { jitter_seconds: flags.jitter }),
          catch_up: flags.catchUp,
          enabled: !flags.paused,
        };
        return changeOutcome(addToConfig(added, context.projectOptions));
      }),
    );
}

interface Planned {
  name: string;
  operation: ScheduledOperation;
  cron: string;
  timezone: string;
}

/** From the preset, the flags, or a person. */
async function planned(flags: AddFlags, context: CommandContext): Promise<Planned> {
  const { operation, cron, preset } = flags;
  if (preset !== undefined && isPreset(preset)) return { name: preset, ...PRESETS[preset] };
  if (operation !== undefined && cron !== undefined) return { name: operation, operation, cron, timezone: ownZone() };
  const chosen = await choosePreset(context);
  if (chosen !== null) return { name: chosen, ...PRESETS[chosen] };
  throw new EngineError('usage', 'What is to run, and when?', {
    fix: `Give --preset ${Object.keys(PRESETS).join('|')}, or --operation ${OPERATIONS.join('|')} with --cron "0 13 * * *" and --timezone Europe/Berlin.`,
  });
}

/** A menu, at a terminal. */
async function choosePreset({ terminal }: CommandContext): Promise<PresetName | null> {
  const names = Object.keys(PRESETS) as PresetName[];
  const lines = names.map(
    (name, i) => `  ${i + 1}  ${name.padEnd(22)} ${PRESETS[name].cron}  ${PRESETS[name].timezone}`,
  );
  const answer = await terminal.ask(`${lines.join('\n')}\nWhich one? [1-${names.length}]`);
  if (answer === null) return null;
  const chosen = names[Number(answer) - 1] ?? answer;
  if (isPreset(chosen)) return chosen;
  throw new EngineError('usage', `"${answer}" is none of them.`, { fix: `Choose 1 to ${names.length}, or a name.` });
}

function addEdit(
  schedule: Command,
  dispatch: Dispatch,
  name: string,
  description: string,
  edit: (id: string, options: CommandContext['projectOptions']) => ScheduleChangeResult,
): void {
  schedule
    .command(name)
    .description(description)
    .argument('<id>', 'its name')
    .action((id: string, flags: object) =>
      dispatch(flags, async ({ projectOptions }) => changeOutcome(edit(id, projectOptions))),
    );
}

function addRun(schedule: Command, dispatch: Dispatch): void {
  schedule
    .command('run')
    .description('run a schedule when it is due; this is what is installed')
    .argument('<id>', 'its name')
    .option('--now', 'run it whether it is due or not')
    .option('--trigger <expression>', 'UTC expression that started this, where no history is kept (GitHub Actions)')
    .action((id: string, flags: { now?: boolean; trigger?: string }) =>
      dispatch(flags, async (context) => {
        const result = await runSchedule(id, { ...context.projectOptions, ...context.control, ...flags });
        // Whatever cron sees, it mails: success is silent there.
        const text = context.terminal.progressStream === undefined ? '' : runText(result);
        return { document: result, text, exitCode: result.exit_code ?? 0 };
      }),
    );
}

function addInstall(schedule: Command, dispatch: Dispatch): void {
  schedule
    .command('install')
    .description('make cron, or another target, hold the schedules of config.yaml, no more and no less')
    .addOption(new Option('--target <name>', "this system's own unless given").choices(TARGET_NAMES))
    .option('--dry-run', 'show the plan, change nothing')
    .option('--uninstall', 'take everything of this project out')
    .action((flags: { target?: TargetName; dryRun?: boolean; uninstall?: boolean }) =>
      dispatch(flags, async ({ projectOptions }) => {
        const { target, dryRun, uninstall } = flags;
        const result = installSchedules({ ...projectOptions, target, dryRun, uninstall });
        return { document: result, text: installText(result) };
      }),
    );
}

function changeOutcome(result: ScheduleChangeResult): Outcome {
  return { document: result, text: changeText(result) };
}

function ownZone(): string {
  return Intl.DateTimeFormat().resolvedOptions().timeZone;
}

function seconds(text: string): number {
  if (/^\d{1,6}$/.test(text)) return Number(text);
  throw new InvalidArgumentError('expected a whole number of seconds.');
}
