// Entry point of a kernel thread: does one task after the other until it is terminated.
import { parentPort } from 'node:worker_threads';
import { toEngineError } from '../support/errors.ts';
import { fitHere } from './fit-here.ts';
import { ForestTreeGrower } from './forest-tree.ts';
import type { KernelReply, KernelTask } from './kernel-task.ts';
import type { FittedEnsemble } from './learner.ts';

const port = parentPort!;

function answer(reply: KernelReply, transfer: ArrayBufferLike[] = []): void {
  port.postMessage(
    reply,
    transfer.filter((buffer) => buffer instanceof ArrayBuffer),
  );
}

function grow({ set, parameters, counter }: Extract<KernelTask, { kind: 'grow' }>): null {
  const grower = new ForestTreeGrower(set, parameters);
  for (;;) {
    const index = Atomics.add(counter, 0, 1);
    if (index >= parameters.treeCount) return null;
    const tree = grower.grow(index);
    answer({ kind: 'tree', index, tree }, [tree.feature.buffer, tree.threshold.buffer, tree.leafValues.buffer]);
  }
}

function fitOne({ algorithm, set, values, seed }: Extract<KernelTask, { kind: 'fit' }>): Promise<FittedEnsemble> {
  let before = 0;
  const onProgress = ({ done }: { done: number }) => {
    if (done > before) answer({ kind: 'steps', count: done - before });
    before = done;
  };
  return fitHere(algorithm, set, values, seed, { onProgress });
}

async function work(task: KernelTask): Promise<void> {
  try {
    answer({ kind: 'done', fitted: task.kind === 'grow' ? grow(task) : await fitOne(task) });
  } catch (error) {
    const { reason, message, details } = toEngineError(error);
    answer({ kind: 'failed', reason, message, details, stack: error instanceof Error ? error.stack : undefined });
  }
}

port.on('message', (task: KernelTask) => void work(task));
