import type { OperationControl, Progress } from '../../../engine/support/progress.ts';

/** Reports reach the host at most this often; a fast training would flood it. */
const REPORT_EVERY_MS = 50;

/** Requests that can be cancelled, while they run. */
export class Requests {
  readonly #running = new Map<string, AbortController>();
  readonly #onProgress: (requestId: string, progress: Progress) => void;

  constructor(onProgress: (requestId: string, progress: Progress) => void) {
    this.#onProgress = onProgress;
  }

  /** Runs `work` under a request's name. */
  async run<T>(requestId: string, work: (control: OperationControl) => Promise<T>): Promise<T> {
    const controller = new AbortController();
    this.#running.set(requestId, controller);
    try {
      return await work({ signal: controller.signal, onProgress: this.#reporter(requestId) });
    } finally {
      this.#running.delete(requestId);
    }
  }

  cancel(requestId: string): void {
    this.#running.get(requestId)?.abort();
  }

  cancelAll(): void {
    for (const controller of this.#running.values()) controller.abort();
  }

  get isEmpty(): boolean {
    return this.#running.size === 0;
  }

  #reporter(requestId: string): (progress: Progress) => void {
    let last: Progress | undefined;
    let reportedAt = 0;
    return (progress) => {
      const now = performance.now();
      const isSame = last?.phase === progress.phase && progress.done < progress.total;
      if (isSame && now - reportedAt < REPORT_EVERY_MS) return;
      last = progress;
      reportedAt = now;
      this.#onProgress(requestId, progress);
    };
  }
}
