import assert from 'node:assert/strict';
import { fitEnsemble } from '../../../src/engine/learners/fit.ts';
import { resolveHyperparameters } from '../../../src/engine/learners/hyperparameters.ts';
import type { Hyperparameters, TrainingSet } from '../../../src/engine/learners/learner.ts';
import { convertForest, trainPackageForest } from '../../../src/engine/learners/ml-random-forest.ts';
import { EngineError } from '../../../src/engine/support/errors.ts';
import { fitOptions, generatedSet, rawScores } from './training-sets.ts';

function rowsOf({ columns, rowCount }: TrainingSet): number[][] {
  return Array.from({ length: rowCount }, (_, row) => columns.map((column) => column[row]!));
}

async function assertAgrees(set: TrainingSet, unseen: TrainingSet, given: Hyperparameters): Promise<void> {
  const forest = await trainPackageForest(set, resolveHyperparameters('ml_random_forest', given), 11);
  const { ensemble } = convertForest(forest, set);
  const predicted = forest.predict(rowsOf(unseen));
  const scores = rawScores(ensemble, unseen);
  const { outputCount } = ensemble;
  for (let row = 0; row < unseen.rowCount; row++) {
    const shares = scores.subarray(row * outputCount, (row + 1) * outputCount);
    const most = outputCount === 1 ? Math.max(shares[0]!, 1 - shares[0]!) : Math.max(...shares);
    const tie = shares.filter((share) => Math.abs(share - most) < 1e-5).length > 1;
    if (tie) continue;
    assert.equal(outputCount === 1 ? +(shares[0]! > 0.5) : shares.indexOf(most), predicted[row]);
  }
}

describe('ml_random_forest', () => {
  const set = generatedSet({ rows: 120 });

  it("predicts what the package's own forest predicts", async () => {
    await assertAgrees(set, generatedSet({ rows: 300, seed: 9 }), { n_estimators: 7 });
    await assertAgrees(set, set, { n_estimators: 7, max_features: 0.5, replacement: false, bootstrap: false });
  });

  it('predicts the same of values that lie on a threshold', async () => {
    const rounded = generatedSet({ rows: 120, rounded: true });
    await assertAgrees(rounded, generatedSet({ rows: 300, seed: 9, rounded: true }), { n_estimators: 5 });
  });

  it('predicts the same of four classes', async () => {
    const options = { n_estimators: 9, max_depth: 5, min_num_samples: 2, gain_threshold: 0 };
    await assertAgrees(
      generatedSet({ rows: 120, classes: 4 }),
      generatedSet({ rows: 200, classes: 4, seed: 3 }),
      options,
    );
  });

  it('reads max_features as a number, 1 included', async () => {
    for (const max_features of [1, 3, 6, 0.5]) {
      const values = resolveHyperparameters('ml_random_forest', { n_estimators: 2, max_features, replacement: false });
      const forest = await trainPackageForest(set, values, 1);
      assert.equal(forest.indexes[0]!.length, max_features === 0.5 ? 3 : max_features);
    }
  });

  it('gives the same forest for the same seed, and another for another', async () => {
    const learn = (seed: number) => fitEnsemble('ml_random_forest', set, fitOptions({ n_estimators: 3 }, { seed }));
    assert.deepEqual(await learn(3), await learn(3));
    assert.notDeepEqual((await learn(3)).ensemble.threshold, (await learn(4)).ensemble.threshold);
  });

  it('says which features decide and how many rows reached a node', async () => {
    const { importances, ensemble } = await fitEnsemble('ml_random_forest', set, fitOptions({ n_estimators: 15 }));
    assert.equal(importances.indexOf(Math.max(...importances)), 0);
    assert.ok(Math.abs(importances.reduce((sum, value) => sum + value) - 1) < 1e-12);
    assert.ok(ensemble.roots.every((root) => ensemble.cover[root] === 120));
  });

  it('refuses more than 5,000 rows, and says why and what to use', async () => {
    const many = generatedSet({ rows: 5001, features: 1 });
    await assert.rejects(fitEnsemble('ml_random_forest', many, fitOptions()), (error) => {
      assert.ok(EngineError.is(error, 'unsupported'));
      assert.match(error.message, /5,000 rows, not 5,001.*35 minutes at 10,000 rows/);
      assert.match(error.details.fix!, /Use random_forest/);
      return true;
    });
  });

  it('refuses weights, which the package does not know', async () => {
    const weighted = { ...set, weights: new Float64Array(120).fill(1) };
    await assert.rejects(fitEnsemble('ml_random_forest', weighted, fitOptions()), (error) =>
      EngineError.is(error, 'unsupported'),
    );
  });
});
