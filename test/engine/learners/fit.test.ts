import assert from 'node:assert/strict';
import type { Worker } from 'node:worker_threads';
import { fitEnsemble, fitEnsembles } from '../../../src/engine/learners/fit.ts';
import { ALGORITHMS, type Algorithm, type Hyperparameters } from '../../../src/engine/learners/learner.ts';
import { EngineError } from '../../../src/engine/support/errors.ts';
import type { Progress } from '../../../src/engine/support/progress.ts';
import { fitOptions, generatedSet } from './training-sets.ts';

/** Threads that run now, and how many ever started. */
const running = new Set<Worker>();
let started = 0;
const watch = (worker: Worker): void => {
  started++;
  running.add(worker);
  worker.once('exit', () => running.delete(worker));
};

/** To be called inside a `describe`: watches its threads, and fails a test that leaves one behind. */
function watchThreads(): void {
  before(() => process.on('worker', watch));
  after(() => process.off('worker', watch));
  beforeEach(() => {
    started = 0;
  });
  afterEach(() => assert.equal(running.size, 0, 'a thread outlived its call'));
}

/** Enough work that threads are worth it. */
const large = generatedSet({ rows: 30_000, features: 9 });
const LARGE_TREES: Record<Algorithm, Hyperparameters> = {
  random_forest: { n_estimators: 60, max_depth: 4 },
  gradient_boosting: { n_estimators: 60, max_depth: 2 },
  xgboost: { n_estimators: 60, max_depth: 2, subsample: 0.5 },
  lightgbm: { n_estimators: 60, num_leaves: 4, colsample_bytree: 0.5 },
  ml_random_forest: { n_estimators: 3 },
};

describe('fitEnsemble', () => {
  watchThreads();

  it('gives the same forest whatever the number of threads', async () => {
    const learn = (threads: number) =>
      fitEnsemble('random_forest', large, fitOptions(LARGE_TREES.random_forest, { threads }));
    const [one, two, five] = [await learn(1), await learn(2), await learn(5)];
    assert.deepEqual(two, one);
    assert.deepEqual(five, one);
  });

  it('gives the same forest with classes and weights whatever the number of threads', async () => {
    const set = { ...generatedSet({ rows: 20_000, classes: 3 }), weights: new Float64Array(20_000).fill(0.3) };
    const learn = (threads: number) => fitEnsemble('random_forest', set, fitOptions({ max_depth: 3 }, { threads }));
    assert.deepEqual(await learn(3), await learn(1));
  });

  it('counts trees as they are done, on this thread and on others', async () => {
    for (const set of [generatedSet({ rows: 50 }), large]) {
      const seen: Progress[] = [];
      const onProgress = (progress: Progress) => seen.push(progress);
      await fitEnsemble('random_forest', set, fitOptions(LARGE_TREES.random_forest, { threads: 2, onProgress }));
      assert.deepEqual(seen[0], { phase: 'Training', done: 0, total: 60 });
      assert.deepEqual(seen.at(-1), { phase: 'Training', done: 60, total: 60 });
      assert.ok(seen.every(({ done }, i) => i === 0 || done > seen[i - 1]!.done));
    }
  });

  it('lets timers run while it trains on this thread', async () => {
    let turns = 0;
    const timer = setInterval(() => turns++, 1);
    const small = generatedSet({ rows: 1500, features: 4 });
    await fitEnsemble('random_forest', small, fitOptions({ n_estimators: 1200, max_features: 2 }));
    clearInterval(timer);
    assert.ok(turns > 0);
  });

  for (const algorithm of ALGORITHMS) {
    it(`stops ${algorithm} when asked, and leaves no thread behind`, async () => {
      const controller = new AbortController();
      const rows = algorithm === 'ml_random_forest' ? 4000 : 30_000;
      const set = {
        ...large,
        rowCount: rows,
        columns: large.columns.map((column) => column.slice(0, rows)),
        labels: large.labels.slice(0, rows),
      };
      const hyperparameters = { n_estimators: 50_000 };
      const fit = fitEnsemble(algorithm, set, fitOptions(hyperparameters, { threads: 2, signal: controller.signal }));
      setTimeout(() => controller.abort(), 150);
      await assert.rejects(fit, (error) => EngineError.is(error, 'cancelled'));
      assert.ok(started > 0);
      assert.equal(running.size, 0);
    });
  }

  it('stops before it starts when the signal is already aborted', async () => {
    for (const set of [generatedSet({ rows: 50 }), large]) {
      const fit = fitEnsemble('lightgbm', set, fitOptions({ n_estimators: 500 }, { signal: AbortSignal.abort() }));
      await assert.rejects(fit, (error) => EngineError.is(error, 'cancelled'));
    }
  });

  it('leaves no thread behind when all went well', async () => {
    await fitEnsemble('random_forest', large, fitOptions(LARGE_TREES.random_forest, { threads: 2 }));
    assert.ok(started > 0);
    assert.equal(running.size, 0);
  });

  it('passes on a refusal from a thread, reason and details included', async () => {
    const nan = {
      ...large,
      columns: large.columns.map((column, i) => (i === 3 ? column.map(() => Number.NaN) : column)),
    };
    for (const algorithm of ['random_forest', 'xgboost'] as const) {
      await assert.rejects(fitEnsemble(algorithm, nan, fitOptions({}, { threads: 2 })), (error) =>
        EngineError.is(error, 'invalid-data'),
      );
    }
    assert.ok(started > 0);
    assert.equal(running.size, 0);
  });
});

describe('fitEnsembles', () => {
  watchThreads();

  for (const algorithm of ALGORITHMS) {
    const hyperparameters = LARGE_TREES[algorithm];
    const rows = algorithm === 'ml_random_forest' ? 300 : 14_000;
    it(`fits each set as fitEnsemble would (${algorithm})`, async () => {
      const sets = [1, 2, 3].map((seed) => generatedSet({ rows: rows + seed, seed }));
      const together = await fitEnsembles(algorithm, sets, fitOptions(hyperparameters, { threads: 2 }));
      for (const [index, set] of sets.entries()) {
        assert.deepEqual(together[index], await fitEnsemble(algorithm, set, fitOptions(hyperparameters)));
      }
    });
  }

  it('starts no thread for small folds', async () => {
    const sets = [1, 2, 3, 4, 5].map((seed) => generatedSet({ rows: 455, features: 30, seed }));
    await fitEnsembles('random_forest', sets, fitOptions({ n_estimators: 20 }, { threads: 2 }));
    assert.equal(started, 0);
  });

  it('counts the trees of all sets together', async () => {
    for (const rows of [60, 20_000]) {
      const seen: Progress[] = [];
      const sets = [generatedSet({ rows }), generatedSet({ rows })];
      const options = { threads: 2, onProgress: (progress: Progress) => seen.push(progress) };
      await fitEnsembles('random_forest', sets, fitOptions({ n_estimators: 40, max_depth: 4 }, options));
      assert.deepEqual(seen.at(-1), { phase: 'Training', done: 80, total: 80 });
    }
  });

  it('fits nothing when there are no sets', async () => {
    assert.deepEqual(await fitEnsembles('random_forest', [], fitOptions()), []);
  });
});
