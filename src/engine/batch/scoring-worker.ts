// Entry point of a scoring thread: scores one block after the other until it is terminated.
import { parentPort } from 'node:worker_threads';
import { toEngineError } from '../support/errors.ts';
import { scoreBlock } from './block-scorer.ts';
import type { ScoringReply, ScoringTask } from './scoring-task.ts';

const port = parentPort!;

port.on('message', ({ id, layout, bytes }: ScoringTask) => {
  try {
    const block = scoreBlock(layout, Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength));
    const reply: ScoringReply = { kind: 'scored', id, block };
    port.postMessage(reply, [block.output.buffer]);
  } catch (error) {
    const { reason, message } = toEngineError(error);
    const reply: ScoringReply = { kind: 'failed', id, reason, message };
    port.postMessage(reply);
  }
});
