import { withProgress } from '../editor/progress.ts';
import { type EditorSession, requireProject } from '../editor-session.ts';
import type { CommandDefinition } from './command.ts';
import { askNotes } from './deploy.ts';

type Mode = 'finish' | 'adopt' | 'restore';

/** Ends what an interrupted deployment left, and settles what other tools changed. */
export const repair: CommandDefinition = {
  id: 'gnuMlops.repair',
  title: 'Repair...',
  icon: '$(wrench)',
  writes: true,
  run: async (session) => {
    const mode = await session.dialogs.pick<Mode>('Repair', [
      {
        label: 'Finish',
        detail: 'End what interrupted commands left; changes by other tools are only told.',
        value: 'finish',
      },
      { label: 'Adopt', detail: 'Also write changes by other tools into history, as they are.', value: 'adopt' },
      { label: 'Restore', detail: 'Also move stages back to where history says they belong.', value: 'restore' },
    ]);
    return mode === undefined ? undefined : repairNow(session, mode, mode === 'finish' ? '' : undefined);
  },
};

export const adopt: CommandDefinition = {
  id: 'gnuMlops.adopt',
  title: 'Adopt',
  icon: '$(check)',
  writes: true,
  palette: 'never',
  menus: [{ menu: 'view/item/context', when: 'viewItem == changedOutside', group: 'inline@1' }],
  run: (session) => repairNow(session, 'adopt', undefined),
};

export const restore: CommandDefinition = {
  id: 'gnuMlops.restore',
  title: 'Restore',
  icon: '$(discard)',
  writes: true,
  palette: 'never',
  menus: [{ menu: 'view/item/context', when: 'viewItem == changedOutside', group: 'inline@2' }],
  run: (session) => repairNow(session, 'restore', undefined),
};

async function repairNow(session: EditorSession, mode: Mode, given: string | undefined) {
  const project = requireProject(session);
  const title = mode === 'adopt' ? 'Adopt changes by other tools' : 'Restore what history says';
  const notes = given ?? (await askNotes(session, title));
  if (notes === undefined) return undefined;
  const { engine, dialogs, follower } = session;
  const result = await withProgress('Repairing', () => engine.api.repair(project, mode, notes)).finally(() =>
    follower.refresh(),
  );
  const left = result.changed_outside;
  if (left.length > 0) void dialogs.warn(left.join(' '));
  else void dialogs.say(result.actions.length === 0 ? 'There is nothing to repair.' : result.actions.join(' '));
  return result;
}
