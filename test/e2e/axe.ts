import * as assert from 'node:assert/strict';
import { AxeBuilder } from '@axe-core/playwright';
import type { Page } from 'playwright-core';

/** What axe finds wrong with the page of the webview in front, a line for each kind. */
export async function accessibilityViolations(page: Page): Promise<string[]> {
  const scan = new AxeBuilder({ page });
  const { violations, passes } = await scan.include(['iframe.webview.ready', 'iframe', '#root']).analyze();
  assert.ok(
    passes.some(({ id }) => id === 'color-contrast'),
    'axe has seen the page',
  );
  return violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html.slice(0, 200)).join(' | ')}`);
}
