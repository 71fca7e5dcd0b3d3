import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import path from 'node:path';
import { writeFileWhole } from '../support/atomic-file.ts';
import type { Message } from './message.ts';

/** Messages that wait to be accepted: `.gnu-mlops/spool/`, one JSON file each, written whole, readable by their owner only. */
export class Spool {
  readonly folder: string;

  constructor(stateFolder: string) {
    this.folder = path.join(stateFolder, 'spool');
  }

  /** Keeps a message, also in place of an earlier state of it. */
  put(message: Message): void {
    mkdirSync(this.folder, { recursive: true, mode: 0o700 });
    writeFileWhole(this.#file(message), `${JSON.stringify(message, null, 2)}\n`);
  }

  remove(message: Message): void {
    rmSync(this.#file(message), { force: true });
  }

  /** What waits, oldest first. A file that is no message is set aside as `.broken`. */
  list(): Message[] {
    const names = existsSync(this.folder) ? readdirSync(this.folder) : [];
    return names
      .filter((name) => name.endsWith('.json'))
      .sort()
      .flatMap((name) => this.#read(name) ?? []);
  }

  #file({ created, id }: Message): string {
    return path.join(this.folder, `${created.replace(/[-:.]/g, '')}-${id}.json`);
  }

  #read(name: string): Message | undefined {
    const file = path.join(this.folder, name);
    try {
      const message = JSON.parse(readFileSync(file, 'utf8')) as Message;
      if (message.schema === 1 && Array.isArray(message.to)) return message;
    } catch (error) {
      // Another process may have sent it just now.
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    }
    renameSync(file, `${file}.broken`);
    return undefined;
  }
}
