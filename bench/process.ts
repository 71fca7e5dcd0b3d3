import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { end } from '../scripts/subprocess.ts';

/** A process that answers one JSON line with one JSON line, in order. */
export class MeasuredProcess {
  readonly #child: ChildProcess;
  readonly #lines: AsyncIterator<string>;

  constructor(command: string, args: readonly string[]) {
    this.#child = spawn(command, args, {
      stdio: ['pipe', 'pipe', 'inherit'],
      env: { ...process.env, PYTHONUTF8: '1' },
    });
    this.#lines = createInterface({ input: this.#child.stdout! })[Symbol.asyncIterator]();
  }

  /** @throws Error when the process ends instead of answering; it has said why on stderr. */
  async ask<T = unknown>(command: string, message: Record<string, unknown> = {}): Promise<T> {
    this.#child.stdin!.write(`${JSON.stringify({ command, ...message })}\n`);
    const { done, value } = await this.#lines.next();
    if (done) throw new Error(`The measured process ended at "${command}".`);
    return JSON.parse(value) as T;
  }

  async seconds(command: string, message: Record<string, unknown> = {}): Promise<number> {
    return (await this.ask<{ seconds: number }>(command, message)).seconds;
  }

  async peakMegabytes(): Promise<number | null> {
    return (await this.ask<{ peakMegabytes: number | null }>('memory')).peakMegabytes;
  }

  close(): Promise<void> {
    return end(this.#child);
  }
}
