import * as assert from 'node:assert/strict';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { homedir } from 'node:os';
import path from 'node:path';
import * as vscode from 'vscode';
import type { ExtensionForTests } from '../../src/extension/extension.ts';
import type { OperationsNode } from '../../src/extension/views/operations-node.ts';
import type { ProjectRef } from '../../src/protocol/engine-api.ts';
import type {
  BatchResult,
  RetrainResult,
  ScheduleChangeResult,
  ScheduleInstallResult,
  ScheduleRunResult,
} from '../../src/protocol/unattended-api.ts';
import {
  type Answers,
  activated,
  commandLine,
  editConfig,
  nodeOf,
  projectOf,
  rowsOf,
  runScripted,
  ScriptedPerson,
  until,
  workspaceFolder,
} from './extension-under-test.ts';

describe('Work that runs by itself, in the editor', () => {
  let tested: ExtensionForTests;
  let project: ProjectRef;
  let configText: string;

  const configFile = () => path.join(workspaceFolder(), 'config.yaml');
  const input = (name: string) => path.join(workspaceFolder(), 'data/batch_input', name);

  before(async () => {
    tested = await activated();
    project = projectOf(tested);
    configText = readFileSync(configFile(), 'utf8');
    editConfig((text) => `${text}\nbatch_inference: { settle_seconds: 0, max_refused_share: 0.5 }\n`);
    mkdirSync(path.dirname(input('x')), { recursive: true });
    const { api } = tested.session.engine;
    const { version } = await api.train(project, {}, 'for batches');
    for (const stage of ['Staging', 'GNU_Production'] as const)
      await api.deploy(project, { stage, version, notes: '' });
  });

  after(async () => {
    writeFileSync(configFile(), configText);
    tested.answerWith(undefined);
    for (const folder of ['batch_input', 'batch_output', 'batch_archive', 'prediction_log']) {
      rmSync(path.join(workspaceFolder(), 'data', folder), { recursive: true, force: true });
    }
    await vscode.commands.executeCommand('workbench.action.closeAllEditors');
  });

  const run = <T>(command: string, answers: Answers = {}, ...args: unknown[]) => {
    return runScripted<T>(tested, command, answers, ...args);
  };

  const rows = () => rowsOf(tested.session.operations);
  const lines = async () => [...(await rows()).values()];
  const node = <Kind extends OperationsNode['kind']>(kind: Kind) =>
    nodeOf(tested.session.operations, (each): each is Extract<OperationsNode, { kind: Kind }> => each.kind === kind);

  async function report(name: string): Promise<string> {
    const uri = vscode.Uri.from({ scheme: 'gnu-mlops', path: `/${name}` });
    return (await vscode.workspace.openTextDocument(uri)).getText();
  }

  /** Rows without the target, the third of which does not fit when it is told so. */
  function newRows(count: number, spoil = false): string {
    const [header, ...all] = readFileSync(path.join(workspaceFolder(), 'data/new_rows.csv'), 'utf8').trim().split('\n');
    const chosen = Array.from({ length: count }, (_, i) => all[i % all.length]!);
    if (spoil) chosen[2] = chosen[2]!.replace(/^[^,]+/, 'much');
    return `${[header, ...chosen].join('\n')}\n`;
  }

  describe('the view', () => {
    it('says what would be where nothing is yet', async () => {
      const found = await lines();
      assert.ok(found.includes(' None yet: add one. [nothing]'), found.join('\n'));
      assert.ok(found.some((line) => /^Nothing to do Not due: the last training is 0\.0 days old/.test(line)));
    });

    it('shows a broken configuration as rows, one for each part', async () => {
      const undo = editConfig((text) => text.replace('test_size: 0.2', 'test_size: many'));
      try {
        const errors = (await lines()).filter((line) => line.endsWith('[problem]'));
        assert.equal(errors.length, 3, errors.join('\n'));
        assert.match(errors[0]!, /training\.test_size: found "many"/);
      } finally {
        undo();
      }
    });
  });

  describe('a batch', () => {
    it('shows what it would score, and writes nothing', async () => {
      writeFileSync(input('monday.csv'), newRows(20, true));
      const { result } = await run<BatchResult>('gnuMlops.batchPlan');
      assert.equal(result.status, 'dry-run');
      assert.match(await report('Batch plan.md'), /\| monday\.csv \| ready \|.*Nothing was written/s);
      assert.ok(existsSync(input('monday.csv')));
    });

    it('tells what came of it, and has a row with the file below it', async () => {
      const { result, person } = await run<BatchResult>('gnuMlops.batch');
      assert.equal(result.status, 'done');
      assert.deepEqual(person.said, ['Scored 1 file, 19 rows. 1 row refused.']);
      const found = await lines();
      assert.ok(
        found.some((line) => /^1 file, 20 rows 1 row refused · v\d+ · just now \[batch\]$/.test(line)),
        found.join('\n'),
      );
      assert.ok(found.includes('monday.csv 19 rows · 1 refused [batchOutput]'));
      assert.equal(existsSync(input('monday.csv')), false);
    });

    it('has a preview of its output: columns that were added, and rows that were refused with the reason', async () => {
      const output = await node('output');
      await run('gnuMlops.previewBatch', {}, output);
      const panel = tested.session.panels.openBatch(project, output.output.manifest, 'monday.csv');
      const { preview } = await until(() => panel.lastState, 'the page has said ready and got a snapshot');
      assert.deepEqual(preview.output.columns.slice(preview.inputColumns, preview.inputColumns + 2), [
        'prediction',
        'probability',
      ]);
      assert.deepEqual([preview.inputColumns, preview.output.rows.length, preview.output.total], [30, 19, 19]);
      assert.deepEqual(preview.refused?.columns, ['line', 'reason', 'row']);
      assert.match(preview.refused?.rows[0]?.join(' ') ?? '', /^4 .*mean_radius.*"much"/);
      assert.equal(preview.manifest.input.name, 'monday.csv');
    });

    it('opens its log', async () => {
      const { result } = await run<string>('gnuMlops.openLog', {}, await node('batch'));
      assert.match(result, /logs[/\\]batch-.*\.log$/);
      assert.match(await report(path.basename(result)), /monday\.csv: 20 rows, 1 refused/);
    });

    it('tells which file failed, and leaves it', async () => {
      writeFileSync(input('broken.csv'), 'a,b\n1,2\n');
      const { result, person } = await run<BatchResult>('gnuMlops.batch');
      assert.equal(result.status, 'failed');
      assert.match(person.said[0] ?? '', /Scored 0 files, 0 rows\. broken\.csv failed: The input lacks the columns/);
      assert.ok((await lines()).some((line) => /^broken\.csv The input lacks .*\[batchFailure\]$/.test(line)));
      rmSync(input('broken.csv'));
    });

    it('says so when there is nothing to score', async () => {
      const { person } = await run<BatchResult>('gnuMlops.batch');
      assert.deepEqual(person.said, ['There is nothing to score in the input folder.']);
    });

    it('previews only the beginning of a large output, and says how much there is', async () => {
      const file = path.join(workspaceFolder(), 'large.csv');
      writeFileSync(file, newRows(1500));
      const { result } = await run<BatchResult>('gnuMlops.batchFile', { file: vscode.Uri.file(file) });
      const manifest = result.files[0]!.output!.replace(/\.csv$/, '.manifest.json');
      const { output } = await tested.session.engine.api.batchPreview(project, manifest);
      assert.deepEqual([output.rows.length, output.total], [1000, 1500]);
    });

    it('opens nothing but what lies beside a manifest', async () => {
      const folder = path.join(workspaceFolder(), 'data/batch_output');
      const name = readdirSync(folder).find((each) => each.endsWith('.manifest.json'))!;
      const forged = JSON.parse(readFileSync(path.join(folder, name), 'utf8')) as Record<string, unknown>;
      const file = path.join(folder, 'forged.manifest.json');
      writeFileSync(file, JSON.stringify({ ...forged, output: '../../config.yaml', refused_file: null }));
      await assert.rejects(tested.session.engine.api.batchPreview(project, file), { reason: 'not-found' });
      writeFileSync(file, '[]');
      await assert.rejects(tested.session.engine.api.batchPreview(project, file), { reason: 'invalid-data' });
      rmSync(file);
    });
  });

  describe('a retraining', () => {
    it('shows what it would do and why', async () => {
      const { result } = await run<RetrainResult>('gnuMlops.retrainPlan');
      assert.equal(result.status, 'nothing-to-do');
      assert.match(await report('Retraining plan.md'), /# Retraining: Nothing to do\..*Not due: the last training/s);
    });

    it('shows trouble in production that it leaves to a person', async () => {
      const stored = path.join(workspaceFolder(), 'mlruns');
      const models = readdirSync(stored, { recursive: true, encoding: 'utf8' })
        .filter((name) => path.basename(name) === 'model.onnx')
        .map((name) => path.join(stored, name));
      for (const file of models) renameSync(file, `${file}.away`);
      // A plan is kept until the store or the configuration changes.
      const undo = editConfig((text) => `${text}\n# looked at anew\n`);
      try {
        const found = await lines();
        const row = found.find((line) => line.startsWith('Production needs somebody'));
        assert.match(row ?? found.join('\n'), /Version \d+ in production: .*model\.onnx.*; .*\[retraining\.notDue\]/);
      } finally {
        for (const file of models) renameSync(`${file}.away`, file);
        undo();
      }
    });

    it('asks with the reason before it is forced, and leaves its decision as a row', async () => {
      const dismissed = await run<RetrainResult | undefined>('gnuMlops.retrain');
      assert.equal(dismissed.result, undefined);
      const { result, person } = await run<RetrainResult>('gnuMlops.retrain', { confirm: ['Retrain Anyway'] });
      assert.match(person.confirmed[0]?.detail ?? '', /Not due: the last training is/);
      assert.match(result.status, /^(kept-production|waiting)$/);
      assert.match(person.said[0] ?? '', /^(Production stays|A better model waits)/);
      const decision = await node('decision');
      const { operations } = tested.session;
      assert.match(String(operations.getTreeItem(decision).description), /^v\d+ against v\d+ · just now$/);
      assert.equal((await run<string>('gnuMlops.openRun', {}, decision)).result, decision.summary.run.runId);
    });
  });

  describe('a schedule', () => {
    const crontab = () => path.join(homedir(), 'crontab');
    const schedule = async () => (await rows()).get('schedule:nightly') ?? '';

    it('is added after its expression was explained, and is not installed yet', async () => {
      const { result, person } = await run<ScheduleChangeResult>('gnuMlops.scheduleAdd', {
        pick: ['own', 'batch', 'Europe/Berlin'],
        ask: ['30 2 * * *', 'nightly'],
        confirm: ['Add'],
      });
      assert.equal(result.status, 'added');
      assert.match(person.confirmed[0]?.detail ?? '', /At 02:30.*The next times:\n(.*02:30.*\n){4}/s);
      assert.match(readFileSync(configFile(), 'utf8'), /id: nightly/);
      assert.match(
        await schedule(),
        /^nightly batch · next .*02:30 .* · not due yet · not installed \[schedule\.enabled\]$/,
      );
      assert.ok((await lines()).includes('Not installed: nothing starts it. undefined [scheduleRemark]'));
    });

    it('is checked while it is written', async () => {
      const checks: (string | null)[] = [];
      const person = new ScriptedPerson({ pick: ['own', 'batch', 'UTC'] });
      tested.answerWith({
        ...person.dialogs,
        ask: async ({ check }) => {
          for (const answer of ['0 25 * * *', '@daily']) checks.push((await check?.(answer)) ?? null);
          return undefined;
        },
      });
      await vscode.commands.executeCommand('gnuMlops.scheduleAdd');
      assert.match(checks[0] ?? '', /25/);
      assert.equal(checks[1], null);
    });

    it('is installed after the plan was shown', async () => {
      const dismissed = await run('gnuMlops.scheduleInstall');
      assert.match(dismissed.person.confirmed[0]?.detail ?? '', /add nightly:\n.* schedule run nightly --config /);
      assert.equal(existsSync(crontab()), false);
      const { result } = await run<ScheduleInstallResult>('gnuMlops.scheduleInstall', { confirm: ['Install'] });
      assert.equal(result.status, 'installed');
      assert.match(readFileSync(crontab(), 'utf8'), /schedule run nightly .*# gnu-mlops:/);
      assert.match(await schedule(), /· not due yet \[schedule\.enabled\]$/);
      const { person } = await run('gnuMlops.scheduleInstall');
      assert.deepEqual(person.said, ['What is installed is what config.yaml says (crontab).']);
    });

    it('is paused and goes on by its buttons', async () => {
      await run('gnuMlops.schedulePause', {}, await node('schedule'));
      assert.match(await schedule(), /· paused · .*\[schedule\.paused\]$/);
      await run('gnuMlops.scheduleResume', {}, await node('schedule'));
      assert.match(await schedule(), /· next .*\[schedule\.enabled\]$/);
    });

    it('runs now, and the firing has a row that opens its log', async () => {
      writeFileSync(input('tuesday.csv'), newRows(5));
      const { result, person } = await run<ScheduleRunResult>('gnuMlops.scheduleRun', {}, await node('schedule'));
      assert.deepEqual([result.status, result.exit_code], ['done', 0]);
      assert.match(person.said[0] ?? '', /^nightly: done in /);
      const firing = await node('firing');
      assert.match(String(tested.session.operations.getTreeItem(firing).description), /^just now · exit code 0 · /);
      const { result: log } = await run<string>('gnuMlops.openLog', {}, firing);
      assert.match(await report(path.basename(log)), /nightly: batch, due/);
    });

    it('that another process runs shows without being asked', async () => {
      await vscode.commands.executeCommand('gnuMlops.operations.focus');
      const { operations } = tested.session;
      await until(() => operations.tree.visible, 'the view is visible');
      const known = (await lines()).filter((line) => line.includes('[firing.logged]')).length;
      let shown = known;
      const listener = operations.onDidChangeTreeData(async () => {
        shown = (await lines()).filter((line) => line.includes('[firing.logged]')).length;
      });
      try {
        assert.equal(await commandLine(['schedule', 'run', 'nightly', '--now']), 0);
        await until(() => shown > known, 'the view shows the firing of the other process');
      } finally {
        listener.dispose();
      }
    });

    it('that failed says so with its exit code, and on the icon of the activity bar', async () => {
      const folder = path.dirname(input('x'));
      rmSync(folder, { recursive: true });
      const person = new ScriptedPerson();
      tested.answerWith(person.dialogs);
      await vscode.commands.executeCommand('gnuMlops.scheduleRun', await node('schedule'));
      mkdirSync(folder);
      assert.equal(person.complaints.length, 1);
      assert.match(await schedule(), / · failed just now/);
      assert.ok((await lines()).some((line) => /^failed just now · exit code 4 /.test(line)));
      assert.equal(tested.session.operations.tree.badge?.value, 1);
    });

    it('is told apart from what is installed, and what config.yaml lost is told too', async () => {
      const undo = editConfig((text) => text.replace('30 2 * * *', '20 3 * * *'));
      assert.match(await schedule(), / · installed one differs /);
      assert.ok((await lines()).some((line) => line.startsWith('Installed in crontab is not what config.yaml says.')));
      undo();
      await run('gnuMlops.scheduleRemove', { confirm: ['Remove'] }, await node('schedule'));
      assert.equal(await schedule(), '');
      assert.ok((await lines()).some((line) => line.startsWith('nightly is in crontab, but not in config.yaml any')));
      await run('gnuMlops.scheduleUninstall', { confirm: ['Take Out'] });
      assert.equal(readFileSync(crontab(), 'utf8').trim(), '');
    });

    it('that was due and never started is shown as such', async () => {
      const undo = editConfig(
        () => `${configText}\nschedules:\n  - { id: forgotten, operation: batch, cron: "* * * * *" }\n`,
      );
      const hoursAgo = new Date(Date.now() - 7_200_000);
      utimesSync(configFile(), hoursAgo, hoursAgo);
      try {
        const found = await rows();
        assert.match(
          found.get('schedule:forgotten') ?? [...found.values()].join('\n'),
          / · never fired \[schedule\.enabled\]$/,
        );
        assert.ok([...found.values()].some((line) => line.startsWith('Was due and never fired: it is not installed.')));
      } finally {
        undo();
      }
    });
  });

  it('is refused in a workspace that is not trusted, where looking goes on', async () => {
    const { api } = tested.session.engine;
    const untrusted = { ...project, trusted: false };
    const schedule = { id: 'x', operation: 'batch', cron: '0 1 * * *' } as const;
    const refused = { reason: 'untrusted-workspace' };
    await assert.rejects(api.batch(untrusted, {}, '1'), refused);
    await assert.rejects(api.retrain(untrusted, { force: true }, '2'), refused);
    await assert.rejects(api.runSchedule(untrusted, 'x', '3'), refused);
    await assert.rejects(api.addSchedule(untrusted, schedule), refused);
    await assert.rejects(api.installSchedules(untrusted, {}), refused);
    assert.deepEqual((await api.schedules(untrusted)).schedules, []);
  });

  it('has a launcher that the command "Install Command Line" writes', async () => {
    const { result, person } = await run<string>('gnuMlops.installCommandLine');
    assert.equal(result, path.join(homedir(), '.local/share/gnu-mlops/bin/gnu-mlops'));
    assert.match(readFileSync(result, 'utf8'), /gnu-mlops\.js/);
    assert.match(person.said[0] ?? '', /^Wrote .*gnu-mlops: it runs gnu-mlops/);
  });
});
