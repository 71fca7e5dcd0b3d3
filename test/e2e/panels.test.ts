import * as assert from 'node:assert/strict';
import { AxeBuilder } from '@axe-core/playwright';
import { useWorkbench } from './session.ts';

describe('The run panel in the workbench', () => {
  const session = useWorkbench();

  before(async () => {
    const { workbench } = session();
    await workbench.openView('MLOps');
    await workbench.widenSideBar(100);
    for (const version of [1, 2]) {
      await workbench.runCommand('GNU MLOps: Train');
      await workbench
        .tree('Registry')
        .item(new RegExp(`^Version ${version},`))
        .waitFor();
    }
    await workbench.dismissNotifications();
  });

  it("shows the run's numbers, which are those of the tree", async () => {
    const { workbench } = session();
    const row = workbench
      .tree('Experiments')
      .item(/^Run random_forest-/)
      .first();
    const accuracy = /accuracy (0\.\d+)/.exec((await row.getAttribute('aria-label')) ?? '')?.[1];
    assert.ok(accuracy);
    await row.click();
    const page = await workbench.webviewFrame(/^random_forest-/);
    await page.getByRole('heading', { level: 1 }).waitFor();
    assert.ok((await page.locator('body').textContent())?.includes(accuracy), `the page shows ${accuracy}`);
    await page.getByRole('heading', { name: /confusion matrix/i }).waitFor();
    await workbench.dismissNotifications();
    await workbench.screenshot('run-panel');
  });

  it('has nothing that keeps people out, as far as axe can tell', async () => {
    const { violations, passes } = await new AxeBuilder({ page: session().workbench.page })
      .include(['iframe.webview.ready', 'iframe', '#root'])
      .analyze();
    assert.ok(
      passes.some(({ id }) => id === 'color-contrast'),
      'axe has seen the page',
    );
    assert.deepEqual(
      violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html.slice(0, 200)).join(' | ')}`),
      [],
    );
  });
});
