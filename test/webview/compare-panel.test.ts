import assert from 'node:assert/strict';
import type { ComparePanelState, PageMessage } from '../../src/protocol/panels.ts';
import { comparedRun } from './compared-runs.ts';
import { accessibilityViolations, keepScreenshot, pageWidth, shownText, usePanels } from './panels.ts';
import { asJson, type RealRuns, realRuns } from './real-runs.ts';
import { themeNames } from './themes.ts';
import type { OpenPanel } from './webview-page.ts';

describe('The compare panel', () => {
  const { show } = usePanels();
  let runs: RealRuns;
  before(async () => {
    runs = await realRuns();
  });

  it('shows the runs as columns with the numbers of the snapshot', async () => {
    const panel = await show(runs.compared);
    assert.deepEqual(await columnNames(panel), ['forest-of-20', 'shallow-forest', 'three-folds']);
    const expected = runs.compared.runs.map(({ run }) => run.metrics.roc_auc!.toFixed(4));
    assert.deepEqual(await cells(panel, 'roc_auc'), expected);
    assert.deepEqual(await cells(panel, 'max_depth'), ['10', '2', '10']);
    assert.deepEqual(await cells(panel, 'gnu_mlops.operation'), ['train', 'train', 'train']);
  });

  it('marks the best value of each metric with a word, the least where less is better', async () => {
    const panel = await show(runs.compared);
    for (const [name, pick] of [
      ['accuracy', Math.max],
      ['log_loss', Math.min],
    ] as const) {
      const values = runs.compared.runs.map(({ run }) => run.metrics[name]!);
      const marked = await panel.page
        .locator('tr')
        .filter({ has: rowName(panel, name) })
        .locator('td')
        .allInnerTexts();
      const expected = values.map((value) => value === pick(...values));
      assert.deepEqual(
        marked.map((text) => text.includes('best')),
        expected,
        name,
      );
    }
  });

  it('hides rows that are equal in all runs on request, and tells the host', async () => {
    const panel = await show(runs.compared);
    assert.equal(await rowName(panel, 'random_state').count(), 1);
    await panel.page.getByText('Only differences').click();
    assert.equal(await panel.page.getByRole('checkbox', { name: 'Only differences' }).isChecked(), true);
    await rowName(panel, 'random_state').waitFor({ state: 'detached' });
    assert.equal(await rowName(panel, 'max_depth').count(), 1);
    assert.equal(await rowName(panel, 'gnu_mlops.operation').count(), 0);
    assert.deepEqual((await panel.messages()).at(-1), { type: 'setOnlyDifferences', value: true });
  });

  it('starts with only the differences when the host has kept that', async () => {
    const panel = await show({ ...runs.compared, onlyDifferences: true });
    assert.equal(await rowName(panel, 'random_state').count(), 0);
    assert.match(await shownText(panel.page.locator('.toolbar')), /\d+ equal rows hidden/);
  });

  it('takes differences and best values over the runs that are shown', async () => {
    const panel = await show({ ...runs.compared, onlyDifferences: true });
    await panel.page.getByRole('button', { name: 'Hide shallow-forest' }).click();
    await rowName(panel, 'max_depth').waitFor({ state: 'detached' });
    assert.deepEqual(await columnNames(panel), ['forest-of-20', 'three-folds']);
    assert.equal(await panel.page.getByRole('button', { name: /^Hide/ }).count(), 0, 'two runs are the least');
    await panel.page.getByRole('button', { name: 'Show all runs' }).click();
    await rowName(panel, 'max_depth').waitFor();
  });

  it('orders the runs by the row whose name is clicked: best, worst, as chosen', async () => {
    const panel = await show(runs.compared);
    const values = runs.compared.runs.map(({ run }) => [run.name, run.metrics.log_loss!] as const);
    const rising = values.toSorted(([, a], [, b]) => a - b).map(([name]) => name);
    const orders: string[][] = [];
    for (const expected of ['best first', 'worst first', 'log_loss']) {
      await rowName(panel, 'log_loss').getByRole('button').click();
      await rowName(panel, 'log_loss').getByText(expected).waitFor();
      orders.push(await columnNames(panel));
    }
    assert.deepEqual(orders, [rising, rising.toReversed(), values.map(([name]) => name)]);
  });

  it('keeps order and hidden runs for the page that comes after it', async () => {
    const first = await show(runs.compared);
    await rowName(first, 'log_loss').getByRole('button').click();
    await first.page.getByRole('button', { name: 'Hide three-folds' }).click();
    await first.page.getByText('1 run hidden').waitFor();
    const viewState = await first.viewState();
    const second = await show(runs.compared, { viewState });
    assert.deepEqual(await columnNames(second), await columnNames(first));
    assert.equal((await columnNames(second)).length, 2);
  });

  it('does not trust a view state that it cannot read', async () => {
    const panel = await show(runs.compared, { viewState: { hidden: 'all', order: 7 } });
    assert.equal((await columnNames(panel)).length, 3);
  });

  it('opens a run by its name', async () => {
    const panel = await show(runs.compared);
    await panel.page.getByRole('button', { name: 'shallow-forest', exact: true }).click();
    const { runId } = runs.compared.runs[1]!.run;
    assert.deepEqual((await panel.messages()).at(-1), { type: 'openRun', runId });
  });

  it('exports what is shown, in the order shown, with all digits', async () => {
    const panel = await show({ ...runs.compared, onlyDifferences: true });
    await panel.page.getByRole('button', { name: 'Export CSV' }).click();
    await panel.page.getByRole('button', { name: 'Export Markdown' }).click();
    const [csv, markdown] = (await panel.messages()).slice(-2) as Extract<PageMessage, { type: 'export' }>[];
    const lines = csv!.text.split('\r\n');
    const accuracies = runs.compared.runs.map(({ run }) => run.metrics.accuracy);
    assert.equal(lines[0], 'kind,name,forest-of-20,shallow-forest,three-folds');
    assert.ok(lines.includes(`metric,accuracy,${accuracies.join(',')}`));
    assert.ok(lines.includes('param,max_depth,10,2,10'));
    assert.equal(
      lines.some((line) => line.startsWith('param,random_state')),
      false,
    );
    assert.match(markdown!.text, /^\| kind \| name \| forest-of-20 \| shallow-forest \| three-folds \|\n/);
  });

  it('lays the ROC curves over each other, with the names of the runs as legend', async () => {
    const { page } = await show(runs.compared);
    const section = page.getByRole('region', { name: 'ROC curves' });
    await section.locator('svg path[stroke-width="2"]').first().waitFor({ state: 'attached' });
    assert.equal(await section.locator('svg path[stroke-width="2"]').count(), 3);
    const areas = runs.compared.runs.map(({ run }) => `${run.name}AUC ${run.metrics.roc_auc!.toFixed(4)}`);
    assert.deepEqual(await section.locator('.legend li').allTextContents(), areas);
  });

  it('shows the ROC curves of one class at a time when there are more', async () => {
    const { details } = runs.multiClass;
    const { page } = await show({ ...runs.compared, runs: [details, ...runs.compared.runs] });
    const section = page.getByRole('region', { name: 'ROC curves' });
    await section.getByLabel('Class', { exact: true }).selectOption('malignant');
    await section.getByText('Class malignant against the rest').waitFor();
    assert.equal(await section.locator('.legend li').count(), 3);
    assert.match(await shownText(section.locator('.note')), /1 of the 4 runs have none/);
  });

  it('draws a line for each run over the params and metrics that differ, with the numbers in a table', async () => {
    const { page } = await show(runs.compared);
    const section = page.getByRole('region', { name: 'Parallel coordinates' });
    await section.getByText('Data as a table').click();
    const header = await section.locator('thead th').allInnerTexts();
    assert.deepEqual(header.slice(0, 4), ['Run', 'cv_folds', 'max_depth', 'n_estimators']);
    const label = (await section.locator('.chart').getAttribute('aria-label')) ?? '';
    assert.match(label, /^Parallel coordinates of 3 runs over cv_folds, max_depth, n_estimators, accuracy/);
  });

  it('shows fifty runs, and runs that have nothing in common', async () => {
    const many = Array.from({ length: 50 }, (_, at) => ({
      ...comparedRun(`run ${at}`, { metrics: { f1: at / 50 }, params: { depth: String(at) } }),
      evaluation: runs.binary.details.evaluation,
    }));
    const odd = comparedRun('odd', { params: { p: '1' }, metrics: { f1: null } });
    const panel = await show({ panel: 'compare', runs: [...many.slice(1), odd], onlyDifferences: false });
    assert.equal((await columnNames(panel)).length, 50);
    assert.equal((await cells(panel, 'f1')).at(-1), '–');
    assert.equal(await pageWidth(panel), 900, 'the table scrolls, the page does not');
    assert.deepEqual(await accessibilityViolations(panel), []);
  });

  it('says so when nothing differs', async () => {
    const [run] = runs.compared.runs;
    const twin = asJson(run!);
    twin.run.runId = 'twin';
    const panel = await show({ panel: 'compare', runs: [run!, twin], onlyDifferences: true });
    assert.match(await shownText(panel.page.locator('main')), /The runs do not differ/);
  });

  it('shows hostile names and values as the text they are', async () => {
    const panel = await show(hostile(runs.compared), { width: 500 });
    const { page } = panel;
    const [first] = hostile(runs.compared).runs;
    assert.equal(await page.locator('.run-name').first().textContent(), first!.run.name);
    assert.equal(await page.locator('img, script:not([nonce])').count(), 0);
    assert.equal(await page.getByRole('button', { name: 'Show all 10,000 characters' }).count(), 1);
    assert.equal(await pageWidth(panel), 500, 'nothing makes the page wider than it is');
  });

  it('is worked by the keyboard alone', async () => {
    const panel = await show(runs.compared);
    const { keyboard } = panel.page;
    await keyboard.press('Tab');
    await keyboard.press('Space');
    await rowName(panel, 'random_state').waitFor({ state: 'detached' });
    await keyboard.press('Tab');
    await keyboard.press('Enter');
    assert.deepEqual(
      (await panel.messages()).slice(1).map((message) => message.type),
      ['setOnlyDifferences', 'export'],
    );
    await rowName(panel, 'accuracy').getByRole('button').focus();
    await keyboard.press('Enter');
    await rowName(panel, 'accuracy').getByText('best first').waitFor();
  });

  for (const theme of themeNames) {
    it(`is accessible in the ${theme} theme`, async () => {
      for (const onlyDifferences of [false, true]) {
        const panel = await show({ ...runs.compared, onlyDifferences }, { theme });
        assert.deepEqual(await accessibilityViolations(panel), []);
      }
    });

    it(`is kept as a picture of the ${theme} theme`, async () => {
      await keepScreenshot(await show(runs.compared, { theme }), `compare-${theme}`);
      await keepScreenshot(await show(runs.compared, { theme, width: 500 }), `compare-${theme}-narrow`);
    });
  }
});

