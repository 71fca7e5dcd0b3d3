import * as assert from 'node:assert/strict';
import * as vscode from 'vscode';
import { contributions } from '../../src/extension/commands/command.ts';
import { COMMANDS } from '../../src/extension/commands/table.ts';
import { SETTINGS } from '../../src/extension/editor/settings.ts';
import { PROBLEM_MATCHER, TASK_TYPE } from '../../src/extension/tasks/engine-tasks.ts';
import { activated, manifest, printMeasurement } from './extension-under-test.ts';

describe('package.json', () => {
  const { contributes } = manifest();

  it('declares the commands of the table, those and no others', () => {
    const byId = (a: { command: string }, b: { command: string }) => (a.command < b.command ? -1 : 1);
    const declared = contributes.commands as ReturnType<typeof contributions>['commands'];
    assert.deepEqual(declared.toSorted(byId), contributions(COMMANDS).commands.toSorted(byId));
  });

  it('shows the commands in the menus that the table says', () => {
    assert.deepEqual(contributes.menus, contributions(COMMANDS).menus);
  });

  it('gives every command that writes a workspace that is trusted, and no other', () => {
    const declared = contributes.commands as { command: string; enablement?: string }[];
    const guarded = declared.filter(({ enablement }) => enablement === 'isWorkspaceTrusted');
    const writing = COMMANDS.filter(({ writes }) => writes);
    assert.deepEqual(guarded.map(({ command }) => command).sort(), writing.map(({ id }) => id).sort());
    assert.ok(writing.length > 5);
  });

  it('declares the settings that the code reads', () => {
    assert.deepEqual((contributes.configuration as { properties: unknown }).properties, SETTINGS);
  });

  it('declares the views that the code fills, the task type and its problem matcher', () => {
    const views = contributes.views as { gnuMlops: { id: string }[] };
    assert.deepEqual(
      views.gnuMlops.map(({ id }) => id),
      ['gnuMlops.experiments', 'gnuMlops.registry', 'gnuMlops.operations'],
    );
    const [task] = contributes.taskDefinitions as { type: string }[];
    const [matcher] = contributes.problemMatchers as { name: string }[];
    assert.deepEqual([task?.type, `$${matcher?.name}`], [TASK_TYPE, PROBLEM_MATCHER]);
  });

  it('offers in welcome texts only commands that there are', () => {
    const welcome = contributes.viewsWelcome as { contents: string }[];
    const offered = welcome.flatMap(({ contents }) =>
      [...contents.matchAll(/\(command:([\w.]+)\)/g)].map(([, id]) => id),
    );
    const known = new Set<string>([...COMMANDS.map(({ id }) => id), 'vscode.openFolder']);
    assert.deepEqual(
      offered.filter((id) => !known.has(id ?? '')),
      [],
    );
    assert.ok(offered.includes('gnuMlops.train'));
  });
});

describe('The activated extension', () => {
  it('registers every command of the table', async () => {
    const { activationMs } = await activated();
    printMeasurement(`activate() took ${activationMs.toFixed(1)} ms`);
    const registered = new Set(await vscode.commands.getCommands(true));
    assert.deepEqual(
      COMMANDS.map(({ id }) => id).filter((id) => !registered.has(id)),
      [],
    );
  });

  it('finds the configuration of the folder', async () => {
    const { session } = await activated();
    assert.match(session.project.file?.path ?? '', /\/config\.yaml$/);
  });
});
