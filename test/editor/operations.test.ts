import * as assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import * as vscode from 'vscode';
import type { ExtensionForTests } from '../../src/extension/extension.ts';
import type {
  CopyResult,
  InfoResult,
  PredictResult,
  TrainResult,
  ValidateResult,
} from '../../src/protocol/engine-api.ts';
import {
  type Answers,
  activated,
  runScripted,
  ScriptedPerson,
  until,
  workspaceFolder,
} from './extension-under-test.ts';

describe('Commands', () => {
  let tested: ExtensionForTests;
  let trained: TrainResult;

  before(async () => {
    tested = await activated();
    tested.answerWith(new ScriptedPerson().dialogs);
    trained = await vscode.commands.executeCommand<TrainResult>('gnuMlops.train');
  });

  afterEach(async () => {
    tested.answerWith(undefined);
    await vscode.commands.executeCommand('workbench.action.closeAllEditors');
  });

  const run = <T>(command: string, answers: Answers = {}, ...args: unknown[]) => {
    return runScripted<T>(tested, command, answers, ...args);
  };

  /** The text of a report that is open as a page. */
  async function report(name: string): Promise<string> {
    const document = await vscode.workspace.openTextDocument(
      vscode.Uri.from({ scheme: 'gnu-mlops', path: `/${name}` }),
    );
    return document.getText();
  }

  it('validate: shows every check with what to do', async () => {
    const { result } = await run<ValidateResult>('gnuMlops.validate');
    assert.deepEqual(
      result.checks.filter(({ status }) => status === 'error'),
      [],
    );
    assert.match(await report('Set-up check.md'), /\| data \| ok \| .*569 rows/);
  });

  it('info: tells who is in production, and the history', async () => {
    const { result } = await run<InfoResult>('gnuMlops.info');
    assert.equal(result.model_name, 'gnu_mlops_model');
    assert.match(await report('gnu_mlops_model in production.md'), /\*\*GNU_Production\*\*: .*## History/s);
  });

  it('info on a date: tells what was there then', async () => {
    const { result } = await run<InfoResult>('gnuMlops.infoAt', { ask: ['2020-01-01'] });
    assert.equal(result.stages.GNU_Production, null);
    assert.match(result.at ?? '', /^20(19|20)-/);
  });

  it('runs: finds by a filter and opens the run that is picked', async () => {
    const summary = { run: { runId: trained.run_id, name: 'found' } };
    const { result } = await run<string>('gnuMlops.runs', { ask: ['metrics.accuracy > 0.5'], pick: [summary] });
    assert.equal(result, trained.run_id);
  });

  it('runs: says where a filter is wrong', async () => {
    const person = new ScriptedPerson({ ask: ['metrics.accuracy >'] });
    tested.answerWith(person.dialogs);
    await vscode.commands.executeCommand('gnuMlops.runs');
    assert.equal(person.complaints.length, 1);
    assert.match(person.complaints[0] ?? '', /metrics\.accuracy >/);
  });

  it('compare: opens runs side by side, and wants two at least', async () => {
    const second = await run<TrainResult>('gnuMlops.train');
    const picked = [trained.run_id, second.result.run_id].map((runId) => ({ run: { runId } }));
    const { result } = await run<string[]>('gnuMlops.compare', { pick: [picked] });
    assert.deepEqual(result, [trained.run_id, second.result.run_id]);
    const person = new ScriptedPerson({ pick: [picked.slice(1)] });
    tested.answerWith(person.dialogs);
    await vscode.commands.executeCommand('gnuMlops.compare');
    assert.match(person.complaints[0] ?? '', /2 to 50 runs can be compared; 1 were chosen/);
  });

  it('predict: scores a row from a form of the signature', async () => {
    const names = readFileSync(path.join(workspaceFolder(), 'data/train.csv'), 'utf8').split('\n')[0]!.split(',');
    const values = names.filter((name) => name !== 'diagnosis').map(() => '1');
    const { result, person } = await run<PredictResult>('gnuMlops.predict', { pick: ['form'], ask: values });
    assert.equal(person.asked.length, 30);
    assert.match(person.asked[0] ?? '', /1 of 30\): .*: double/);
    assert.match(person.said[0] ?? '', /^(benign|malignant), \d+\.\d %/);
    assert.equal(result.predictions.length, 1);
  });

  it('predict: says which column of a JSON row is wrong', async () => {
    const person = new ScriptedPerson({ pick: ['json'], ask: ['{"mean_radius": "big"}'] });
    tested.answerWith(person.dialogs);
    await vscode.commands.executeCommand('gnuMlops.predict');
    assert.match(person.complaints[0] ?? '', /The input lacks the columns "/);
  });

  it('predict: scores a file into another', async () => {
    const [file, output] = ['data/train.csv', 'predictions/all.csv'].map((name) => path.join(workspaceFolder(), name));
    const answers = { pick: ['file'], file: vscode.Uri.file(file!), target: vscode.Uri.file(output!) };
    const { result } = await run<PredictResult>('gnuMlops.predict', answers);
    assert.equal(result.predictions.length, 569);
    assert.equal(readFileSync(output!, 'utf8').trimEnd().split('\n').length, 570);
  });

  it('dataset: writes training and test rows, and replaces none unasked', async () => {
    const folder = path.join(workspaceFolder(), 'data');
    const before = readFileSync(path.join(folder, 'train.csv'), 'utf8');
    const { result, person } = await run('gnuMlops.dataset', { ask: ['100', '4', '2'] });
    assert.equal(result, undefined);
    assert.match(person.confirmed[0]?.message ?? '', /Replace the data\?/);
    assert.equal(readFileSync(path.join(folder, 'train.csv'), 'utf8'), before);
  });

  it('init: keeps what is there', async () => {
    const config = path.join(workspaceFolder(), 'config.yaml');
    const before = readFileSync(config, 'utf8');
    const { result } = await run<{ kept: string[]; created: string[] }>('gnuMlops.init', { confirm: ['Keep'] });
    assert.ok(result.kept.includes('config.yaml'));
    assert.equal(readFileSync(config, 'utf8'), before);
    assert.ok(existsSync(path.join(workspaceFolder(), 'config.local.yaml')));
  });

  it('select configuration: everything speaks of the one that is chosen', async () => {
    const { project } = tested.session;
    const [main, local] = [
      path.join(workspaceFolder(), 'config.yaml'),
      path.join(workspaceFolder(), 'config.local.yaml'),
    ];
    await run('gnuMlops.selectConfig', { pick: [vscode.Uri.file(local)] });
    assert.equal(project.ref?.configFile, local);
    await until(() => tested.statusBar.text.includes('nothing in production'), 'the status bar follows');
    const { person } = await run('gnuMlops.projectMenu', { pick: [vscode.Uri.file(main)] });
    assert.ok(
      person.offered.some((label) => /Switch to config\.yaml \(SQLite\)/.test(label)),
      person.offered.join(),
    );
    await until(() => / · SQLite$/.test(tested.statusBar.text), 'the status bar shows the back end');
    assert.equal(project.ref?.configFile, main);
    rmSync(local);
    await until(() => project.files.length === 1, 'the file that was removed is forgotten');
  });

  it('logs: shows what a run wrote', async () => {
    const { result } = await run<string>('gnuMlops.logs', { pick: [trained.run_id] });
    assert.match(result, /logs[/\\]train-.*\.log$/);
    assert.match(
      await report(path.basename(result)),
      new RegExp(`Registered gnu_mlops_model version ${trained.version}`),
    );
  });

  it('clean: removes old logs and caches after telling which', async () => {
    const cache = path.join(workspaceFolder(), '.gnu-mlops/cache');
    mkdirSync(cache, { recursive: true });
    writeFileSync(path.join(cache, 'old'), 'x');
    const { person } = await run('gnuMlops.clean');
    assert.match(person.confirmed[0]?.detail ?? '', /cache.old/);
    assert.ok(existsSync(path.join(cache, 'old')));
    const { result } = await run<string[]>('gnuMlops.clean', { confirm: ['Remove'] });
    assert.equal(result.length, 1);
    assert.equal(existsSync(path.join(cache, 'old')), false);
  });

  it('copy: tells what would be copied, copies it, and says when all is there', async () => {
    const target = 'sqlite:///copied.db';
    const copied = path.join(workspaceFolder(), 'copied.db');
    const { person } = await run('gnuMlops.copy', { ask: [target] });
    assert.match(person.confirmed[0]?.detail ?? '', /breast_cancer: \d+ runs?\n.*gnu_mlops_model: versions? /s);
    assert.equal(existsSync(copied), false);
    const { result } = await run<CopyResult>('gnuMlops.copy', { ask: [target], confirm: ['Copy'] });
    assert.equal(result.status, 'copied');
    assert.ok(existsSync(copied));
    const again = await run('gnuMlops.copy', { ask: [target] });
    assert.match(again.person.said.join(), /Everything is in .*copied\.db already/);
    await moveAlias('GNU_Production', trained.version, 'copied.db');
    const kept = await run('gnuMlops.copy', { ask: [target] });
    assert.deepEqual(kept.person.confirmed, []);
    assert.match(
      kept.person.said.join(),
      /Nothing more can be copied to .*copied\.db\. .*somebody else put GNU_Production at version/,
    );
    rmSync(copied);
  });

  it('repair: shows what another tool moved as a row, adopts it, and moves it back', async () => {
    await run('gnuMlops.deployStaging', { confirm: ['Deploy'], ask: [''] }, { version: trained.version });
    await moveAlias('Staging', null);
    assert.match((await outsideRows())[0] ?? '', /Staging was changed outside: no version holds it/);
    await run('gnuMlops.restore', { ask: ['a mistake'] });
    assert.deepEqual(await outsideRows(), []);
    assert.equal(await holderOfStaging(), trained.version);
    await moveAlias('Staging', null);
    await run('gnuMlops.adopt', { ask: ['on purpose'] });
    assert.deepEqual(await outsideRows(), []);
    assert.equal(await holderOfStaging(), undefined);
    const { person } = await run('gnuMlops.repair', { pick: ['finish'] });
    assert.deepEqual(person.said, ['There is nothing to repair.']);
  });

  it('load more: shows the next page', async () => {
    const settings = vscode.workspace.getConfiguration();
    const { registry } = tested.session;
    await settings.update('gnuMlops.runsPerPage', 1, vscode.ConfigurationTarget.Global);
    try {
      const versions = async () => {
        const [model] = await registry.getChildren();
        const groups = await registry.getChildren(model);
        return registry.getChildren(groups.find(({ kind }) => kind === 'versions'));
      };
      const first = await versions();
      assert.deepEqual(
        first.map(({ kind }) => kind),
        ['version', 'more'],
      );
      await run('gnuMlops.loadMore', {}, first[1]);
      assert.deepEqual(
        (await versions()).slice(0, 2).map(({ kind }) => kind),
        ['version', 'version'],
      );
    } finally {
      await settings.update('gnuMlops.runsPerPage', undefined, vscode.ConfigurationTarget.Global);
    }
  });

  async function outsideRows(): Promise<string[]> {
    const { registry } = tested.session;
    const [model] = await registry.getChildren();
    const children = await registry.getChildren(model);
    return children.flatMap((node) =>
      node.kind === 'outside' ? [String(registry.getTreeItem(node).description)] : [],
    );
  }

  async function holderOfStaging(): Promise<string | undefined> {
    const [model] = await tested.session.registry.getChildren();
    return model?.kind === 'model' ? model.model.stages.Staging?.version : undefined;
  }

  /** As another tool does it: in a process of its own, without an event. */
  async function moveAlias(alias: string, version: string | null, file = 'mlflow.db'): Promise<void> {
    const script = `
      const { DatabaseSync } = require('node:sqlite');
      const database = new DatabaseSync('${file}');
      database.exec('PRAGMA busy_timeout = 10000');
      database.prepare('DELETE FROM registered_model_aliases WHERE alias = ?').run('${alias}');
      if (${version !== null}) database.prepare('INSERT INTO registered_model_aliases (name, alias, version) VALUES (?, ?, ?)').run('gnu_mlops_model', '${alias}', ${version});
      database.close();`;
    const child = spawn(process.execPath, ['-e', script], {
      cwd: workspaceFolder(),
      env: { ...process.env, ELECTRON_RUN_AS_NODE: '1' },
      stdio: 'ignore',
    });
    assert.equal(await new Promise((resolve) => child.once('exit', resolve)), 0);
  }
});
