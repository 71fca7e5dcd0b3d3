import * as assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import * as vscode from 'vscode';
import type { ExtensionForTests } from '../../src/extension/extension.ts';
import { textArtifact } from '../../src/extension/panels/artifacts.ts';
import { pageHtml } from '../../src/extension/panels/page.ts';
import type { ProjectRef, TrainResult } from '../../src/protocol/engine-api.ts';
import { activated, projectOf, ScriptedPerson, until } from './extension-under-test.ts';

describe('Panels', () => {
  let tested: ExtensionForTests;
  let project: ProjectRef;
  let trained: TrainResult;

  before(async () => {
    tested = await activated();
    project = projectOf(tested);
    tested.answerWith(new ScriptedPerson().dialogs);
    trained = await vscode.commands.executeCommand<TrainResult>('gnuMlops.train');
  });

  after(async () => {
    tested.answerWith(undefined);
    await vscode.commands.executeCommand('workbench.action.closeAllEditors');
  });

  it('send the whole run once their page is ready', async () => {
    const { panels } = tested.session;
    const panel = panels.openRun(project, trained.run_id, 'a run');
    const state = await until(() => panel.lastState, 'the page has said ready and got a snapshot');
    assert.equal(state.details.run.metrics.accuracy, trained.metrics.accuracy);
    assert.deepEqual(state.details.evaluation?.metrics, trained.metrics);
    assert.deepEqual([state.experimentName, state.modelName], ['breast_cancer', 'gnu_mlops_model']);
    assert.deepEqual(state.stages, { [trained.version]: 'None' });
    assert.ok(state.details.artifacts.includes('model/MLmodel'));
  });

  it('are used again for the same run', () => {
    const { panels } = tested.session;
    assert.equal(panels.openRun(project, trained.run_id, 'a run'), panels.openRun(project, trained.run_id, 'a run'));
  });

  it('follow the store', async () => {
    const { panels, engine, follower } = tested.session;
    const panel = panels.openRun(project, trained.run_id, 'a run');
    await engine.api.deploy(project, { stage: 'Staging', version: trained.version, notes: '' });
    follower.refresh();
    await until(() => panel.lastState?.stages[trained.version] === 'Staging', 'the panel shows the new stage');
  });
});

describe("A panel's page", () => {
  const folder = vscode.Uri.file('/extension');
  const webview = { cspSource: 'https://host', asWebviewUri: (uri: vscode.Uri) => uri } as unknown as vscode.Webview;

  it('may load nothing but its own script and style sheets, under a nonce that is new each time', () => {
    const [first, second] = [pageHtml(webview, folder, 'run', 'x'), pageHtml(webview, folder, 'run', 'x')];
    const policy = /content="([^"]+)"/.exec(first)?.[1] ?? '';
    assert.match(
      policy,
      /^default-src 'none'; script-src 'nonce-[\w-]{22}'; style-src https:\/\/host 'nonce-[\w-]{22}'/,
    );
    assert.doesNotMatch(policy, /unsafe|\*/);
    assert.notEqual(first, second);
  });

  it('shows a hostile title as text', () => {
    const html = pageHtml(webview, folder, 'run', '<img src=x onerror=alert(1)>"');
    assert.ok(!html.includes('<img'));
  });
});

describe('An artifact', () => {
  let folder: string;
  let run: string;

  before(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'gnu-mlops-artifacts-'));
    run = path.join(folder, 'run');
    mkdirSync(path.join(run, 'model'), { recursive: true });
    writeFileSync(path.join(run, 'model/MLmodel'), 'flavors: {}\n');
    writeFileSync(path.join(run, 'model.onnx'), Buffer.from([8, 0, 0, 1]));
    writeFileSync(path.join(folder, 'secret.txt'), 'secret');
    symlinkSync(path.join(folder, 'secret.txt'), path.join(run, 'link.txt'));
  });

  after(() => rmSync(folder, { recursive: true, force: true }));

  it('opens when it is a text inside the folder of its run', async () => {
    assert.match(await textArtifact(run, 'model/MLmodel'), /model\/MLmodel$/);
  });

  it('stays closed outside of it, whatever leads there', async () => {
    for (const artifact of [
      '../secret.txt',
      path.join(folder, 'secret.txt'),
      'link.txt',
      'model/../../secret.txt',
      '.',
    ]) {
      await assert.rejects(textArtifact(run, artifact), { reason: 'permission' }, artifact);
    }
  });

  it('is refused when it is no text, or missing', async () => {
    await assert.rejects(textArtifact(run, 'model.onnx'), { reason: 'unsupported' });
    await assert.rejects(textArtifact(run, 'nothing.json'), { reason: 'not-found' });
  });
});
