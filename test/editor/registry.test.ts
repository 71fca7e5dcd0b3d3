import * as assert from 'node:assert/strict';
import * as vscode from 'vscode';
import type { ExtensionForTests } from '../../src/extension/extension.ts';
import type { DeployResult, TrainResult } from '../../src/protocol/engine-api.ts';
import { activated, editConfig, rowsOf, ScriptedPerson, until } from './extension-under-test.ts';

describe('The registry in the editor', () => {
  let tested: ExtensionForTests;
  let first: TrainResult;
  let second: TrainResult;

  before(async () => {
    tested = await activated();
    first = await train();
    second = await train();
  });

  afterEach(() => tested.answerWith(undefined));

  async function train(): Promise<TrainResult> {
    const person = answering();
    const result = await vscode.commands.executeCommand<TrainResult | undefined>('gnuMlops.train');
    assert.ok(result, `training failed: ${person.complaints.join()}`);
    return result;
  }

  function answering(answers: ConstructorParameters<typeof ScriptedPerson>[0] = {}): ScriptedPerson {
    const person = new ScriptedPerson(answers);
    tested.answerWith(person.dialogs);
    return person;
  }

  const rows = () => rowsOf(tested.session.registry);

  async function versionNode(version: string) {
    const { registry } = tested.session;
    const [model] = await registry.getChildren();
    const children = await registry.getChildren(model);
    const versions = await registry.getChildren(children.find(({ kind }) => kind === 'versions'));
    const node = versions.find((candidate) => candidate.kind === 'version' && candidate.version.version === version);
    assert.ok(node, `version ${version} has a row`);
    return node;
  }

  it('lists the versions that training registered, and nothing in production', async () => {
    const found = await rows();
    assert.match(found.get(`version:gnu_mlops_model:${first.version}`) ?? '', /accuracy 0\.\d+ .*\[version\.None\]/);
    assert.match(found.get(`version:gnu_mlops_model:${second.version}`) ?? '', /\[version\.None\]/);
    assert.match(found.get('stage:gnu_mlops_model:GNU_Production') ?? '', /empty \[stage\.GNU_Production\.empty\]/);
  });

  it('shows the plan with every gate before it promotes, asks for notes, and moves the version', async () => {
    const person = answering({ confirm: ['Deploy'], ask: ['first one'] });
    const result = await vscode.commands.executeCommand<DeployResult>(
      'gnuMlops.promote',
      await versionNode(first.version),
    );
    assert.equal(result.status, 'deployed');
    assert.match(
      person.confirmed[0]?.message ?? '',
      new RegExp(`Deploy version ${first.version} of gnu_mlops_model to Staging`),
    );
    assert.match(person.confirmed[0]?.detail ?? '', /✓ metrics\.accuracy: 0\.\d+ \(required >= 0\.7\)/);
    assert.equal(person.asked.length, 1);
    assert.match(
      (await rows()).get('stage:gnu_mlops_model:Staging') ?? '',
      new RegExp(`version ${first.version} .*held`),
    );
  });

  it('changes nothing when the plan is dismissed', async () => {
    answering();
    const before = await rows();
    assert.equal(await vscode.commands.executeCommand('gnuMlops.deployProduction'), undefined);
    assert.deepEqual([...(await rows())], [...before]);
  });

  it('asks again beside the plan when somebody wants to see it, and drops nothing', async () => {
    const person = answering({ confirm: ['Show Plan'] });
    const questions: string[][] = [];
    tested.answerWith({
      ...person.dialogs,
      warn: async (...told) => {
        questions.push(told);
        return undefined;
      },
    });
    assert.equal(await vscode.commands.executeCommand('gnuMlops.deployProduction'), undefined);
    assert.deepEqual(questions, [[`Deploy version ${first.version} of gnu_mlops_model to GNU_Production?`, 'Deploy']]);
    const plan = vscode.Uri.from({ scheme: 'gnu-mlops', path: '/Plan for GNU_Production.md' });
    assert.match((await vscode.workspace.openTextDocument(plan)).getText(), /## Gates/);
  });

  it('changes nothing when the notes are dismissed', async () => {
    answering({ confirm: ['Deploy'] });
    assert.equal(await vscode.commands.executeCommand('gnuMlops.deployProduction'), undefined);
    assert.match((await rows()).get('stage:gnu_mlops_model:GNU_Production') ?? '', /empty/);
  });

  it('brings the version in Staging into production', async () => {
    answering({ confirm: ['Deploy'], ask: [''] });
    const result = await vscode.commands.executeCommand<DeployResult>('gnuMlops.deployProduction');
    assert.deepEqual([result.status, result.version, result.to_stage], ['deployed', first.version, 'GNU_Production']);
    await until(() => tested.statusBar.text.includes(`v${first.version}`), 'the status bar tells of it');
  });

  it('refuses at a gate with the values, and offers no way on but an override with notes', async () => {
    const undo = editConfig((text) => text.replace('staging: { accuracy: 0.70 }', 'staging: { accuracy: 1.5 }'));
    try {
      const person = answering();
      const node = await versionNode(second.version);
      const result = await vscode.commands.executeCommand<DeployResult>('gnuMlops.promote', node);
      assert.equal(result.status, 'refused');
      assert.match(person.confirmed[0]?.message ?? '', /metrics\.accuracy is 0\.\d+ \(required >= 1\.5\)/);
      assert.deepEqual(person.confirmed[0]?.actions, ['Show Plan', 'Override Gates...']);
      assert.match((await rows()).get('stage:gnu_mlops_model:Staging') ?? '', /empty/);

      const determined = answering({
        confirm: ['Override Gates...', 'Deploy'],
        pick: [['metrics.accuracy']],
        ask: ['the old one is broken'],
      });
      const forced = await vscode.commands.executeCommand<DeployResult>('gnuMlops.promote', node);
      assert.equal(forced.status, 'deployed', determined.complaints.join());
      assert.match(determined.confirmed[1]?.detail ?? '', /overridden: metrics\.accuracy/);
    } finally {
      undo();
    }
  });

  it('rolls production back to the version before', async () => {
    answering({ confirm: ['Deploy'], ask: ['second one'] });
    await vscode.commands.executeCommand('gnuMlops.deployProduction');
    const person = answering({ confirm: ['Roll Back'], ask: ['worse on Tuesdays'] });
    const result = await vscode.commands.executeCommand<DeployResult>('gnuMlops.rollback');
    assert.deepEqual(person.complaints, []);
    assert.deepEqual([result.status, result.version], ['rolled-back', first.version]);
    assert.match(person.confirmed[0]?.detail ?? '', /is marked as rolled back/);
    const found = await rows();
    assert.match(found.get(`version:gnu_mlops_model:${second.version}`) ?? '', /Archived · rolled back/);
  });
});
