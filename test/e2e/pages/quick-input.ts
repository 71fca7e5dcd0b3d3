import type { Locator, Page } from 'playwright-core';

/** The box at the top of the workbench: command palette, picks and text questions. */
export class QuickInput {
  readonly #page: Page;
  readonly box: Locator;

  constructor(page: Page) {
    this.#page = page;
    this.box = page.locator('.quick-input-widget');
  }

  get input(): Locator {
    return this.box.getByRole('textbox').or(this.box.getByRole('combobox')).filter({ visible: true }).first();
  }

  /** An entry by its whole name; what follows a comma in its label (key binding, "recently used") does not matter. */
  option(name: string): Locator {
    return this.box.getByRole('option', { name: new RegExp(`^${escapePattern(name)}(,|$)`) }).first();
  }

  /** Chooses the entry with that name. */
  async pick(name: string): Promise<void> {
    await this.option(name).click();
  }

  /** Answers a text question. */
  async answer(text: string): Promise<void> {
    await this.input.fill(text);
    await this.input.press('Enter');
  }

  /**
   * Runs a command from the palette. While the workbench starts, key presses are lost and the palette does not list the
   * commands of extensions yet, hence the repetition.
   */
  async runCommand(title: string): Promise<void> {
    for (let attempt = 0; attempt < 20; attempt += 1) {
      await this.#page.keyboard.press('F1');
      if (!(await appears(this.box))) continue;
      await this.input.fill(`>${title}`);
      if (await appears(this.option(title))) return this.pick(title);
      await this.cancel();
    }
    throw new Error(`The command palette does not list "${title}"`);
  }

  async cancel(): Promise<void> {
    await this.#page.keyboard.press('Escape');
    await this.box.waitFor({ state: 'hidden' });
  }
}

async function appears(locator: Locator): Promise<boolean> {
  return locator.waitFor({ timeout: 2_000 }).then(
    () => true,
    () => false,
  );
}

function escapePattern(text: string): string {
  return text.replaceAll(/[$()*+.?[\\\]^{|}]/g, '\\$&');
}
