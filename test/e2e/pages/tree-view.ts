import type { Locator } from 'playwright-core';

/** A tree in the side bar, such as Experiments or the Explorer's files. */
export class TreeView {
  readonly tree: Locator;

  constructor(tree: Locator) {
    this.tree = tree;
  }

  /** A row by a part of its accessible name. */
  item(name: string | RegExp): Locator {
    return this.tree.getByRole('treeitem', { name });
  }

  /** Opens a row that has children, unless it is open. */
  async expand(name: string | RegExp): Promise<void> {
    const row = this.item(name).first();
    await row.waitFor();
    if ((await row.getAttribute('aria-expanded')) === 'true') return;
    await row.click();
    await this.tree.getByRole('treeitem', { name, expanded: true }).first().waitFor();
  }

  /** Presses one of the buttons that a row shows under the mouse. */
  async press(name: string | RegExp, button: string): Promise<void> {
    const row = this.item(name).first();
    await row.hover();
    await row.getByRole('button', { name: button }).click();
  }
}
