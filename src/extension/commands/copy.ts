import type { CopyResult } from '../../protocol/engine-api.ts';
import { withCancellableProgress } from '../editor/progress.ts';
import { type EditorSession, requireProject } from '../editor-session.ts';
import type { CommandDefinition } from './command.ts';

/** Copies everything of the project's store to another one, after telling what. */
export const copyStore: CommandDefinition = {
  id: 'gnuMlops.copy',
  title: 'Copy to Another Store...',
  icon: '$(copy)',
  writes: true,
  run: async (session) => {
    const to = await askTarget(session);
    if (to === undefined) return undefined;
    const plan = await copyWith(session, 'Looking what there is to copy', { to, dryRun: true });
    const parts = partsOf(plan);
    if (parts.length === 0) {
      void session.dialogs.say(nothingLeft(plan));
      return plan;
    }
    const detail = [...parts, ...plan.warnings].join('\n');
    const answer = await session.dialogs.confirm(`Copy from ${plan.from} to ${plan.to}?`, detail, ['Copy']);
    if (answer !== 'Copy') return undefined;
    const result = await copyWith(session, 'Copying', { to });
    // Not the address itself, which may hold a password.
    const next = 'To work there, set mlflow.tracking_uri to the address that you gave.';
    const done = result.status === 'incomplete' ? 'Not everything was copied to' : 'Copied to';
    void session.dialogs.say(`${done} ${result.to}. ${[...result.warnings, next].join(' ')}`);
    return result;
  },
};

/** What stays behind is no reason to copy again, but not everything is there then. */
function nothingLeft({ to, warnings }: CopyResult): string {
  return warnings.length === 0
    ? `Everything is in ${to} already.`
    : `Nothing more can be copied to ${to}. ${warnings.join(' ')}`;
}

function askTarget({ dialogs }: EditorSession): Promise<string | undefined> {
  return dialogs.ask({
    title: 'Copy to another store',
    prompt: 'Its address, as in mlflow.tracking_uri; what is there already stays',
    placeholder: 'https://mlflow.example.org or sqlite:///other.db',
    check: (text) => (text.trim() === '' ? 'Expected an address.' : null),
  });
}

function copyWith(session: EditorSession, title: string, request: { to: string; dryRun?: boolean }) {
  const project = requireProject(session);
  const { api } = session.engine;
  return withCancellableProgress(session.engine, title, (id) => api.copy(project, request, id));
}

/** What a copy would bring, a line each. */
function partsOf({ experiments, models }: CopyResult): string[] {
  const said = [...experiments, ...models].filter(({ tags }) => tags.set.length > 0);
  const runs = experiments
    .filter(({ copied }) => copied > 0)
    .map(({ name, copied }) => `${name}: ${copied} ${copied === 1 ? 'run' : 'runs'}`);
  const versions = models.flatMap(({ name, versions, aliases, events }) => {
    const those = (wanted: string) => [
      ...versions.filter(({ status }) => status === wanted).map(({ from }) => from),
      ...aliases.filter(({ status }) => status === wanted).map(({ alias }) => alias),
    ];
    const copied = those('copied');
    const words: [string, string[]][] = [
      [copied.length === 1 ? 'version ' : 'versions ', copied],
      ['stage and tags of ', those('updated')],
      ['', those('set')],
      ['without ', those('removed')],
    ];
    const parts = words.filter(([, names]) => names.length > 0).map(([what, names]) => `${what}${names.join(', ')}`);
    const history = events > 0 ? [`${events} ${events === 1 ? 'event' : 'events'} of its history`] : [];
    return [...parts, ...history].map((part) => `${name}: ${part}`);
  });
  return [...runs, ...versions, ...said.map(({ name, tags }) => `${name}: tags ${tags.set.join(', ')}`)];
}
