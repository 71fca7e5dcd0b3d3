import * as assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { ownCrontab } from '../harness/own-crontab.ts';
import { accessibilityViolations } from './axe.ts';
import { gnuMlops, useWorkbench } from './session.ts';

describe('Operations in the workbench', () => {
  const home = mkdtempSync(path.join(tmpdir(), 'gnu-mlops-home-'));
  const session = useWorkbench({ env: ownCrontab(home) });
  const operations = () => session().workbench.tree('Operations');

  before(async () => {
    const { launched, workbench } = session();
    const { folder } = launched;
    for (const step of [['train'], ['deploy', '--stage', 'staging'], ['deploy', '--stage', 'production']]) {
      await gnuMlops(step, folder);
    }
    const config = path.join(folder, 'config.yaml');
    const settings = 'batch_inference: { settle_seconds: 0, max_refused_share: 0.5 }';
    writeFileSync(config, `${readFileSync(config, 'utf8')}\n${settings}\n`);
    mkdirSync(path.join(folder, 'data/batch_input'), { recursive: true });
    await workbench.openView('MLOps');
    await workbench.widenSideBar(200);
  });

  after(() => rmSync(home, { recursive: true, force: true }));

  /** Rows without the target; the third does not fit the model. */
  function addInput(name: string): void {
    const { folder } = session().launched;
    const lines = readFileSync(path.join(folder, 'data/new_rows.csv'), 'utf8').trim().split('\n');
    lines[3] = lines[3]!.replace(/^[^,]+/, 'much');
    writeFileSync(path.join(folder, 'data/batch_input', name), `${lines.join('\n')}\n`);
  }

  it("score the input folder by the group's button, and show what was written", async () => {
    const { workbench } = session();
    addInput('monday.csv');
    await operations().press(/^Batches/, 'Run Batch');
    await workbench.notification(/Scored 1 file, \d+ rows\. 1 row refused\./).waitFor();
    await workbench.dismissNotifications();
    await operations().expand(/^Batch 1 file/);
    await operations()
      .item(/^Output of monday\.csv/)
      .waitFor();
  });

  it('take a schedule from the list of usual ones, explained before it is written, and install it', async () => {
    const { workbench, launched } = session();
    await workbench.runCommand('GNU MLOps: Add Schedule...');
    await workbench.quickInput.pick('batch-daily-13, batch');
    await workbench.quickInput.answer('nightly');
    const dialog = workbench.dialog();
    await dialog.getByText('Add the schedule nightly to config.yaml?').waitFor();
    await workbench.screenshot('schedule-dialog');
    await dialog.getByRole('button', { name: 'Add and Install...' }).click();
    await dialog.getByText('Install the schedules of config.yaml into crontab?').waitFor();
    await dialog.getByRole('button', { name: 'Install', exact: true }).click();
    await operations()
      .item(/^Schedule nightly, batch, next .*, not due yet$/)
      .waitFor();
    assert.match(readFileSync(path.join(launched.folder, 'config.yaml'), 'utf8'), /id: nightly/);
    assert.match(readFileSync(path.join(home, 'crontab'), 'utf8'), /schedule run nightly/);
    await workbench.dismissNotifications();
  });

  it("run a schedule by its row's button, and show how that ended", async () => {
    const { workbench } = session();
    addInput('tuesday.csv');
    await operations().press(/^Schedule nightly/, 'Run Schedule Now...');
    await workbench.notification(/nightly: done in/).waitFor();
    await workbench.dismissNotifications();
    await operations().expand(/^Schedule nightly/);
    await operations()
      .item(/^Firing done, just now, exit code 0/)
      .waitFor();
  });

  /** VS Code forgets which row a button belongs to while the tree is drawn anew; the command asks then. */
  async function pressOnNightly(button: string, outcome: RegExp): Promise<void> {
    const { quickInput } = session().workbench;
    await operations().press(/^Schedule nightly/, button);
    const changed = operations().item(outcome);
    const question = quickInput.option('nightly');
    await changed.or(question).first().waitFor();
    if (await question.isVisible()) await quickInput.pick('nightly');
    await changed.waitFor();
  }

  it('pause and resume it by its buttons', async () => {
    await pressOnNightly('Pause Schedule...', /^Schedule nightly, batch, paused/);
    await pressOnNightly('Resume Schedule...', /^Schedule nightly, batch, next/);
    await session().workbench.dismissNotifications();
  });

  it('say whether a retraining is due, and what an earlier one decided', async () => {
    const { workbench } = session();
    await operations()
      .item(/^Retraining: Nothing to do, Not due/)
      .waitFor();
    await operations().pressFor(/^Retraining$/, 'Retrain...', workbench.dialog());
    await workbench.dialog().getByRole('button', { name: 'Retrain Anyway' }).click();
    await operations()
      .item(/^Decision: /)
      .waitFor();
    await workbench.dismissNotifications();
    await workbench.foldViews('Experiments', 'Registry');
    await operations()
      .item(/^Firing done/)
      .first()
      .hover();
    await workbench.screenshot('operations-view');
  });

  it('preview an output with what the batch added', async () => {
    const { workbench } = session();
    await operations()
      .item(/^Output of monday\.csv/)
      .click();
    const page = await workbench.webviewFrame('monday.csv');
    await page.getByRole('heading', { level: 1, name: 'monday.csv' }).waitFor();
    await page.getByRole('columnheader', { name: /^prediction / }).scrollIntoViewIfNeeded();
    await workbench.screenshot('batch-preview');
  });

  it('keep nobody out of a preview, as far as axe can tell', async () => {
    assert.deepEqual(await accessibilityViolations(session().workbench.page), []);
  });

  it("open the log of a batch by its row's button", async () => {
    const { workbench } = session();
    await operations().press(/^Batch 1 file/, 'Show Log');
    await workbench.editorTab(/^batch-.*\.log/).waitFor();
    await workbench.page
      .getByText(/6\s+rows,\s+1\s+refused/)
      .first()
      .waitFor();
    await workbench.screenshot('log');
  });

  it('show the same preview after the window was reloaded', async () => {
    const { workbench } = session();
    const loaded = workbench.page.waitForEvent('load');
    await workbench.runCommand('Developer: Reload Window');
    await loaded;
    await workbench.ready();
    const page = await workbench.webviewFrame('monday.csv');
    await page.getByRole('heading', { level: 1, name: 'monday.csv' }).waitFor();
  });
});
