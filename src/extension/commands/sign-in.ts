import type { CredentialKind } from '../../protocol/engine-api.ts';
import { type EditorSession, requireProject } from '../editor-session.ts';
import type { CommandDefinition } from './command.ts';

const SAVE = 'Write env_file Too';

/** Asks for credentials, checks them, and keeps them in the editor's secret storage. */
export const signIn: CommandDefinition = {
  id: 'gnuMlops.signIn',
  title: 'Sign In...',
  icon: '$(key)',
  writes: true,
  run: async (session) => {
    const project = requireProject(session);
    const { engine, vault, dialogs } = session;
    const kind = await chooseKind(session, await engine.api.waysToSignIn(project));
    const credentials = kind && (await askFor(session, kind));
    if (credentials === undefined) return undefined;
    const { place, host, replaces } = await engine.api.signIn(project, credentials, false);
    if (host !== null) await vault.add(project.configFile, { host, credentials, replaces });
    await engine.credentialsChanged(project);
    session.follower.refresh();
    const answer = await dialogs.say(
      `Signed in to ${place}. Schedules run without the editor: should env_file have it too?`,
      SAVE,
    );
    if (answer !== SAVE) return { place, saved_to: null };
    return engine.api.signIn(project, credentials, true);
  },
};

/** Forgets what somebody signed in with; what env_file holds stays. */
export const signOut: CommandDefinition = {
  id: 'gnuMlops.signOut',
  title: 'Sign Out',
  icon: '$(sign-out)',
  run: async (session) => {
    const project = requireProject(session);
    await session.vault.forget(project.configFile);
    await session.engine.credentialsChanged(project);
    session.follower.refresh();
    await session.dialogs.say('Signed out: the editor has forgotten the credentials. What env_file holds stays.');
  },
};

async function chooseKind({ dialogs }: EditorSession, ways: CredentialKind[]): Promise<CredentialKind | undefined> {
  if (ways.length === 1) return ways[0];
  return dialogs.pick(
    'How do you sign in?',
    ways.map((kind) => ({
      label: kind.title,
      description: kind.fields.map(({ variable }) => variable).join(', '),
      value: kind,
    })),
  );
}

async function askFor({ dialogs }: EditorSession, { title, fields }: CredentialKind) {
  const credentials: Record<string, string> = {};
  for (const { variable, label, secret } of fields) {
    const answer = await dialogs.ask({ title, prompt: `${label} (${variable})`, secret });
    if (!answer) return undefined;
    credentials[variable] = answer.trim();
  }
  return credentials;
}