function columnNames({ page }: OpenPanel): Promise<string[]> {
  return page.locator('.run-name').allInnerTexts();
}

function rowName({ page }: OpenPanel, name: string) {
  return page.getByRole('rowheader', { name: new RegExp(`^${name}( |$)`) });
}

/** What a row shows, by column, without the word that marks the best. */
async function cells(panel: OpenPanel, name: string): Promise<string[]> {
  const row = panel.page.locator('.compare-table tr').filter({ has: rowName(panel, name) });
  const texts = await row.locator('td').allInnerTexts();
  return texts.map((text) => text.split(/\s/)[0] ?? '');
}

/** Text that a page must not take for markup, for a style, or for a reason to grow. */
function hostile(state: ComparePanelState): ComparePanelState {
  const markup = '<img src=x onerror="document.title=1"><script>document.title=1</script>';
  const copy = asJson(state);
  const [first, second] = copy.runs;
  first!.run.name = `${markup} ${'very-long-name-'.repeat(30)}`;
  first!.run.params = { [markup]: 'x'.repeat(10_000), lines: 'one\ntwo', ['p'.repeat(250)]: '{a|b}' };
  first!.run.tags[`tag ${markup}`] = markup;
  first!.evaluation!.curves[0]!.label = 'c'.repeat(500);
  second!.run.name = '{a|b}\n'.repeat(20);
  return copy;
}
