import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import type { FrameLocator, Locator, Page } from 'playwright-core';
import { projectRoot } from '../../../scripts/cache.ts';
import { QuickInput } from './quick-input.ts';
import { TreeView } from './tree-view.ts';

export const screenshotFolder = path.join(projectRoot, 'test-results/screenshots');

/** What a person sees of VS Code, found by role and label. */
export class Workbench {
  readonly page: Page;
  readonly quickInput: QuickInput;

  constructor(page: Page) {
    this.page = page;
    this.quickInput = new QuickInput(page);
  }

  /** Waits until the side bar shows the open folder: then the editor answers. */
  async ready(): Promise<void> {
    await this.page.getByRole('treeitem').first().waitFor({ timeout: 60_000 });
  }

  /** Runs a command from the palette by its whole title, category included. */
  async runCommand(title: string): Promise<void> {
    await this.quickInput.runCommand(title);
  }

  /** Shows what the palette lists for some text. */
  async openPalette(text: string): Promise<void> {
    await this.page.keyboard.press('F1');
    await this.quickInput.input.fill(`>${text}`);
  }

  /** Shows a container of the activity bar. */
  async openView(name: string): Promise<void> {
    await this.page.getByRole('tab', { name }).first().click();
  }

  /** Gives the side bar more room, by its edge. */
  async widenSideBar(pixels: number): Promise<void> {
    const bar = await this.page.locator('.part.sidebar').boundingBox();
    if (bar === null) throw new Error('The side bar is closed');
    const [x, y] = [bar.x + bar.width, bar.y + bar.height / 2];
    await this.page.mouse.move(x, y);
    await this.page.mouse.down();
    await this.page.mouse.move(x + pixels, y, { steps: 5 });
    await this.page.mouse.up();
  }

  /** Folds views of the side bar away, so that the others have more room. */
  async foldViews(...names: string[]): Promise<void> {
    for (const name of names) await this.page.getByRole('button', { name: `${name} Section`, expanded: true }).click();
  }

  /** The tree of a view in the side bar. */
  tree(name: string | RegExp): TreeView {
    return new TreeView(this.page.getByRole('tree', { name }));
  }

  /** A pop-up message by a part of its text. */
  notification(text: string | RegExp): Locator {
    return this.page.locator('.notifications-toasts').getByRole('dialog', { name: text });
  }

  /** Takes every pop-up message away. */
  async dismissNotifications(): Promise<void> {
    await this.runCommand('Notifications: Clear All Notifications');
    await this.quickInput.box.waitFor({ state: 'hidden' });
  }

  /** A modal question. */
  dialog(): Locator {
    return this.page.locator('.monaco-dialog-box[role=dialog]');
  }

  editorTab(name: string | RegExp): Locator {
    return this.page.locator('.tabs-container').getByRole('tab', { name });
  }

  statusBarItem(name: string | RegExp): Locator {
    return this.page.locator('footer[role=status]').getByRole('button', { name });
  }

  /** The content of the webview in the editor tab of that title; other open webviews are hidden while it is in front. */
  async webviewFrame(title: string | RegExp): Promise<FrameLocator> {
    const tab = this.editorTab(title);
    await tab.waitFor();
    if ((await tab.getAttribute('aria-selected')) !== 'true') await tab.click();
    return this.page
      .locator('iframe.webview.ready')
      .filter({ visible: true })
      .first()
      .contentFrame()
      .frameLocator('iframe');
  }

  /** Keeps a picture in test-results/screenshots/ and returns its path. */
  async screenshot(name: string): Promise<string> {
    await mkdir(screenshotFolder, { recursive: true });
    const file = path.join(screenshotFolder, `${name.replaceAll(/[^\w-]+/g, '-').toLowerCase()}.png`);
    await this.page.screenshot({ path: file });
    return file;
  }
}
