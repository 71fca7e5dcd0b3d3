import path from 'node:path';
import * as vscode from 'vscode';
import { withProgress } from '../editor/progress.ts';
import { type EditorSession, requireProject } from '../editor-session.ts';
import { EngineFailure } from '../engine/engine-failure.ts';
import type { CommandDefinition } from './command.ts';

/** Makes config.yaml, config.local.yaml, folders and .gitignore. */
export const init: CommandDefinition = {
  id: 'gnuMlops.init',
  title: 'Set Up a Project',
  icon: '$(new-folder)',
  writes: true,
  palette: 'always',
  run: async (session) => {
    const folder = await chooseFolder(session);
    if (folder === undefined) return undefined;
    const result = await session.engine.api.initProject(folder.fsPath, await filesToReplace(session, folder));
    await session.project.look();
    await vscode.window.showTextDocument(vscode.Uri.joinPath(folder, 'config.yaml'));
    const kept = result.kept.length === 0 ? '' : ` Kept as they were: ${result.kept.join(', ')}.`;
    void session.dialogs.say(
      result.created.length === 0 ? `Everything is there already.${kept}` : `Made ${result.created.join(', ')}.${kept}`,
    );
    return result;
  },
};

/** Writes synthetic training and test rows. */
export const dataset: CommandDefinition = {
  id: 'gnuMlops.dataset',
  title: 'Create Synthetic Data Set...',
  icon: '$(table)',
  writes: true,
  palette: 'always',
  run: async (session) => {
    const { dialogs, engine } = session;
    const rows = await askNumber(session, 'Training rows', '1000');
    const features = rows === undefined ? undefined : await askNumber(session, 'Features', '10');
    const classes = features === undefined ? undefined : await askNumber(session, 'Classes', '2');
    const base = session.project.folder;
    if (rows === undefined || features === undefined || classes === undefined || base === undefined) return undefined;
    const folder = vscode.Uri.joinPath(base, 'data');
    const overwrite = await mayOverwrite(session, folder);
    if (overwrite === undefined) return undefined;
    const request = { folder: folder.fsPath, rows, features, classes, targetColumn: 'target', overwrite };
    const result = await withProgress('Creating data', () => engine.api.createDataset(request));
    const names = result.files.map(({ file, rows: count }) => `${path.basename(file)} (${count} rows)`);
    void dialogs.say(`Wrote ${names.join(' and ')}; the target column is ${result.target_column}.`);
    return result;
  },
};

/** Removes caches and old logs, after telling which. */
export const clean: CommandDefinition = {
  id: 'gnuMlops.clean',
  title: 'Remove Caches and Old Logs...',
  icon: '$(trash)',
  writes: true,
  run: async (session) => {
    const project = requireProject(session);
    const { removed } = await session.engine.api.cleanProject(project, { dryRun: true });
    if (removed.length === 0) {
      void session.dialogs.say('There are no caches and no old logs.');
      return removed;
    }
    const answer = await session.dialogs.confirm(`Remove ${removed.length} files?`, removed.join('\n'), ['Remove']);
    if (answer !== 'Remove') return undefined;
    const result = await session.engine.api.cleanProject(project, { dryRun: false });
    void session.dialogs.say(`Removed ${result.removed.length} files.`);
    return result.removed;
  },
};

async function chooseFolder({ dialogs }: EditorSession): Promise<vscode.Uri | undefined> {
  const folders = vscode.workspace.workspaceFolders ?? [];
  if (folders.length === 0) {
    throw new EngineFailure({ reason: 'usage', message: 'No folder is open.', details: { fix: 'Open one first.' } });
  }
  if (folders.length === 1) return folders[0]?.uri;
  return dialogs.pick(
    'Set up the project in which folder?',
    folders.map(({ name, uri }) => ({ label: name, description: uri.fsPath, value: uri })),
  );
}

async function filesToReplace({ dialogs }: EditorSession, folder: vscode.Uri): Promise<string[]> {
  const present: string[] = [];
  for (const name of ['config.yaml', 'config.local.yaml']) {
    if (await exists(vscode.Uri.joinPath(folder, name))) present.push(name);
  }
  if (present.length === 0) return [];
  const answer = await dialogs.confirm(`Replace ${present.join(' and ')}?`, 'They are there already.', [
    'Keep',
    'Replace',
  ]);
  return answer === 'Replace' ? present : [];
}

/** Undefined: neither. */
async function mayOverwrite({ dialogs }: EditorSession, folder: vscode.Uri): Promise<boolean | undefined> {
  const present = await Promise.all(['train.csv', 'test.csv'].map((name) => exists(vscode.Uri.joinPath(folder, name))));
  if (!present.includes(true)) return false;
  const detail = `${folder.fsPath} holds train.csv or test.csv already.`;
  return (await dialogs.confirm('Replace the data?', detail, ['Replace'])) === 'Replace' ? true : undefined;
}

async function exists(uri: vscode.Uri): Promise<boolean> {
  return vscode.workspace.fs.stat(uri).then(
    () => true,
    () => false,
  );
}

async function askNumber({ dialogs }: EditorSession, prompt: string, value: string): Promise<number | undefined> {
  const check = (text: string) => (/^[1-9]\d*$/.test(text) ? null : 'Expected a whole number.');
  const answer = await dialogs.ask({ title: 'Create synthetic data', prompt, value, check });
  return answer === undefined ? undefined : Number(answer);
}
