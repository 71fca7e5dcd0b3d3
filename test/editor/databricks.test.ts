import * as assert from 'node:assert/strict';
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import * as vscode from 'vscode';
import type { ExtensionForTests } from '../../src/extension/extension.ts';
import type {
  DatabricksDeployResult,
  DatabricksSetupResult,
  DatabricksStatusResult,
} from '../../src/protocol/databricks-api.ts';
import { DatabricksEmulator } from '../harness/databricks/emulator.ts';
import {
  type Answers,
  activated,
  editConfig,
  projectOf,
  runScripted,
  workspaceFolder,
} from './extension-under-test.ts';

const STORE = 'on-databricks.db';

describe('A project on Databricks, in the editor', () => {
  let tested: ExtensionForTests;
  let emulator: DatabricksEmulator;
  let configText: string;
  const configFile = () => path.join(workspaceFolder(), 'config.yaml');

  before(async () => {
    tested = await activated();
    emulator = await DatabricksEmulator.start();
    configText = readFileSync(configFile(), 'utf8');
    // A token in config.yaml would be refused: setup uploads that file.
    await tested.session.engine.api.useCredentials(projectOf(tested), {
      [emulator.url]: { DATABRICKS_TOKEN: emulator.workspace.token },
    });
    const settings = `{ host: "${emulator.url}", volume: main.ml.gnu_mlops }`;
    // A store of its own: what is in production for the other tests is none of ours.
    const inOwnStore = configText.replace(/tracking_uri: .*/, `tracking_uri: sqlite:///${STORE}`);
    assert.notEqual(inOwnStore, configText);
    editConfig(() => `${inOwnStore}\ndatabricks: ${settings}\n`);
  });

  after(async () => {
    await tested.session.engine.api.useCredentials(projectOf(tested), null);
    writeFileSync(configFile(), configText);
    tested.answerWith(undefined);
    await vscode.commands.executeCommand('workbench.action.closeAllEditors');
    for (const name of readdirSync(workspaceFolder()).filter((each) => each.startsWith(STORE))) {
      rmSync(path.join(workspaceFolder(), name));
    }
    await emulator.stop();
    assert.deepEqual(emulator.violations, []);
  });

  const run = <T>(command: string, answers: Answers = {}) => runScripted<T>(tested, command, answers);

  async function report(): Promise<string> {
    const uri = vscode.Uri.from({ scheme: 'gnu-mlops', path: '/Databricks.md' });
    return (await vscode.workspace.openTextDocument(uri)).getText();
  }

  it('is set up after a question that shows every step, and only then', async () => {
    const { workspace } = emulator;
    const refused = await run<DatabricksSetupResult>('gnuMlops.databricksSetup');
    assert.equal(refused.result.status, 'dry-run');
    assert.equal(workspace.workspaceFiles.size, 0);
    const [question] = refused.person.confirmed;
    assert.equal(question!.message, `Set up the project on ${emulator.url}?`);
    for (const { kind, name } of refused.result.steps) assert.ok(question!.detail.includes(`create ${kind} ${name}:`));

    const { result, person } = await run<DatabricksSetupResult>('gnuMlops.databricksSetup', { confirm: ['Set Up'] });
    assert.equal(result.status, 'done');
    assert.match(person.said.join(), /^(\d+) of \1 things were made, updated or removed/);
    assert.ok(workspace.workspaceFiles.has('/Shared/gnu_mlops/config.yaml'));
    assert.ok([...workspace.files.keys()].some((file) => /\/program\/[^/]+\/bin\/gnu-mlops\.js$/.test(file)));

    const again = await run<DatabricksSetupResult>('gnuMlops.databricksSetup');
    assert.deepEqual([again.result.status, again.person.confirmed], ['unchanged', []]);
    assert.match(again.person.said.join(), /Everything is on .* already/);
  });

  it('gets the version in production that was shown', async () => {
    const { api } = tested.session.engine;
    const project = projectOf(tested);
    const { version, model_name: model } = await api.train(project, {}, 'for Databricks');
    for (const stage of ['Staging', 'GNU_Production'] as const)
      await api.deploy(project, { stage, version, notes: '' });
    const { result, person } = await run<DatabricksDeployResult>('gnuMlops.databricksDeploy', { confirm: ['Deploy'] });
    assert.deepEqual([result.status, result.version], ['done', version]);
    assert.equal(person.confirmed[0]!.message, `Deploy version ${version} of ${model} on ${emulator.url}?`);
    assert.ok(emulator.workspace.files.has(`/Volumes/main/ml/gnu_mlops/models/${model}/${version}/MLmodel`));
  });

  it('shows what is there as a page, and asks nobody in a workspace that is not trusted', async () => {
    const { result } = await run<DatabricksStatusResult>('gnuMlops.databricksStatus');
    assert.equal(result.volume?.exists, true);
    assert.match(await report(), /\| Volume \| \/Volumes\/main\/ml\/gnu\\?_mlops \|/);
    const asked = emulator.requests.length;
    const { api } = tested.session.engine;
    const stranger = { ...projectOf(tested), trusted: false };
    await assert.rejects(api.databricksStatus(stranger, 'status'), { reason: 'untrusted-workspace' });
    await assert.rejects(api.databricksSetup(stranger, { dryRun: true }, 'setup'), { reason: 'untrusted-workspace' });
    await assert.rejects(api.databricksDeploy(stranger, { dryRun: true }, 'deploy'), { reason: 'untrusted-workspace' });
    assert.equal(emulator.requests.length, asked);
  });
});
