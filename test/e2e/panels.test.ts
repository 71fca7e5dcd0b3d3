import * as assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { accessibilityViolations } from './axe.ts';
import { gnuMlops, useWorkbench } from './session.ts';

/** The part of an element in the browser that is used here. */
interface Scrollable {
  scrollIntoView(): void;
}

describe('Panels in the workbench', () => {
  const session = useWorkbench();

  before(async () => {
    const { workbench, launched } = session();
    await workbench.openView('MLOps');
    await workbench.widenSideBar(100);
    await train(1);
    const config = path.join(launched.folder, 'config.yaml');
    writeFileSync(
      config,
      readFileSync(config, 'utf8').replace('algorithm: random_forest', 'algorithm: gradient_boosting'),
    );
    await train(2);
    await workbench.dismissNotifications();
  });

  async function train(version: number): Promise<void> {
    const { workbench } = session();
    await workbench.runCommand('GNU MLOps: Train');
    await workbench
      .tree('Registry')
      .item(new RegExp(`^Version ${version},`))
      .waitFor();
  }

  const violations = () => accessibilityViolations(session().workbench.page);

  it("show a run's numbers, which are those of the tree", async () => {
    const { workbench } = session();
    const row = workbench.tree('Experiments').item(/^Run random_forest-/);
    const accuracy = /accuracy (0\.\d+)/.exec((await row.getAttribute('aria-label')) ?? '')?.[1];
    assert.ok(accuracy);
    await row.click();
    const page = await workbench.webviewFrame(/^random_forest-/);
    await page.getByRole('heading', { level: 1 }).waitFor();
    assert.ok((await page.locator('body').textContent())?.includes(accuracy), `the page shows ${accuracy}`);
    await page.getByRole('heading', { name: /confusion matrix/i }).waitFor();
    await workbench.screenshot('run-panel');
    for (const part of ['Curves', 'Confusion matrix', 'Feature importances']) {
      const heading = page.getByRole('heading', { level: 2, name: part }).first();
      await heading.evaluate((element) => (element as unknown as Scrollable).scrollIntoView());
      await workbench.screenshot(`run-panel-${part}`);
    }
  });

  it('keep nobody out of a run, as far as axe can tell', async () => {
    assert.deepEqual(await violations(), []);
  });

  it('open an artifact as a text', async () => {
    const { workbench } = session();
    const page = await workbench.webviewFrame(/^random_forest-/);
    await page.getByRole('button', { name: /quality_report\.json/ }).click();
    await workbench.editorTab(/quality_report\.json/).waitFor();
  });

  it('compare the runs that are selected in the tree', async () => {
    const { workbench } = session();
    const experiments = workbench.tree('Experiments');
    await experiments.item(/^Run random_forest-/).click();
    await experiments.item(/^Run gradient_boosting-/).click({ modifiers: ['ControlOrMeta'] });
    await experiments.item(/^Run gradient_boosting-/).hover();
    await workbench.runCommand('GNU MLOps: Compare Runs...');
    const page = await workbench.webviewFrame('Compare 2 runs');
    await page.getByRole('heading', { level: 1, name: 'Compare 2 runs' }).waitFor();
    for (const name of [/random_forest-/, /gradient_boosting-/]) await page.getByText(name).first().waitFor();
    await page.getByRole('row', { name: /^learning_rate/ }).waitFor();
    await workbench.screenshot('compare-panel');
  });

  it('keep nobody out of a comparison, as far as axe can tell', async () => {
    assert.deepEqual(await violations(), []);
  });

  it('save a comparison where the person says', async () => {
    const { workbench, launched } = session();
    const page = await workbench.webviewFrame('Compare 2 runs');
    await page.getByRole('button', { name: 'Export CSV' }).click();
    const target = path.join(launched.folder, 'compare.csv');
    await workbench.quickInput.box.getByRole('button', { name: 'OK' }).waitFor();
    await workbench.quickInput.input.fill(target);
    await workbench.quickInput.box.getByRole('button', { name: 'OK' }).click();
    await workbench.editorTab(/compare\.csv/).waitFor();
    assert.match(readFileSync(target, 'utf8'), /^.*random_forest-.*\r?\n(.*\r?\n)*.*accuracy,0\.9/);
  });

  it('come back as they were after they were hidden', async () => {
    const { workbench } = session();
    await workbench.webviewFrame(/^random_forest-/);
    const page = await workbench.webviewFrame('Compare 2 runs');
    await page.getByRole('row', { name: /^learning_rate/ }).waitFor();
  });
});

describe('The picture in the README', () => {
  const session = useWorkbench();

  it('shows a version in production, and the numbers of the run it came from', async () => {
    const { workbench, launched } = session();
    for (const step of [['train'], ['deploy', '--stage', 'staging'], ['deploy', '--stage', 'production']]) {
      await gnuMlops(step, launched.folder);
    }
    await workbench.openView('MLOps');
    await workbench.page.setViewportSize({ width: 1320, height: 860 });
    await workbench
      .tree('Registry')
      .item(/^GNU_Production: version 1/)
      .waitFor();
    await workbench
      .tree('Experiments')
      .item(/^Run random_forest-/)
      .click();
    const page = await workbench.webviewFrame(/^random_forest-/);
    await page.getByRole('heading', { level: 1 }).waitFor();
    await workbench.screenshot('readme');
  });
});
