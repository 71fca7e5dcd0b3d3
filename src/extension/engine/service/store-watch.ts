import { statSync } from 'node:fs';
import path from 'node:path';
import type { ProjectRef } from '../../../protocol/engine-api.ts';
import type { ProjectPool } from './project-pool.ts';

const POLL_MS = 1000;

/** Looks once a second whether anybody, this process included, changed the stores and the state files that views show. */
export class StoreWatch {
  readonly #pool: ProjectPool;
  readonly #onChange: (configFile: string) => void;
  readonly #watched = new Map<string, { ref: ProjectRef; token: string | undefined }>();
  #timer: NodeJS.Timeout | undefined;
  #isLooking = false;

  constructor(pool: ProjectPool, onChange: (configFile: string) => void) {
    this.#pool = pool;
    this.#onChange = onChange;
  }

  async add(ref: ProjectRef): Promise<void> {
    if (this.#watched.has(ref.configFile)) return;
    this.#watched.set(ref.configFile, { ref, token: await this.#token(ref) });
    this.#timer ??= setInterval(() => void this.#look(), POLL_MS);
  }

  remove(ref: ProjectRef): void {
    this.#watched.delete(ref.configFile);
    if (this.#watched.size > 0) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  close(): void {
    this.#watched.clear();
    clearInterval(this.#timer);
  }

  async #look(): Promise<void> {
    if (this.#isLooking) return;
    this.#isLooking = true;
    for (const entry of this.#watched.values()) {
      const token = await this.#token(entry.ref);
      const isNew = token !== entry.token;
      entry.token = token;
      if (isNew) this.#onChange(entry.ref.configFile);
    }
    this.#isLooking = false;
  }

  /** A store that is missing or cannot be read has a token too: that it can be read again is a change. */
  async #token(ref: ProjectRef): Promise<string> {
    return `${await this.#storeToken(ref)} ${stateToken(ref)}`;
  }

  async #storeToken(ref: ProjectRef): Promise<string> {
    try {
      return await this.#pool.read(
        ref,
        () => 'missing',
        ({ store }) => store.changeToken(),
      );
    } catch {
      return 'unreadable';
    }
  }
}

/** By name only: the history of schedules lies in state.db, and opening it once a second would be a hazard to its locks. */
function stateToken({ configFile }: ProjectRef): string {
  const stats = statSync(path.join(path.dirname(configFile), '.gnu-mlops', 'state.db'), { throwIfNoEntry: false });
  return stats ? `${stats.mtimeMs}:${stats.size}` : 'missing';
}
