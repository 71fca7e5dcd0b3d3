import * as assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { useWorkbench } from './session.ts';

describe('The main job in the workbench', () => {
  const session = useWorkbench();

  const registry = () => session().workbench.tree('Registry');
  const experiments = () => session().workbench.tree('Experiments');

  /** Changes config.yaml as another editor would. */
  function editConfig(from: string, to: string): void {
    const file = path.join(session().launched.folder, 'config.yaml');
    const text = readFileSync(file, 'utf8');
    assert.ok(text.includes(from), `config.yaml holds ${from}`);
    writeFileSync(file, text.replace(from, to));
  }

  async function train(): Promise<void> {
    const { workbench } = session();
    await workbench.runCommand('GNU MLOps: Train');
    await workbench.notification(/Trained gnu_mlops_model version/).waitFor();
    await workbench.dismissNotifications();
  }

  it('says what to do where nothing has been trained yet', async () => {
    const { workbench } = session();
    await workbench.openView('MLOps');
    await workbench.widenSideBar(100);
    await workbench.page.getByRole('button', { name: 'Train', exact: true }).first().waitFor();
    await workbench.screenshot('welcome-view');
  });

  it('trains from the palette, and the run appears with its metric', async () => {
    await train();
    await experiments()
      .item(/^Run random_forest-.*accuracy 0\.9\d+, v1/)
      .waitFor();
    await registry()
      .item(/^Version 1, accuracy 0\.9/)
      .waitFor();
  });

  it("promotes with the tree's arrow after showing the plan", async () => {
    const { workbench } = session();
    await registry().pressFor(/^Version 1,/, 'Promote...', workbench.dialog());
    const dialog = workbench.dialog();
    await dialog.getByText('Deploy version 1 of gnu_mlops_model to Staging?').waitFor();
    assert.match((await dialog.textContent()) ?? '', /✓ metrics\.accuracy: 0\.9\d+ \(required >= 0\.7\)/);
    await workbench.screenshot('promote-dialog');
    await dialog.getByRole('button', { name: 'Deploy' }).click();
    await workbench.quickInput.answer('first version');
    await registry()
      .item(/^Staging: version 1/)
      .waitFor();
    await workbench.dismissNotifications();
  });

  it('promotes into production the same way, and the status bar says so', async () => {
    const { workbench } = session();
    await registry().pressFor(/^Staging: version 1/, 'Promote...', workbench.dialog());
    await workbench.dialog().getByRole('button', { name: 'Deploy' }).click();
    await workbench.quickInput.answer('');
    await registry()
      .item(/^GNU_Production: version 1/)
      .waitFor();
    await workbench.statusBarItem(/gnu_mlops_model: v1 in production/).waitFor();
    await workbench.dismissNotifications();
    await experiments().expand(/^Experiment breast_cancer_events/);
    await experiments()
      .item(/^Run promote gnu_mlops_model 1 to GNU_Production/)
      .hover();
    await workbench.screenshot('experiments-view');
  });

  it('refuses at a gate, with the value', async () => {
    const { workbench } = session();
    await train();
    editConfig('staging: { accuracy: 0.70 }', 'staging: { accuracy: 0.999 }');
    await registry().pressFor(/^Version 2,/, 'Promote...', workbench.dialog());
    const dialog = workbench.dialog();
    await dialog
      .getByText(/metrics\.accuracy is 0\.9\d+ \(required >= 0\.999\)/)
      .first()
      .waitFor();
    await workbench.screenshot('promote-refused');
    await dialog.getByRole('button', { name: 'Cancel' }).click();
    await registry()
      .item(/^Staging: empty/)
      .waitFor();
    editConfig('staging: { accuracy: 0.999 }', 'staging: { accuracy: 0.70 }');
  });

  it("rolls back with the tree's button", async () => {
    const { workbench } = session();
    for (const [row, result] of [
      [/^Version 2,/, /^Staging: version 2/],
      [/^Staging: version 2/, /^GNU_Production: version 2/],
    ] as const) {
      await registry().pressFor(row, 'Promote...', workbench.dialog());
      await workbench.dialog().getByRole('button', { name: 'Deploy' }).click();
      await workbench.quickInput.answer('');
      await registry().item(result).waitFor();
    }
    await registry().pressFor(/^GNU_Production: version 2/, 'Roll Back Production...', workbench.dialog());
    const dialog = workbench.dialog();
    await dialog.getByText('Roll gnu_mlops_model back to version 1?').waitFor();
    await workbench.screenshot('rollback-dialog');
    await dialog.getByRole('button', { name: 'Roll Back' }).click();
    await workbench.quickInput.answer('version 2 was worse');
    await registry()
      .item(/^GNU_Production: version 1/)
      .waitFor();
    await registry()
      .item(/^Version 2, Archived, rolled back/)
      .waitFor();
    await workbench.dismissNotifications();
    await workbench.screenshot('registry-view');
  });

  it('tells the whole history', async () => {
    const { workbench } = session();
    await workbench.runCommand('GNU MLOps: Show Production Info and History');
    const page = await workbench.webviewFrame(/gnu_mlops_model in production/);
    await page.getByRole('cell', { name: 'version 2 was worse' }).waitFor();
    await workbench.screenshot('production-history');
  });
});

describe('Writing config.yaml in the workbench', () => {
  const session = useWorkbench();

  it('shows what is wrong where it is written', async () => {
    const { workbench, launched } = session();
    const file = path.join(launched.folder, 'config.yaml');
    writeFileSync(file, readFileSync(file, 'utf8').replace('test_size: 0.2', 'test_sise: 0.2'));
    await workbench
      .tree(/Explorer/)
      .item('config.yaml')
      .dblclick();
    await workbench.editorTab(/config\.yaml/).waitFor();
    await workbench.page.locator('.squiggly-error').first().waitFor();
    await workbench.page.keyboard.press('Control+Shift+M');
    await workbench.page.getByRole('treeitem', { name: /unknown key "test_sise"; did you mean "test_size"/ }).waitFor();
    await workbench.screenshot('config-diagnostics');
  });
});

describe('A folder that is not trusted', () => {
  const session = useWorkbench({ trusted: false });

  it('shows what there is to read, and does not offer to train', async () => {
    const { workbench } = session();
    await workbench.openView('MLOps');
    await workbench.page.getByText('No runs yet.').waitFor();
    await workbench.openPalette('GNU MLOps: ');
    await workbench.quickInput.option('GNU MLOps: Show Log').waitFor();
    assert.equal(await workbench.quickInput.option('GNU MLOps: Train').count(), 0);
    await workbench.quickInput.cancel();
  });
});
