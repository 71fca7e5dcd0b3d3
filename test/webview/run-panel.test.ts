import assert from 'node:assert/strict';
import type { RunPanelState } from '../../src/protocol/panels.ts';
import { accessibilityViolations, keepScreenshot, pageWidth, shownText, usePanels } from './panels.ts';
import { asJson, type RealRuns, realRuns } from './real-runs.ts';
import { themeNames } from './themes.ts';
import type { OpenPanel } from './webview-page.ts';

describe('The run panel', () => {
  const { open, show } = usePanels();
  let runs: RealRuns;
  before(async () => {
    runs = await realRuns();
  });

  it('says ready once, and nothing else before it is asked to', async () => {
    const panel = await show(runs.binary);
    assert.deepEqual(await panel.messages(), [{ type: 'ready' }]);
  });

  it('shows the run, its version with its stage, and the holdout metrics of the snapshot', async () => {
    const panel = await show(runs.binary);
    const { run } = runs.binary.details;
    assert.equal(await shownText(panel.page.locator('h1')), run.name);
    assert.match(await shownText(panel.page.locator('header')), /gnu_mlops_model version 1\s+GNU_Production/);
    for (const name of ['accuracy', 'roc_auc', 'log_loss', 'brier']) {
      assert.equal((await metricRow(panel, name))[0], run.metrics[name]!.toFixed(4), name);
    }
  });

  it('shows mean and deviation of the cross-validation beside the holdout', async () => {
    const panel = await show(runs.binary);
    const { cv_f1_mean, cv_f1_std } = runs.binary.details.run.metrics;
    assert.equal((await metricRow(panel, 'f1'))[1], `${cv_f1_mean!.toFixed(4)} ± ${cv_f1_std!.toFixed(4)}`);
  });

  it('shows the confusion matrix with counts and shares of the rows', async () => {
    const panel = await show(runs.multiClass);
    const matrix = runs.multiClass.details.evaluation!.confusion_matrix;
    const cells = await panel.page.locator('.matrix tbody td').allInnerTexts();
    const shown = matrix.map((row, at) => cells.slice(at * row.length, (at + 1) * row.length));
    const expected = matrix.map((row) => {
      const total = row.reduce((sum, count) => sum + count, 0);
      return row.map((count) => `${count}\n${((100 * count) / total).toFixed(1)} %`);
    });
    assert.deepEqual(shown, expected);
  });

  it('draws one ROC curve for two classes and one for each of three', async () => {
    const [two, three] = [await show(runs.binary), await show(runs.multiClass)];
    assert.equal((await strokes(two, 'ROC')).length, 1);
    assert.equal((await strokes(three, 'ROC')).length, 3);
    assert.match(await figureLabel(two, 'ROC'), /^ROC curve of malignant; AUC 0\.\d{4}\.$/);
    assert.match(await figureLabel(three, 'Precision-recall'), /of Adelie, Chinstrap, Gentoo/);
  });

  it('gives the points of each curve as a table on request', async () => {
    const { page } = await show(runs.binary);
    const figure = page.getByRole('figure', { name: 'ROC' });
    await figure.getByText('Data as a table').click();
    const last = await figure.locator('tbody tr').last().locator('td').allInnerTexts();
    assert.deepEqual(last.slice(0, 3), ['malignant', '1.0000', '1.0000']);
  });

  it('shows twenty importances, the most important first, and the rest on request', async () => {
    const { page } = await show(runs.binary);
    const section = page.getByRole('region', { name: 'Feature importances' });
    const names = section.locator('tbody th');
    const { importances } = runs.binary.details.evaluation!;
    assert.deepEqual(
      await names.allInnerTexts(),
      importances.slice(0, 20).map(({ feature }) => feature),
    );
    await section.getByRole('button', { name: 'Show all 30 features' }).click();
    assert.equal(await names.count(), 30);
  });

  it('draws a metric over the folds, and another one when it is chosen', async () => {
    const { page } = await show(runs.binary);
    await page.locator('.history .chart[aria-label^="Line chart: cv_accuracy by fold, from"]').waitFor();
    await page.getByLabel('Folds of').selectOption('cv_log_loss');
    await page.locator('.history .chart[aria-label*="cv_log_loss"]').waitFor();
    await page.locator('.history').getByText('Data as a table').click();
    assert.equal(await page.locator('.history tbody tr').count(), 5);
  });

  it('asks the host to open an artifact', async () => {
    const panel = await show(runs.binary);
    await panel.page.getByRole('button', { name: 'model/MLmodel' }).click();
    assert.deepEqual((await panel.messages()).at(-1), { type: 'openArtifact', path: 'model/MLmodel' });
  });

  it("folds MLflow's own tags away", async () => {
    const { page } = await show(runs.binary);
    const internal = page.getByRole('rowheader', { name: 'mlflow.user' });
    assert.equal(await internal.isVisible(), false);
    await page.getByText('Tags that MLflow keeps for itself (').click();
    assert.equal(await internal.isVisible(), true);
  });

  it('names the process that made the run, and does not show how programs write it down', async () => {
    const { page } = await show(runs.binary);
    assert.match(await shownText(page.getByRole('row', { name: 'gnu_mlops.owner' })), /process \d+ on \S+$/);
  });

  it('shows what a running run has so far, and the rest when the next snapshot brings it', async () => {
    const panel = await show(running(runs.binary));
    assert.match(await shownText(panel.page.getByRole('status')), /In progress/);
    assert.match(await shownText(panel.page.locator('main')), /This run has no metrics\./);
    await panel.send(runs.binary);
    await panel.page.getByRole('region', { name: 'Confusion matrix' }).first().waitFor();
    assert.equal(await panel.page.getByRole('status').count(), 0);
  });

  it('shows why a run failed', async () => {
    const state = running(runs.binary);
    state.details.run.status = 'FAILED';
    state.details.run.tags['gnu_mlops.error'] = 'The disk is full.\nFree some space.';
    const { page } = await show(state);
    assert.match(await shownText(page.getByRole('alert')), /The run failed\s+The disk is full\.\s+Free some space\./);
  });

  it('shows a problem of the host in place of the run', async () => {
    const panel = await show(runs.binary);
    await panel.sendMessage({ type: 'problem', message: 'The store cannot be reached.' });
    assert.equal(await shownText(panel.page.locator('main')), 'The store cannot be reached.');
  });

  it('says so when it cannot read what the host sent, and drops what is not from the host', async () => {
    const panel = await open('run');
    await panel.page.evaluate(() => {
      const target = globalThis as unknown as { postMessage(message: unknown, to: string): void };
      target.postMessage('hello', '*');
      target.postMessage({ type: 'state', state: { panel: 'run', details: {} } }, '*');
    });
    assert.match(await shownText(panel.page.getByRole('alert')), /cannot read/);
  });

  it('shows a dash for numbers that were NaN, and an evaluation that another tool wrote badly not at all', async () => {
    const state = asJson(runs.binary);
    state.details.run.metrics.roc_auc = Number.NaN;
    state.details.run.metrics.cv_f1_mean = Number.NaN;
    state.details.evaluation!.importances[0]!.importance = Number.NaN;
    const panel = await show(state);
    assert.equal((await metricRow(panel, 'roc_auc'))[0], '–\nno value');
    assert.equal((await metricRow(panel, 'f1'))[1], '–\nno value');
    await panel.send({ ...state, details: { ...state.details, evaluation: { schema: 1 } as never } });
    await panel.page.getByRole('region', { name: 'Confusion matrix' }).first().waitFor({ state: 'detached' });
  });

  it('shows hostile names and values as the text they are', async () => {
    const panel = await show(hostile(runs.binary), { width: 500 });
    const { page } = panel;
    const { name, params } = hostile(runs.binary).details.run;
    assert.equal(await page.locator('h1').textContent(), name);
    assert.equal(await page.locator('img, script:not([nonce])').count(), 0);
    const long = page.getByRole('row', { name: 'long' });
    assert.ok((await shownText(long)).length < 500);
    await long.getByRole('button', { name: 'Show all 10,000 characters' }).click();
    assert.ok((await shownText(long)).includes(String(params.long)));
    assert.equal(await pageWidth(panel), 500, 'nothing makes the page wider than it is');
  });

  it("follows the editor's theme while it is open", async () => {
    const panel = await show(runs.binary, { theme: 'dark' });
    assert.deepEqual(await strokes(panel, 'ROC'), ['rgb(55, 148, 255)']);
    await panel.setTheme('light');
    await panel.page.locator('figure svg path[stroke="rgb(26, 133, 255)"]').first().waitFor();
    assert.deepEqual(await strokes(panel, 'ROC'), ['rgb(26, 133, 255)']);
  });

  it('moves nothing for people who asked for less motion', async () => {
    const moving = async (panel: OpenPanel) =>
      panel.page.evaluate(
        () => (globalThis as unknown as { document: { getAnimations(): unknown[] } }).document.getAnimations().length,
      );
    assert.equal(await moving(await show(running(runs.binary), { reducedMotion: 'reduce' })), 0);
    assert.ok((await moving(await show(running(runs.binary)))) > 0, 'the icon of a running run turns else');
  });

  for (const theme of themeNames) {
    it(`is accessible in the ${theme} theme`, async () => {
      for (const state of [runs.binary, running(runs.multiClass)]) {
        const panel = await show(state, { theme });
        await panel.page.locator('summary').evaluateAll((all) => {
          for (const each of all) (each as unknown as Clickable).click();
        });
        assert.deepEqual(await accessibilityViolations(panel), []);
      }
    });

    it(`is kept as a picture of the ${theme} theme`, async () => {
      await keepScreenshot(await show(runs.binary, { theme }), `run-${theme}`);
      await keepScreenshot(await show(runs.multiClass, { theme, width: 500 }), `run-${theme}-narrow`);
    });
  }
});

