import type { ProjectRef } from '../../protocol/engine-api.ts';
import type { ScheduleChange, ScheduleRunResult, ScheduleSummary } from '../../protocol/unattended-api.ts';
import { withCancellableProgress, withProgress } from '../editor/progress.ts';
import { type EditorSession, requireProject } from '../editor-session.ts';
import { EngineFailure } from '../engine/engine-failure.ts';
import { durationText } from '../views/age.ts';
import { dueText } from '../views/due-text.ts';
import type { OperationsNode } from '../views/operations-node.ts';
import type { CommandDefinition } from './command.ts';
import { showLogOf } from './runs.ts';

const SHOW_LOG = 'Show Log';
const REMOVE = 'Remove';
const ANY_SCHEDULE = 'viewItem =~ /^schedule\\./';

/** Runs a schedule's operation now, as cron would: with its log and its line in the history. */
export const scheduleRun: CommandDefinition = {
  id: 'gnuMlops.scheduleRun',
  title: 'Run Schedule Now...',
  icon: '$(play)',
  writes: true,
  menus: [{ menu: 'view/item/context', when: ANY_SCHEDULE, group: 'inline@1' }],
  run: async (session, target) => {
    const project = requireProject(session);
    const schedule = await chooseSchedule(session, project, 'Run which schedule now?', target);
    if (schedule === undefined) return undefined;
    const { engine, follower } = session;
    const result = await withCancellableProgress(engine, `Running ${schedule.id}`, (id) =>
      engine.api.runSchedule(project, schedule.id, id),
    ).finally(() => follower.refresh());
    void tellRun(session, project, result);
    return result;
  },
};

/** Lets a schedule rest. */
export const schedulePause: CommandDefinition = {
  id: 'gnuMlops.schedulePause',
  title: 'Pause Schedule...',
  icon: '$(debug-pause)',
  writes: true,
  menus: [{ menu: 'view/item/context', when: 'viewItem == schedule.enabled', group: 'inline@2' }],
  run: (session, target) => change(session, 'pause', target, ({ enabled }) => enabled),
};

/** Lets a paused schedule go on. */
export const scheduleResume: CommandDefinition = {
  id: 'gnuMlops.scheduleResume',
  title: 'Resume Schedule...',
  icon: '$(debug-continue)',
  writes: true,
  menus: [{ menu: 'view/item/context', when: 'viewItem == schedule.paused', group: 'inline@2' }],
  run: (session, target) => change(session, 'resume', target, ({ enabled }) => !enabled),
};

/** Takes a schedule out of config.yaml, after asking. */
export const scheduleRemove: CommandDefinition = {
  id: 'gnuMlops.scheduleRemove',
  title: 'Remove Schedule...',
  icon: '$(trash)',
  writes: true,
  menus: [{ menu: 'view/item/context', when: ANY_SCHEDULE, group: '3_remove@1' }],
  run: (session, target) => change(session, 'remove', target, () => true),
};

const WORDS: Record<ScheduleChange, { question: string; done: string }> = {
  pause: { question: 'Pause which schedule?', done: 'is paused' },
  resume: { question: 'Resume which schedule?', done: 'goes on' },
  remove: { question: 'Remove which schedule?', done: 'is not in config.yaml any more' },
};

async function change(
  session: EditorSession,
  kind: ScheduleChange,
  target: unknown,
  isOffered: (schedule: ScheduleSummary) => boolean,
) {
  const project = requireProject(session);
  const { question, done } = WORDS[kind];
  const schedule = await chooseSchedule(session, project, question, target, isOffered);
  if (schedule === undefined || (kind === 'remove' && !(await mayRemove(session, schedule)))) return undefined;
  const { engine, follower, dialogs } = session;
  const result = await withProgress(`${schedule.id}: ${kind}`, () =>
    engine.api.changeSchedule(project, schedule.id, kind),
  ).finally(() => follower.refresh());
  const next = result.schedule.next[0];
  const isInstalled = kind === 'remove' && schedule.targets.length > 0;
  const sentences = [
    `${schedule.id} ${done}.`,
    ...(next === undefined ? [] : [`Next: ${dueText(next, schedule.timezone)}.`]),
    ...(isInstalled ? ['"Install Schedules" takes it out of what is installed.'] : []),
  ];
  void dialogs.say(sentences.join(' '));
  return result;
}

async function mayRemove({ dialogs }: EditorSession, { id, description }: ScheduleSummary): Promise<boolean> {
  const detail = `${description}. It is taken out of config.yaml; its history and logs stay.`;
  return (await dialogs.confirm(`Remove the schedule ${id}?`, detail, [REMOVE])) === REMOVE;
}

/** The schedule of a row, else one that is picked. */
async function chooseSchedule(
  { engine, dialogs }: EditorSession,
  project: ProjectRef,
  question: string,
  target: unknown,
  isOffered: (schedule: ScheduleSummary) => boolean = () => true,
): Promise<ScheduleSummary | undefined> {
  const node = target as OperationsNode | undefined;
  if (node?.kind === 'schedule') return node.schedule;
  const { schedules } = await withProgress('Reading schedules', () => engine.api.schedules(project));
  const offered = schedules.filter(isOffered);
  if (offered.length === 0) throw noSchedule(schedules.length);
  const choices = offered.map((schedule) => {
    const { id, operation, description, enabled } = schedule;
    return { label: id, description: `${operation} · ${description}${enabled ? '' : ' · paused'}`, value: schedule };
  });
  return dialogs.pick(question, choices);
}

function noSchedule(count: number): EngineFailure {
  return new EngineFailure({
    reason: 'not-found',
    message: count === 0 ? 'config.yaml has no schedule.' : 'No schedule of config.yaml is like that.',
    details: { fix: 'Add one with the command "GNU MLOps: Add Schedule...".' },
  });
}

async function tellRun(session: EditorSession, project: ProjectRef, result: ScheduleRunResult): Promise<void> {
  const { dialogs } = session;
  const { id, status, exit_code, duration_ms, log } = result;
  const took = durationText(duration_ms ?? 0);
  const isGood = status === 'done';
  const message = isGood ? `${id}: done in ${took}.` : `${id}: ${status} with exit code ${exit_code} after ${took}.`;
  const answer = await (isGood ? dialogs.say : dialogs.warn)(message, SHOW_LOG);
  if (answer === SHOW_LOG)
    await showLogOf(
      session,
      project,
      log
        ?.split(/[/\\]/)
        .at(-1)
        ?.replace(/\.log$/, ''),
    );
}
