import * as vscode from 'vscode';
import type { InstallRequest, ScheduleInstallResult } from '../../protocol/unattended-api.ts';
import { withProgress } from '../editor/progress.ts';
import { type EditorSession, requireProject } from '../editor-session.ts';
import type { OperationsNode } from '../views/operations-node.ts';
import type { CommandDefinition } from './command.ts';

const INSTALL = 'Install';
const TAKE_OUT = 'Take Out';
const COPY_PATH = 'Copy Path';

/** Makes cron, or what a row names, hold the schedules of config.yaml; shows first what would be changed. */
export const scheduleInstall: CommandDefinition = {
  id: 'gnuMlops.scheduleInstall',
  title: 'Install Schedules...',
  icon: '$(cloud-download)',
  writes: true,
  menus: [
    { menu: 'view/item/context', when: 'viewItem == group.schedules', group: 'inline@2' },
    { menu: 'view/item/context', when: 'viewItem == scheduleRemark', group: 'inline@1' },
  ],
  run: (session, target) => {
    const node = target as OperationsNode | undefined;
    return install(session, { target: node?.kind === 'remark' ? node.target : undefined });
  },
};

/** Takes everything of this project out of cron. */
export const scheduleUninstall: CommandDefinition = {
  id: 'gnuMlops.scheduleUninstall',
  title: 'Uninstall Schedules...',
  writes: true,
  menus: [{ menu: 'view/item/context', when: 'viewItem == group.schedules', group: '1_install@1' }],
  run: (session) => install(session, { uninstall: true }),
};

/** Writes the script that schedules and terminals run `gnu-mlops` by. */
export const installCommandLine: CommandDefinition = {
  id: 'gnuMlops.installCommandLine',
  title: 'Install Command Line',
  icon: '$(terminal)',
  writes: true,
  palette: 'always',
  run: async ({ engine, dialogs }) => {
    const file = await engine.api.installCommandLine();
    const message = `Wrote ${file}: it runs gnu-mlops as this extension brings it. Put its folder into PATH to use it in a terminal.`;
    void dialogs.say(message, COPY_PATH).then((answer) => {
      if (answer === COPY_PATH) void vscode.env.clipboard.writeText(file);
    });
    return file;
  },
};

async function install(session: EditorSession, wish: InstallRequest): Promise<ScheduleInstallResult | undefined> {
  const project = requireProject(session);
  const { engine, dialogs, follower } = session;
  const ask = (dryRun: boolean) => engine.api.installSchedules(project, { ...wish, dryRun });
  const plan = await withProgress('Checking what to install', () => ask(true));
  const changes = plan.changes.filter(({ action }) => action !== 'keep');
  if (changes.length === 0) {
    const what = wish.uninstall ? 'Nothing of this project is installed' : 'What is installed is what config.yaml says';
    void dialogs.say(`${what} (${plan.target}).`);
    return plan;
  }
  const action = wish.uninstall ? TAKE_OUT : INSTALL;
  const question = wish.uninstall
    ? `Take the schedules of this project out of ${plan.target}?`
    : `Install the schedules of config.yaml into ${plan.target}?`;
  if ((await dialogs.confirm(question, planText(plan), [action])) !== action) return undefined;
  const result = await withProgress('Installing schedules', () => ask(false)).finally(() => follower.refresh());
  const done = wish.uninstall ? 'Taken out of' : 'Installed into';
  void dialogs.say([`${done} ${result.target}.`, ...result.remarks].join(' '));
  return result;
}

/** What would be changed, entry by entry. */
function planText({ changes, launcher }: ScheduleInstallResult): string {
  const steps = changes
    .filter(({ action }) => action !== 'keep')
    .map(({ action, id, entry }) => `${action} ${id}:\n${entry.trim()}`);
  return [...steps, ...(launcher === null ? [] : [`They run ${launcher}.`])].join('\n\n');
}
