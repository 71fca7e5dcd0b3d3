import { Worker } from 'node:worker_threads';
import { EngineError } from '../support/errors.ts';
import type { KernelReply, KernelTask } from './kernel-task.ts';
import type { FittedEnsemble } from './learner.ts';

/** Beside this file in the sources; beside the bundle's chunks in dist/. */
const WORKER = new URL(import.meta.url.endsWith('.ts') ? './kernel-worker.ts' : './kernel-worker.js', import.meta.url);

/**
 * Threads for one operation: started by the constructor, gone after `close()`, which every user owes it.
 * Aborting the signal fails `run` at once; `close` then stops the threads in the middle of what they do.
 */
export class KernelPool {
  readonly #workers: Worker[];
  readonly #signal: AbortSignal | undefined;
  readonly #failure = Promise.withResolvers<never>();

  constructor(size: number, signal: AbortSignal | undefined) {
    this.#signal = signal;
    // Whoever awaits `run` hears of a failure; without this one before `run` would end the process.
    this.#failure.promise.catch(() => undefined);
    this.#workers = Array.from({ length: size }, () => this.#start());
    signal?.addEventListener('abort', this.#cancel);
    if (signal?.aborted) this.#cancel();
  }

  readonly #cancel = (): void => this.#failure.reject(new EngineError('cancelled', 'Cancelled.'));

  #start(): Worker {
    // No flags of the host: an editor's are not a worker's.
    const worker = new Worker(WORKER, { name: 'gnu-mlops-kernel', execArgv: [] });
    worker.on('error', (error) => this.#failure.reject(error));
    worker.on('exit', () =>
      this.#failure.reject(new EngineError('internal', 'A training thread ended before its work.')),
    );
    return worker;
  }

  /**
   * Gives each task to the next free thread; resolves to what each task fitted, in the order of the tasks.
   * @throws EngineError `cancelled`, or what a task failed with.
   */
  async run(tasks: readonly KernelTask[], onReply: (reply: KernelReply) => void): Promise<(FittedEnsemble | null)[]> {
    const results: (FittedEnsemble | null)[] = tasks.map(() => null);
    const queue = tasks.entries();
    const busy = this.#workers.map(async (worker) => {
      // One iterator for all threads: each takes the next task when it is free.
      for (const [index, task] of queue) results[index] = await perform(worker, task, onReply);
    });
    await Promise.race([Promise.all(busy), this.#failure.promise]);
    return results;
  }

  /** Ends the threads, whatever they are doing. */
  async close(): Promise<void> {
    this.#signal?.removeEventListener('abort', this.#cancel);
    await Promise.all(this.#workers.map((worker) => worker.terminate()));
  }
}

function perform(
  worker: Worker,
  task: KernelTask,
  onReply: (reply: KernelReply) => void,
): Promise<FittedEnsemble | null> {
  return new Promise((resolve, reject) => {
    const listen = (reply: KernelReply): void => {
      onReply(reply);
      if (reply.kind !== 'done' && reply.kind !== 'failed') return;
      worker.off('message', listen);
      if (reply.kind === 'done') resolve(reply.fitted);
      else reject(revive(reply));
    };
    worker.on('message', listen);
    worker.postMessage(task);
  });
}

function revive({ reason, message, details, stack }: Extract<KernelReply, { kind: 'failed' }>): EngineError {
  const error = new EngineError(reason, message, details);
  if (stack !== undefined) error.stack = stack;
  return error;
}
