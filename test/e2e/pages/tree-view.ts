import type { Locator } from 'playwright-core';

/** A button that cannot be pressed for so long has gone with its row. */
const REDRAWN_MS = 3000;
const ATTEMPTS = 10;
/** What a button opens is there by then, unless the click was lost. */
const OPENED_MS = 10_000;
const LOST_CLICKS = 3;

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

  /**
   * Presses one of the buttons that a row shows under the mouse. When the tree is drawn anew in between, row and button are others,
   * and the mouse has to come again.
   */
  async press(name: string | RegExp, button: string): Promise<void> {
    const row = this.item(name).first();
    for (let attempt = 1; ; attempt++) {
      await row.hover();
      try {
        await row.getByRole('button', { name: button }).click({ timeout: REDRAWN_MS });
        return;
      } catch (error) {
        if (attempt === ATTEMPTS) throw error;
      }
    }
  }

  /**
   * As {@link press}, for a button that opens something. VS Code forgets the row of a click that comes while the tree is drawn anew, and
   * then nothing opens: the button is pressed again.
   */
  async pressFor(name: string | RegExp, button: string, opened: Locator): Promise<void> {
    for (let attempt = 1; attempt < LOST_CLICKS; attempt++) {
      await this.press(name, button);
      try {
        await opened.waitFor({ timeout: OPENED_MS });
        return;
      } catch {
        // What opens late stands in front of the tree; there is no second press then.
        if (await opened.isVisible()) return;
      }
    }
    await this.press(name, button);
    await opened.waitFor();
  }
}
