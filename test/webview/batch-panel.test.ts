import assert from 'node:assert/strict';
import type { BatchPanelState } from '../../src/protocol/panels.ts';
import { accessibilityViolations, keepScreenshot, pageWidth, shownText, usePanels } from './panels.ts';
import { realBatch } from './real-batch.ts';
import { asJson } from './real-runs.ts';
import { themeNames } from './themes.ts';
import { KEY, type OpenPanel } from './webview-page.ts';

describe('The panel of a batch output', () => {
  const { open, show } = usePanels();
  let state: BatchPanelState;
  before(async () => {
    state = await realBatch();
  });

  it('shows the input, how many rows were scored and refused, and by which model', async () => {
    const { page } = await show(state);
    assert.equal(await shownText(page.locator('h1')), 'day.csv');
    const facts = await shownText(page.locator('header dl'));
    assert.match(facts, /Rows scored\s+248\s+Rows refused\s+2\s+Model\s+penguin_species version 1/);
  });

  it('shows the first hundred rows as they stand in the file, and the next ones on request', async () => {
    const { page } = await show(state);
    const table = page.getByRole('table', { name: 'Scored rows of day.csv' });
    const first = await table.locator('tbody tr').first().locator('td').allInnerTexts();
    assert.deepEqual(first, state.preview.output.rows[0]);
    assert.equal(await table.locator('tbody tr').count(), 100);
    assert.match(await shownText(page.getByText(/^Rows 1 to/)), /^Rows 1 to 100 of 248$/);
    await page.getByRole('button', { name: 'Next' }).click();
    await page.getByRole('button', { name: 'Next' }).click();
    await page.getByText('Rows 201 to 248 of 248').waitFor();
    assert.deepEqual(
      await table.locator('tbody tr').last().locator('td').allInnerTexts(),
      state.preview.output.rows.at(-1),
    );
    assert.equal(await page.getByRole('button', { name: 'Next' }).isDisabled(), true);
  });

  it('marks the columns that the batch added, for the eye and for a screen reader', async () => {
    const { page } = await show(state);
    const { output, inputColumns } = state.preview;
    const marked = page.getByRole('columnheader', { name: /\(added by the batch\)$/ });
    const names = (await marked.allInnerTexts()).map((text) => text.replace(/\s*\(added by the batch\)$/, ''));
    assert.deepEqual(names, output.columns.slice(inputColumns));
    assert.equal(names[0], 'prediction');
    assert.equal(await page.locator('th.added').count(), names.length);
  });

  it('shows every refused row with its line and the reason, and how often each reason was met', async () => {
    const { page } = await show(state);
    const section = page.getByRole('region', { name: 'Refused rows' });
    const rows = await section
      .getByRole('table', { name: 'Refused rows of day.csv' })
      .locator('tbody tr')
      .allInnerTexts();
    assert.equal(rows.length, 2);
    assert.match(rows[0]!, /4\s.*bill_length_mm.*"long"/s);
    assert.match(await shownText(section.getByRole('table', { name: 'Reasons' })), /bill_length_mm.*\s1/);
  });

  it('has no part for refused rows when there are none', async () => {
    const { page } = await show({ ...state, preview: { ...state.preview, refused: null } });
    assert.equal(await page.getByRole('region', { name: 'Refused rows' }).count(), 0);
  });

  it('shows the warnings of the manifest', async () => {
    const { page } = await show(state);
    assert.match(await shownText(page.getByRole('list', { name: 'Warnings' })), /"island".*not trained on/);
  });

  it('says which part of a large file it shows', async () => {
    const large = asJson(state);
    large.preview.output.total = 1_234_567;
    const { page } = await show(large);
    await page.getByText('The first 248 of 1,234,567 rows.').waitFor();
  });

  it('asks the host to open the files, by names that only the host knows', async () => {
    const panel = await show(state);
    for (const name of ['Open the whole output', 'Open the refused rows', 'Open the manifest']) {
      await panel.page.getByRole('button', { name }).click();
    }
    assert.deepEqual(
      (await panel.messages()).slice(1),
      ['output', 'refused', 'manifest'].map((file) => ({ type: 'openBatchFile', file })),
    );
  });

  it('shows hostile cells as the text they are', async () => {
    const panel = await show(hostile(state), { width: 500 });
    const { page } = panel;
    assert.equal(await page.locator('img, script:not([nonce])').count(), 0);
    const cells = await page
      .getByRole('table', { name: 'Scored rows' })
      .locator('tbody tr')
      .first()
      .locator('td')
      .all();
    assert.equal(await cells[0]!.textContent(), MARKUP);
    assert.equal(await pageWidth(panel), 500, 'nothing makes the page wider than it is');
  });

  it('says so when it cannot read what the host sent', async () => {
    const panel = await open('batch');
    await panel.page.evaluate(() => {
      const target = globalThis as unknown as { postMessage(message: unknown, to: string): void };
      target.postMessage({ type: 'state', state: { panel: 'batch', preview: {} } }, '*');
    });
    assert.match(await shownText(panel.page.getByRole('alert')), /cannot read/);
  });

  it('keeps what it shows, so that the host can fill it again after a reload', async () => {
    const panel = await show(state);
    assert.deepEqual(await panel.viewState(), { key: KEY });
  });

  for (const theme of themeNames) {
    it(`is accessible in the ${theme} theme`, async () => {
      const panel = await show(state, { theme });
      assert.deepEqual(await accessibilityViolations(panel), []);
    });

    it(`is kept as a picture of the ${theme} theme`, async () => {
      await keepScreenshot(await show(state, { theme }), `batch-${theme}`);
    });
  }

  it('is kept as a picture of a narrow tab', async () => {
    const panel: OpenPanel = await show(hostile(state), { width: 500 });
    await keepScreenshot(panel, 'batch-hostile-narrow');
  });
});

const MARKUP = '<img src=x onerror="document.title=1"><script>document.title=1</script>';

/** Text that a page must not take for markup, for a style, or for a reason to grow. */
function hostile(state: BatchPanelState): BatchPanelState {
  const copy = asJson(state);
  const { output, refused, manifest } = copy.preview;
  manifest.input.name = `${MARKUP.replaceAll('/', '')}.csv`;
  manifest.warnings = [MARKUP, 'w'.repeat(2000)];
  manifest.refused_reasons = { [MARKUP]: 1, ['r'.repeat(500)]: 1 };
  manifest.model.name = 'm'.repeat(256);
  output.columns[0] = MARKUP;
  output.columns[1] = 'c'.repeat(500);
  output.rows[0] = output.rows[0]!.map(() => MARKUP);
  output.rows[1] = output.rows[1]!.map(() => 'x'.repeat(1000));
  output.rows[2] = output.rows[2]!.map(() => 'one\ntwo\n=1+1');
  refused!.rows[0] = refused!.rows[0]!.map(() => MARKUP);
  return copy;
}
