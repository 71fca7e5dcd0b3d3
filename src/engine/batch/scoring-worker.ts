// Entry point of a scoring thread: scores one block after the other until it is terminated.
import { parentPort } from 'node:worker_threads';
import { toEngineError } from '../support/errors.ts';
import { scoreBlock } from './block-scorer.ts';
import type { ScoringReply, ScoringTask } from './scoring-task.ts';

const port = parentPort!;

port.on('message', ({ id, layout, bytes, room }: ScoringTask) => {
  try {
    const memory = bytes.buffer;
    const block = scoreBlock(layout, Buffer.from(memory, bytes.byteOffset, bytes.byteLength), room);
    const reply: ScoringReply = { kind: 'scored', id, block, memory };
    port.postMessage(reply, [block.output.buffer, memory]);
  } catch (error) {
    const { reason, message } = toEngineError(error);
    const reply: ScoringReply = { kind: 'failed', id, reason, message };
    port.postMessage(reply);
  }
});
