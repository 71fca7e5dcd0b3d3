import type { Writable } from 'node:stream';
import type { Progress } from '../../engine/support/progress.ts';

const BAR_WIDTH = 24;
const CLEAR = '\r\u001b[2K';

/** One line at the bottom of a terminal that is drawn over again; draws nothing without a stream. */
export class ProgressLine {
  readonly #stream: Writable | undefined;
  #shown = '';

  constructor(stream: Writable | undefined) {
    this.#stream = stream;
  }

  show({ phase, done, total }: Progress): void {
    const share = total > 0 ? Math.min(1, done / total) : 0;
    const filled = Math.round(share * BAR_WIDTH);
    const bar =
      total > 0 ? ` [${'#'.repeat(filled)}${'-'.repeat(BAR_WIDTH - filled)}] ${Math.floor(share * 100)}%` : '';
    const line = `${phase}${bar}`;
    if (line === this.#shown) return;
    this.#shown = line;
    this.#stream?.write(CLEAR + line);
  }

  clear(): void {
    if (this.#shown !== '') this.#stream?.write(CLEAR);
    this.#shown = '';
  }
}
