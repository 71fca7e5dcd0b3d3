import * as assert from 'node:assert/strict';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import * as vscode from 'vscode';
import type { ExtensionForTests } from '../../src/extension/extension.ts';
import type { ProjectRef, RunSummary, TrainResult } from '../../src/protocol/engine-api.ts';
import {
  activated,
  commandLine,
  editConfig,
  printMeasurement,
  projectOf,
  ScriptedPerson,
  until,
} from './extension-under-test.ts';

describe('Training in the editor', () => {
  let tested: ExtensionForTests;
  let project: ProjectRef;

  before(async () => {
    tested = await activated();
    project = projectOf(tested);
  });

  afterEach(() => tested.answerWith(undefined));

  async function runs(): Promise<RunSummary[]> {
    const { api } = tested.session.engine;
    const own = (await api.experiments(project)).find(({ kind }) => kind === 'training');
    return own === undefined ? [] : (await api.runs(project, { experimentId: own.experimentId, limit: 1000 })).runs;
  }

  async function runNodes() {
    const { experiments } = tested.session;
    const nodes = await experiments.getChildren();
    const own = nodes.find((node) => node.kind === 'experiment' && node.experiment.kind === 'training');
    return own === undefined ? [] : experiments.getChildren(own);
  }

  /** Names of the rows below the project's experiment. */
  async function rows(): Promise<string[]> {
    const { experiments } = tested.session;
    return (await runNodes()).map((node) => {
      const item = experiments.getTreeItem(node);
      return `${item.label} ${item.description} [${item.contextValue}]`;
    });
  }

  it('registers a version and shows the run with its main metric, while the host stays free', async () => {
    const person = new ScriptedPerson();
    tested.answerWith(person.dialogs);
    const delay = monitorEventLoopDelay({ resolution: 1 });
    delay.enable();
    const result = await vscode.commands.executeCommand<TrainResult>('gnuMlops.train');
    delay.disable();
    printMeasurement(`longest block of the extension host while training: ${(delay.max / 1e6).toFixed(1)} ms`);
    assert.match(result.run_id, /^[0-9a-f]{32}$/);
    assert.match(
      person.said[0] ?? '',
      new RegExp(`Trained gnu_mlops_model version ${result.version} in .*accuracy 0\\.9`),
    );
    const [newest] = await rows();
    assert.match(newest ?? '', new RegExp(`accuracy 0\\.9.* · v${result.version} · just now \\[run\\.FINISHED\\]`));
  });

  it('shows no more of a run than its row needs, and the rest when somebody points at it', async () => {
    const { experiments } = tested.session;
    const [node] = await runNodes();
    assert.equal(node?.kind, 'run');
    assert.deepEqual(Object.keys(node.summary.run.metrics), ['accuracy']);
    assert.deepEqual(node.summary.run.params, {});
    const item = experiments.getTreeItem(node);
    assert.equal(item.tooltip, undefined);
    const { tooltip } = await experiments.resolveTreeItem(item, node);
    assert.match((tooltip as vscode.MarkdownString).value, /roc\\_auc.*n\\_estimators/s);
  });

  it('tells of its progress, and leaves the run KILLED when it is cancelled', async () => {
    const undo = editConfig((text) => text.replace('n_estimators: 100', 'n_estimators: 20000'));
    try {
      const { engine } = tested.session;
      const controller = new AbortController();
      const phases = new Set<string>();
      const training = engine.request((id) => engine.api.train(project, { runName: 'to be cancelled' }, id), {
        signal: controller.signal,
        onProgress: ({ phase, done }) => {
          phases.add(phase);
          if (done > 0) controller.abort();
        },
      });
      await assert.rejects(training, { reason: 'cancelled' });
      assert.ok(phases.has('Cross-validating'), [...phases].join());
      const killed = (await runs()).find(({ run }) => run.name === 'to be cancelled');
      assert.equal(killed?.run.status, 'KILLED');
      assert.ok((await rows()).some((row) => /^to be cancelled killed .*\[run\.KILLED\]/.test(row)));
    } finally {
      undo();
    }
  });

  it('shows a run that another process made, without being asked', async () => {
    await vscode.commands.executeCommand('gnuMlops.experiments.focus');
    const { experiments } = tested.session;
    await until(() => experiments.tree.visible, 'the view is visible');
    const known = (await rows()).length;
    let shown = known;
    const listener = experiments.onDidChangeTreeData(async () => {
      shown = (await rows()).length;
    });
    try {
      assert.equal(await commandLine(['train', '--run-name', 'from outside']), 0);
      await until(() => shown > known, 'the view shows the run of the other process');
    } finally {
      listener.dispose();
    }
  });

  it('refuses in a workspace that is not trusted, where reading goes on', async () => {
    const { api } = tested.session.engine;
    const untrusted = { ...project, trusted: false };
    const before = (await runs()).length;
    await assert.rejects(api.train(untrusted, {}, 'untrusted'), { reason: 'untrusted-workspace' });
    await assert.rejects(api.deploy(untrusted, { stage: 'Staging' }), { reason: 'untrusted-workspace' });
    assert.ok((await api.models(untrusted)).length > 0);
    assert.equal((await runs()).length, before);
  });

  it('shows errors of the configuration as rows, and one message', async () => {
    const undo = editConfig((text) => text.replace('test_size: 0.2', 'test_size: many'));
    const person = new ScriptedPerson();
    tested.answerWith(person.dialogs);
    try {
      assert.equal(await vscode.commands.executeCommand('gnuMlops.train'), undefined);
      assert.equal(person.complaints.length, 1);
      assert.match(
        person.complaints[0] ?? '',
        /config\.yaml:\d+:\d+: training\.test_size: found "many"; expected a number/,
      );
      const [row] = await tested.session.experiments.getChildren();
      assert.equal(row?.kind, 'problem');
      assert.match(String(row && tested.session.experiments.getTreeItem(row).tooltip), /test_size/);
    } finally {
      undo();
    }
  });

  it('says once that the engine died, starts it again, and the next command tidies up', async () => {
    const undo = editConfig((text) => text.replace('n_estimators: 100', 'n_estimators: 20000'));
    const person = new ScriptedPerson();
    tested.answerWith(person.dialogs);
    const { engine } = tested.session;
    try {
      const training = vscode.commands.executeCommand('gnuMlops.train');
      await until(async () => (await runs())[0]?.run.status === 'RUNNING', 'the training runs');
      const { pid } = engine;
      assert.ok(pid);
      process.kill(pid, 'SIGKILL');
      assert.equal(await training, undefined);
      assert.deepEqual(person.complaints, ['The engine process ended with SIGKILL; the next command starts it again.']);
      assert.match((await rows())[0] ?? '', /no sign of life .*\[run\.stale\]/);
    } finally {
      undo();
    }
    const [abandoned] = await runs();
    assert.ok(await vscode.commands.executeCommand('gnuMlops.train'), person.complaints.join());
    const found = (await runs()).find(({ run }) => run.runId === abandoned?.run.runId);
    assert.equal(found?.run.status, 'KILLED');
  });
});
