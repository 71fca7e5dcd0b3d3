import { randomUUID } from 'node:crypto';
import { DatabaseSync, type StatementSync } from 'node:sqlite';

/**
 * Notices commits of anybody, this process included: SQLite's data_version counts those of other connections, and this
 * connection never writes. It never waits, so that polling cannot stop the process while another program writes.
 */
export class ChangeWatch {
  readonly #database: DatabaseSync;
  readonly #version: StatementSync;
  /** The count starts anew with each connection. */
  readonly #name = randomUUID().slice(0, 8);
  #last = '';

  constructor(file: string) {
    this.#database = new DatabaseSync(file, { readOnly: true });
    this.#database.exec('PRAGMA busy_timeout = 0');
    this.#version = this.#database.prepare('PRAGMA data_version');
  }

  /** Equal as long as nothing changed. While the file is locked, what was last known. */
  token(): string {
    try {
      this.#last = `${this.#name}:${this.#version.get()!.data_version}`;
    } catch {
      // Locked just now; the change shows at the next call.
    }
    return this.#last;
  }

  close(): void {
    if (this.#database.isOpen) this.#database.close();
  }
}
