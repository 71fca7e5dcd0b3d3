// Panels for tests: one browser for all of a suite, a fresh page for each test.
import assert from 'node:assert/strict';
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { AxeBuilder } from '@axe-core/playwright';
import type { Browser, Locator } from 'playwright-core';
import { projectRoot } from '../../scripts/cache.ts';
import type { PanelState } from '../../src/protocol/panels.ts';
import { launchBrowser } from '../harness/browser.ts';
import { type OpenPanel, openPanel, type PanelOptions } from './webview-page.ts';

/** Opens panels in one browser; each is closed after its test, and none may have complained. */
export function usePanels() {
  let browser: Browser;
  const opened: OpenPanel[] = [];
  before(async () => {
    browser = await launchBrowser();
  });
  afterEach(async () => {
    const panels = opened.splice(0);
    const complaints = await Promise.all(panels.map((panel) => panel.complaints()));
    await Promise.all(panels.map((panel) => panel.close()));
    assert.deepEqual(complaints.flat(), [], 'violations of the policy and errors in the console');
  });
  after(() => browser?.close());

  const open = async (name: PanelState['panel'], options?: PanelOptions) => {
    const panel = await openPanel(browser, name, options);
    opened.push(panel);
    return panel;
  };
  const show = async (state: PanelState, options?: PanelOptions) => {
    const panel = await open(state.panel, options);
    await panel.send(state);
    return panel;
  };
  return { open, show };
}

/** What axe finds wrong, a line for each place; best practices included. */
export async function accessibilityViolations({ page }: OpenPanel): Promise<string[]> {
  // The legacy mode works in the page itself; the other opens a second one, which no panel has.
  const { violations } = await new AxeBuilder({ page }).setLegacyMode(true).analyze();
  return violations.flatMap(({ id, nodes }) =>
    nodes.map(({ html, failureSummary }) => `${id}: ${html} ${failureSummary}`),
  );
}

/** Keeps a picture of the whole page in test-results/screenshots/. */
export async function keepScreenshot({ page }: OpenPanel, name: string): Promise<void> {
  const folder = path.join(projectRoot, 'test-results/screenshots');
  await mkdir(folder, { recursive: true });
  await page.screenshot({ path: path.join(folder, `webview-${name}.png`), fullPage: true });
}

/** The text of an element as a person sees it: without what is hidden, with line ends. */
export async function shownText(element: Locator): Promise<string> {
  await element.waitFor();
  return (await element.allInnerTexts()).join('\n');
}

/** How wide the page's content is, in pixels: more than its view when something sticks out. */
export function pageWidth({ page }: OpenPanel): Promise<number> {
  return page.evaluate(() => {
    const { document } = globalThis as unknown as { document: { documentElement: { scrollWidth: number } } };
    return document.documentElement.scrollWidth;
  });
}
