import { Worker } from 'node:worker_threads';
import { EngineError } from '../support/errors.ts';
import { type FileLayout, type ScoredBlock, scoreBlock } from './block-scorer.ts';
import type { ScoringReply, ScoringTask } from './scoring-task.ts';
import { SpareMemory } from './spare-memory.ts';

/** Beside this file in the sources; beside the bundle's chunks in dist/. */
const WORKER = new URL(
  import.meta.url.endsWith('.ts') ? './scoring-worker.ts' : './scoring-worker.js',
  import.meta.url,
);

/** A small nursery is emptied often: what a block leaves behind does not pile up. */
const MEMORY = { maxYoungGenerationSizeMb: 2 };

interface Thread {
  worker: Worker;
  /** Blocks that it has not answered yet. */
  waiting: Map<number, Waiting>;
}

interface Waiting {
  resolve(block: ScoredBlock): void;
  reject(error: Error): void;
}

/** Small blocks are scored here: handing them to another thread would take longer. */
const SMALL_BYTES = 128 << 10;

/** Threads that score blocks; started with the first block, gone after `close()`, which every user owes it. */
export class ScoringPool {
  readonly size: number;
  /** What blocks are read into and written from. */
  readonly memory = new SpareMemory();
  readonly #threads = new Set<Thread>();
  #next = 0;

  constructor(size: number) {
    this.size = size;
  }

  /**
   * Scores a block on the thread that has least to do; a small one that nothing waits before, at once.
   * @param bytes at the beginning of their memory, which goes back to `memory` when they are scored; the output's should follow
   * it when that is written
   */
  score(layout: FileLayout, bytes: Buffer<ArrayBuffer>, isFirst: boolean): Promise<ScoredBlock> | ScoredBlock {
    const room = this.memory.take(bytes.length * 2);
    if (isFirst && bytes.length < SMALL_BYTES) {
      const block = scoreBlock(layout, bytes, room);
      this.memory.give(bytes.buffer);
      return block;
    }
    return this.#hand({ layout, bytes, room });
  }

  #hand(work: Omit<ScoringTask, 'id'>): Promise<ScoredBlock> {
    const { worker, waiting } = this.#idlest();
    const id = this.#next++;
    const answer = Promise.withResolvers<ScoredBlock>();
    waiting.set(id, answer);
    const task: ScoringTask = { id, ...work };
    worker.postMessage(task, [work.bytes.buffer, work.room]);
    return answer.promise;
  }

  async close(): Promise<void> {
    await Promise.all(Array.from(this.#threads, ({ worker }) => worker.terminate()));
  }

  #idlest(): Thread {
    const threads = [...this.#threads].sort((a, b) => a.waiting.size - b.waiting.size);
    const [idlest] = threads;
    return idlest === undefined || (idlest.waiting.size > 0 && threads.length < this.size) ? this.#start() : idlest;
  }

  #start(): Thread {
    const worker = new Worker(WORKER, { name: 'gnu-mlops-scoring', execArgv: [], resourceLimits: MEMORY });
    const thread: Thread = { worker, waiting: new Map() };
    this.#threads.add(thread);
    worker.on('message', (reply: ScoringReply) => this.#answer(thread, reply));
    worker.on('error', (error) => this.#lose(thread, error));
    worker.on('exit', () => this.#lose(thread, new EngineError('internal', 'A scoring thread ended before its work.')));
    return thread;
  }

  #answer({ waiting }: Thread, reply: ScoringReply): void {
    const answer = waiting.get(reply.id);
    waiting.delete(reply.id);
    if (reply.kind === 'scored') {
      this.memory.give(reply.memory);
      answer?.resolve(reply.block);
    } else answer?.reject(new EngineError(reply.reason, reply.message));
  }

  /** Another thread takes its place for the next block: one that is gone would never answer. */
  #lose(thread: Thread, error: Error): void {
    this.#threads.delete(thread);
    for (const { reject } of thread.waiting.values()) reject(error);
    thread.waiting.clear();
  }
}
