import * as vscode from 'vscode';
import type { NewSchedule, ScheduledOperation, SchedulePreset, Timing } from '../../protocol/unattended-api.ts';
import type { Choice } from '../editor/dialogs.ts';
import { withProgress } from '../editor/progress.ts';
import { type EditorSession, requireProject } from '../editor-session.ts';
import { dueText } from '../views/due-text.ts';
import type { CommandDefinition } from './command.ts';

const ADD = 'Add';
const ADD_AND_INSTALL = 'Add and Install...';
const TITLE = 'Add a schedule';

/** Puts a schedule into config.yaml: one of the usual ones, or any expression, explained before it is written. */
export const scheduleAdd: CommandDefinition = {
  id: 'gnuMlops.scheduleAdd',
  title: 'Add Schedule...',
  icon: '$(add)',
  writes: true,
  menus: [
    { menu: 'view/item/context', when: 'viewItem == group.schedules', group: 'inline@1' },
    { menu: 'view/title', when: 'view == gnuMlops.operations && gnuMlops.hasConfig', group: 'navigation@1' },
  ],
  run: async (session) => {
    const project = requireProject(session);
    const { engine, dialogs, follower } = session;
    const schedule = await askSchedule(session, await takenNames(session));
    if (schedule === undefined) return undefined;
    const answer = await confirm(session, schedule);
    if (answer !== ADD && answer !== ADD_AND_INSTALL) return undefined;
    const result = await withProgress('Writing config.yaml', () => engine.api.addSchedule(project, schedule)).finally(
      () => follower.refresh(),
    );
    if (answer === ADD_AND_INSTALL) await vscode.commands.executeCommand('gnuMlops.scheduleInstall');
    else void dialogs.say(`Added ${schedule.id} to config.yaml. Nothing starts it before it is installed.`);
    return result;
  },
};

async function takenNames(session: EditorSession): Promise<Set<string>> {
  const { schedules } = await session.engine.api.schedules(requireProject(session));
  return new Set(schedules.map(({ id }) => id));
}

async function askSchedule(session: EditorSession, taken: Set<string>): Promise<NewSchedule | undefined> {
  const presets = await session.engine.api.schedulePresets();
  const preset = await session.dialogs.pick<SchedulePreset | 'own'>('When should what run?', [
    ...presets.map((each) => ({
      label: each.name,
      description: each.operation,
      detail: `${each.description} (${each.cron})`,
      value: each,
    })),
    { label: '$(edit) Another time...', detail: 'Any cron expression, on the clock of any zone.', value: 'own' },
  ]);
  if (preset === undefined) return undefined;
  const plan = preset === 'own' ? await askPlan(session) : preset;
  if (plan === undefined) return undefined;
  const { operation, cron, timezone } = plan;
  const id = await askName(session, preset === 'own' ? `${operation}-schedule` : preset.name, taken);
  return id === undefined ? undefined : { id, operation, cron, timezone };
}

async function askPlan({
  engine,
  dialogs,
}: EditorSession): Promise<(Timing & { operation: ScheduledOperation }) | undefined> {
  const operation = await dialogs.pick<ScheduledOperation>('What should run?', [
    { label: 'batch', detail: 'Score the files of the input folder.', value: 'batch' },
    { label: 'retrain', detail: 'Train anew when it is due, and deploy what is better.', value: 'retrain' },
    { label: 'train', detail: 'Train and register a version, whatever comes of it.', value: 'train' },
  ]);
  if (operation === undefined) return undefined;
  const timezone = await dialogs.pick('On the clock of which zone?', zones());
  if (timezone === undefined) return undefined;
  const cron = await dialogs.ask({
    title: TITLE,
    prompt: `Minute, hour, day of month, month, day of week, on the clock of ${timezone}`,
    value: '0 2 * * *',
    check: async (answer) => (await engine.api.explainTiming({ cron: answer.trim(), timezone })).problem,
  });
  return cron === undefined ? undefined : { operation, cron: cron.trim(), timezone };
}

/** This machine's own first. */
function zones(): Choice<string>[] {
  const own = Intl.DateTimeFormat().resolvedOptions().timeZone;
  const others = [...new Set(['UTC', ...Intl.supportedValuesOf('timeZone')])].filter((zone) => zone !== own);
  return [
    { label: own, description: "this machine's", value: own },
    ...others.map((zone) => ({ label: zone, value: zone })),
  ];
}

function askName({ dialogs }: EditorSession, proposed: string, taken: Set<string>): Promise<string | undefined> {
  const check = (name: string) => {
    if (!/^[A-Za-z0-9][A-Za-z0-9_-]*$/.test(name)) return 'Expected letters, digits, - and _, such as nightly-batch.';
    return taken.has(name) ? `config.yaml has a schedule "${name}" already.` : null;
  };
  return dialogs.ask({
    title: TITLE,
    prompt: 'Its name, in config.yaml and in logs',
    value: freeName(proposed, taken),
    check,
  });
}

function freeName(proposed: string, taken: Set<string>): string {
  for (let number = 2, name = proposed; ; name = `${proposed}-${number++}`) if (!taken.has(name)) return name;
}

/** The expression in words, and when that is. */
async function confirm({ engine, dialogs }: EditorSession, { id, operation, cron, timezone = 'UTC' }: NewSchedule) {
  const { description, next } = await engine.api.explainTiming({ cron, timezone });
  const times = next.map((due) => dueText(due, timezone, 0));
  const detail = `${operation}: ${description} (${cron}).\n\nThe next times:\n${times.join('\n')}`;
  return dialogs.confirm(`Add the schedule ${id} to config.yaml?`, detail, [ADD, ADD_AND_INSTALL]);
}
