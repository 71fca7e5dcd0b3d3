import * as vscode from 'vscode';
import { type EditorSession, requireProject } from '../editor-session.ts';
import type { ExperimentNode } from '../views/experiments-view.ts';
import type { OperationsNode } from '../views/operations-node.ts';
import type { RegistryNode } from '../views/registry-node.ts';
import type { CommandDefinition } from './command.ts';

/** Looks at everything again. */
export const refresh: CommandDefinition = {
  id: 'gnuMlops.refresh',
  title: 'Refresh',
  icon: '$(refresh)',
  menus: [
    { menu: 'view/title', when: 'view == gnuMlops.experiments && gnuMlops.hasConfig', group: 'navigation@9' },
    { menu: 'view/title', when: 'view == gnuMlops.registry && gnuMlops.hasConfig', group: 'navigation@9' },
    { menu: 'view/title', when: 'view == gnuMlops.operations && gnuMlops.hasConfig', group: 'navigation@9' },
  ],
  run: async ({ engine, project, follower }) => {
    engine.revive();
    await project.look();
    if (project.ref) await engine.api.forgetAnswers(project.ref);
    follower.refresh();
  },
};

export const showLog: CommandDefinition = {
  id: 'gnuMlops.showLog',
  title: 'Show Log',
  palette: 'always',
  run: async ({ log }) => log.show(),
};

/** Chooses which configuration commands and views speak of. */
export const selectConfig: CommandDefinition = {
  id: 'gnuMlops.selectConfig',
  title: 'Select Configuration File...',
  icon: '$(settings-gear)',
  palette: 'always',
  run: async (session) => {
    await session.project.look();
    const active = session.project.file?.toString();
    const found = await Promise.all(session.project.files.map((file) => describe(session, file)));
    const choices = found.map(({ file, label, backEnd }) => ({
      label,
      description: file.toString() === active ? `${backEnd}, in use` : backEnd,
      value: file,
    }));
    const chosen = await session.dialogs.pick('Which configuration?', choices);
    if (chosen) await session.project.choose(chosen);
    return chosen;
  },
};

/** A configuration and the back end that it works with, as far as that can be told. */
async function describe({ engine }: EditorSession, file: vscode.Uri) {
  const ref = { configFile: file.fsPath, trusted: vscode.workspace.isTrusted };
  const status = await engine.api.status(ref).catch(() => undefined);
  return { file, label: vscode.workspace.asRelativePath(file), backEnd: status?.backEnd.name ?? 'has errors' };
}

/** The other configurations beside the one in use: config.local.yaml beside config.yaml. */
async function switches(session: EditorSession) {
  const { file: active, files } = session.project;
  const isBeside = (file: vscode.Uri) =>
    active !== undefined && file.toString() !== active.toString() && folderOf(file) === folderOf(active);
  const others = await Promise.all(files.filter(isBeside).map((file) => describe(session, file)));
  return others.map(({ file, label, backEnd }) => ({
    label: `$(arrow-swap) Switch to ${label} (${backEnd})`,
    value: file,
  }));
}

function folderOf(file: vscode.Uri): string {
  return vscode.Uri.joinPath(file, '..').toString();
}

export const openConfig: CommandDefinition = {
  id: 'gnuMlops.openConfig',
  title: 'Open Configuration File',
  icon: '$(go-to-file)',
  menus: [{ menu: 'view/title', when: 'view == gnuMlops.experiments && gnuMlops.hasConfig', group: '2_config@1' }],
  run: async (session) => {
    requireProject(session);
    if (session.project.file) await vscode.window.showTextDocument(session.project.file);
  },
};

/** What a click on the status bar item offers. */
export const projectMenu: CommandDefinition = {
  id: 'gnuMlops.projectMenu',
  title: 'Project Menu...',
  run: async (session) => {
    const chosen = await session.dialogs.pick<string | vscode.Uri>('GNU MLOps', [
      { label: '$(info) Show production info and history', value: 'gnuMlops.info' },
      ...(await switches(session)),
      { label: '$(settings-gear) Select configuration file', value: 'gnuMlops.selectConfig' },
      { label: '$(go-to-file) Open configuration file', value: 'gnuMlops.openConfig' },
      { label: '$(checklist) Validate configuration', value: 'gnuMlops.validate' },
      { label: '$(output) Show log', value: 'gnuMlops.showLog' },
    ]);
    if (chosen instanceof vscode.Uri) return session.project.choose(chosen);
    return chosen === undefined ? undefined : vscode.commands.executeCommand(chosen);
  },
};

/** The row at the end of a list. */
export const loadMore: CommandDefinition = {
  id: 'gnuMlops.loadMore',
  title: 'Load More',
  icon: '$(ellipsis)',
  palette: 'never',
  run: async (session, target) => showMore(session, target as ExperimentNode | RegistryNode | OperationsNode),
};

/** Copies the id of a run, or the number of a version. */
export const copyId: CommandDefinition = {
  id: 'gnuMlops.copyId',
  title: 'Copy ID',
  icon: '$(copy)',
  palette: 'never',
  menus: [
    { menu: 'view/item/context', when: 'viewItem =~ /^run\\./', group: '3_copy@1' },
    { menu: 'view/item/context', when: 'viewItem =~ /^(foreignV|v)ersion\\./', group: '3_copy@1' },
  ],
  run: async (_session, target) => {
    const node = target as ExperimentNode | RegistryNode;
    const id = node.kind === 'run' ? node.summary.run.runId : node.kind === 'version' ? node.version.version : '';
    await vscode.env.clipboard.writeText(id);
    return id;
  },
};

function showMore(
  { experiments, registry, operations }: EditorSession,
  node: ExperimentNode | RegistryNode | OperationsNode,
): void {
  if (node.kind !== 'more') return;
  if ('experiment' in node) experiments.loadMore(node.experiment);
  else if ('runsOf' in node) operations.loadMore(node);
  else registry.loadMore(node.model);
}