interface Clickable {
  click(): void;
}

/** Holdout and cross-validation of a metric, as shown. */
function metricRow({ page }: OpenPanel, name: string): Promise<string[]> {
  const header = page.getByRole('rowheader', { name: new RegExp(`^${name}( less is better)?$`) });
  return page.locator('.metrics-table tr').filter({ has: header }).locator('td').allInnerTexts();
}

/** Colours of the lines in a figure's chart; a curve is what is two pixels wide. */
async function strokes({ page }: OpenPanel, figure: string): Promise<string[]> {
  const paths = page.getByRole('figure', { name: figure }).locator('svg path[stroke-width="2"]');
  await paths.first().waitFor({ state: 'attached' });
  return paths.evaluateAll((all) => all.map((path) => String((path as unknown as SvgPath).getAttribute('stroke'))));
}

interface SvgPath {
  getAttribute(name: string): string | null;
}

async function figureLabel({ page }: OpenPanel, figure: string): Promise<string> {
  const labelled = page.getByRole('figure', { name: figure }).locator('.chart[aria-label]');
  await labelled.waitFor({ state: 'attached' });
  return (await labelled.getAttribute('aria-label')) ?? '';
}

/** The same run before it has anything but params. */
function running(state: RunPanelState): RunPanelState {
  const { details } = asJson(state);
  const run = { ...details.run, status: 'RUNNING' as const, endTime: null, metrics: {} };
  return {
    ...state,
    stages: {},
    details: { ...details, run, versions: [], evaluation: null, history: [], artifacts: [] },
  };
}

/** Text that a page must not take for markup, for a style, or for a reason to grow. */
function hostile(state: RunPanelState): RunPanelState {
  const markup = '<img src=x onerror="document.title=1"><script>document.title=1</script>';
  const copy = asJson(state);
  copy.details.run.name = `${markup} ${'very-long-name-'.repeat(30)}`;
  copy.details.run.params = {
    long: 'x'.repeat(10_000),
    lines: 'one\ntwo',
    [markup]: markup,
    ['p'.repeat(250)]: '{a|b}',
  };
  copy.details.run.tags = { ...copy.details.run.tags, 'mlflow.note.content': markup, [`tag ${markup}`]: markup };
  copy.details.artifacts = [`${markup.replaceAll('/', '')}.json`, 'd/'.repeat(200)];
  copy.details.evaluation!.classes = [markup, 'c'.repeat(500)];
  copy.details.evaluation!.curves[0]!.label = 'c'.repeat(500);
  copy.details.evaluation!.importances[0]!.feature = `${markup}${'f'.repeat(500)}`;
  copy.experimentName = markup;
  copy.modelName = 'm'.repeat(256);
  return copy;
}
