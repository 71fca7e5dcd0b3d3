import { Worker } from 'node:worker_threads';
import { EngineError } from '../support/errors.ts';
import type { FileLayout, ScoredBlock } from './block-scorer.ts';
import type { ScoringReply, ScoringTask } from './scoring-task.ts';

/** Beside this file in the sources; beside the bundle's chunks in dist/. */
const WORKER = new URL(
  import.meta.url.endsWith('.ts') ? './scoring-worker.ts' : './scoring-worker.js',
  import.meta.url,
);

/** A small nursery is emptied often: what a block leaves behind does not pile up. */
const MEMORY = { maxYoungGenerationSizeMb: 2 };

interface Waiting {
  resolve(block: ScoredBlock): void;
  reject(error: Error): void;
}

/** Threads that score blocks; started with the first block, gone after `close()`, which every user owes it. */
export class ScoringPool {
  readonly size: number;
  readonly #workers: Worker[] = [];
  /** Blocks that each thread has not answered yet. */
  readonly #waiting: Map<number, Waiting>[] = [];
  #next = 0;

  constructor(size: number) {
    this.size = size;
  }

  /** Scores a block on the thread that has least to do. The block's memory moves to that thread. */
  score(layout: FileLayout, bytes: Buffer): Promise<ScoredBlock> {
    const thread = this.#idlest();
    const id = this.#next++;
    const answer = Promise.withResolvers<ScoredBlock>();
    this.#waiting[thread]!.set(id, answer);
    // What lies in the pool of small buffers that Node keeps cannot be moved, so that needs a copy of its own.
    const isAlone = bytes.byteOffset === 0 && bytes.byteLength === bytes.buffer.byteLength;
    const own = (isAlone ? bytes : new Uint8Array(bytes)) as Uint8Array<ArrayBuffer>;
    const task: ScoringTask = { id, layout, bytes: own };
    this.#workers[thread]!.postMessage(task, [own.buffer]);
    return answer.promise;
  }

  async close(): Promise<void> {
    await Promise.all(this.#workers.map((worker) => worker.terminate()));
  }

  #idlest(): number {
    if (this.#workers.length < this.size && this.#waiting.every(({ size }) => size > 0)) return this.#start();
    const loads = this.#waiting.map(({ size }) => size);
    return loads.indexOf(Math.min(...loads));
  }

  #start(): number {
    const worker = new Worker(WORKER, { name: 'gnu-mlops-scoring', execArgv: [], resourceLimits: MEMORY });
    const waiting = new Map<number, Waiting>();
    const fail = (error: Error) => {
      for (const { reject } of waiting.values()) reject(error);
      waiting.clear();
    };
    worker.on('message', (reply: ScoringReply) => {
      const answer = waiting.get(reply.id);
      waiting.delete(reply.id);
      if (reply.kind === 'scored') answer?.resolve(reply.block);
      else answer?.reject(new EngineError(reply.reason, reply.message));
    });
    worker.on('error', fail);
    worker.on('exit', () => fail(new EngineError('internal', 'A scoring thread ended before its work.')));
    this.#waiting.push(waiting);
    return this.#workers.push(worker) - 1;
  }
}
