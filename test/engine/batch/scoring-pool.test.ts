import * as assert from 'node:assert/strict';
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import type { FileLayout } from '../../../src/engine/batch/block-scorer.ts';
import { ScoringPool } from '../../../src/engine/batch/scoring-pool.ts';
import { rejects } from '../tracking/store-contract.ts';

/** Scored by a thread, which says that there is no such model. */
const LAYOUT: FileLayout = {
  modelFolder: '/there/is/none',
  delimiter: ',',
  decimal: '.',
  encoding: 'utf8',
  fieldCount: 1,
  fields: [0],
  suffix: '\n',
  escapeFormulas: false,
  batchSize: 100,
};

describe('A pool of scoring threads', () => {
  it('fails the block of a thread that dies, and has another thread answer the next one', async () => {
    const pool = new ScoringPool(1);
    const score = async () => pool.score(LAYOUT, Buffer.from(new ArrayBuffer(10)), false);
    try {
      const made = once(process, 'worker') as Promise<[Worker]>;
      const lost = score();
      const [worker] = await made;
      assert.ok(worker instanceof Worker);
      await Promise.all([worker.terminate(), rejects(lost, 'internal')]);
      await rejects(score(), 'invalid-model');
    } finally {
      await pool.close();
    }
  });
});
