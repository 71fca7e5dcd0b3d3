import * as assert from 'node:assert/strict';
import * as vscode from 'vscode';
import { EngineTasks, TASK_TYPE } from '../../src/extension/tasks/engine-tasks.ts';
import { activated, editConfig, until } from './extension-under-test.ts';

describe('Tasks of type gnu-mlops', () => {
  before(() => activated());

  async function task(name: string): Promise<vscode.Task> {
    const tasks = await vscode.tasks.fetchTasks({ type: TASK_TYPE });
    const found = tasks.find((candidate) => candidate.name === name);
    assert.ok(found, `there is a task "${name}": ${tasks.map((each) => each.name).join()}`);
    return found;
  }

  /** Runs a task to its end; resolves to its exit code. */
  async function run(name: string): Promise<number | undefined> {
    const wanted = await task(name);
    return new Promise((resolve) => {
      const listener = vscode.tasks.onDidEndTaskProcess(({ execution, exitCode }) => {
        if (execution.task.name !== name) return;
        listener.dispose();
        resolve(exitCode);
      });
      void vscode.tasks.executeTask(wanted);
    });
  }

  it('are offered for everything that a night does', async () => {
    const tasks = await vscode.tasks.fetchTasks({ type: TASK_TYPE });
    assert.deepEqual(tasks.map(({ name }) => name).sort(), [
      'batch',
      'batch, dry run',
      'deploy to production',
      'deploy to staging',
      'install schedules',
      'list schedules',
      'retrain',
      'roll back',
      'train',
    ]);
  });

  it('run the command line that the extension brings along', async () => {
    assert.equal(await run('train'), 0);
  });

  it('list the schedules, and run what tasks.json names', async () => {
    assert.equal(await run('list schedules'), 0);
    const { session } = await activated();
    const definition = { type: TASK_TYPE, operation: 'schedule', action: 'run', schedule: 'nightly', args: ['--now'] };
    const written = new vscode.Task(definition, vscode.TaskScope.Workspace, 'tonight', TASK_TYPE);
    const provider = new EngineTasks(session.project, vscode.Uri.file('/extension'));
    const execution = provider.resolveTask(written)?.execution;
    assert.ok(execution instanceof vscode.ProcessExecution);
    assert.deepEqual(execution.args.slice(1), ['schedule', 'run', 'nightly', '--now', '--config', 'config.yaml']);
  });

  it('mark the line of config.yaml that stopped them', async () => {
    const undo = editConfig((text) => text.replace('cv_folds: 5', 'cv_folds: five'));
    try {
      assert.equal(await run('train'), 2);
      const config = vscode.Uri.joinPath(vscode.workspace.workspaceFolders![0]!.uri, 'config.yaml');
      const marked = () =>
        vscode.languages.getDiagnostics(config).filter(({ message }) => message.includes('training.cv_folds'));
      await until(() => marked().length > 0, 'the problem matcher marks the line');
      assert.equal(marked()[0]?.range.start.line, lineOf('cv_folds'));
    } finally {
      undo();
    }

    function lineOf(key: string): number {
      const open = vscode.workspace.textDocuments.find(({ uri }) => uri.path.endsWith('/config.yaml'));
      assert.ok(open);
      return open.getText().slice(0, open.getText().indexOf(key)).split('\n').length - 1;
    }
  });
});
