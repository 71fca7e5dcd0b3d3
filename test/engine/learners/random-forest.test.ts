import assert from 'node:assert/strict';
import fc from 'fast-check';
import { fitEnsemble } from '../../../src/engine/learners/fit.ts';
import type { Hyperparameters, TrainingSet } from '../../../src/engine/learners/learner.ts';
import { EngineError } from '../../../src/engine/support/errors.ts';
import { accuracy, fitOptions, generatedSet, rankingShare, rawScores, rowsByLeaf, smallSet } from './training-sets.ts';

const fitForest = (set: TrainingSet, hyperparameters: Hyperparameters = {}) =>
  fitEnsemble('random_forest', set, fitOptions({ n_estimators: 20, ...hyperparameters }));

/** Every row as often as it weighs. */
function repeated(set: TrainingSet, times: number[]): TrainingSet {
  const rows = times.flatMap((count, row) => new Array<number>(count).fill(row));
  return {
    ...set,
    columns: set.columns.map((column) => Float32Array.from(rows, (row) => column[row]!)),
    labels: Int32Array.from(rows, (row) => set.labels[row]!),
    rowCount: rows.length,
  };
}

describe('random_forest', () => {
  it('learns which rows are which', async () => {
    const { ensemble } = await fitForest(generatedSet({ rows: 2000 }), { n_estimators: 60, max_depth: 8 });
    const unseen = generatedSet({ rows: 500, seed: 2 });
    const share = rankingShare(rawScores(ensemble, unseen), unseen.labels);
    assert.ok(share > 0.93, `AUC is ${share}`);
  });

  it('learns XOR, where no single split gains anything', async () => {
    const corners = [
      [0, 0, 0],
      [0, 1, 1],
      [1, 0, 1],
      [1, 1, 0],
    ];
    const set = smallSet(Array.from({ length: 40 }, (_, i) => corners[i % 4]!));
    const { ensemble } = await fitForest(set, { bootstrap: false });
    assert.equal(accuracy(ensemble, set), 1);
  });

  it('grows until every leaf is pure when nothing limits it', async () => {
    const set = generatedSet({ rows: 300, classes: 3 });
    const { ensemble } = await fitForest(set, { bootstrap: false, n_estimators: 4 });
    assert.equal(accuracy(ensemble, set), 1);
    for (const [leaf, feature] of ensemble.feature.entries()) {
      if (feature >= 0) continue;
      const shares = ensemble.leafValues.subarray(leaf * 3, leaf * 3 + 3);
      assert.deepEqual([...shares].sort(), [0, 0, 0.25]);
    }
  });

  it('learns twelve classes', async () => {
    const set = generatedSet({ rows: 1500, classes: 12, seed: 4 });
    const { ensemble } = await fitForest(set);
    assert.equal(ensemble.outputCount, 12);
    assert.ok(accuracy(ensemble, set) > 0.95);
    const [first] = [rawScores(ensemble, set).subarray(0, 12)];
    assert.ok(Math.abs(first.reduce((sum, value) => sum + value) - 1) < 1e-5);
  });

  it('weighs a row as often as it is repeated', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.nat(),
        fc.array(fc.integer({ min: 0, max: 4 }), { minLength: 60, maxLength: 60 }),
        async (seed, times) => {
          fc.pre(times.some((count) => count > 0));
          const set = { ...generatedSet({ rows: 60, seed, rounded: true }), classCount: 2 };
          const hyperparameters = { bootstrap: false, n_estimators: 3, max_depth: 4 };
          const weighted = await fitForest({ ...set, weights: Float64Array.from(times) }, hyperparameters);
          const again = await fitForest(repeated(set, times), hyperparameters);
          assert.deepEqual(weighted.ensemble.leafValues, again.ensemble.leafValues);
          assert.deepEqual(weighted.ensemble.feature, again.ensemble.feature);
          assert.deepEqual(weighted.ensemble.cover, again.ensemble.cover);
        },
      ),
      { numRuns: 25 },
    );
  });

  it('grows the same trees with weights of 1 as without weights', async () => {
    const set = generatedSet({ rows: 700 });
    const weights = new Float64Array(set.rowCount).fill(1);
    assert.deepEqual(await fitForest({ ...set, weights }), await fitForest(set));
  });

  it('takes no notice of rows that weigh nothing', async () => {
    const set = generatedSet({ rows: 200 });
    const flipped = { ...set, labels: set.labels.map((label, row) => (row % 2 ? 1 - label : label)) };
    const weights = Float64Array.from({ length: 200 }, (_, row) => (row % 2 ? 0 : 1));
    assert.deepEqual(await fitForest({ ...set, weights }), await fitForest({ ...flipped, weights }));
  });

  for (const classes of [2, 3]) {
    it(`leaves at least min_samples_leaf rows in every leaf (${classes} classes)`, async () => {
      const set = generatedSet({ rows: 400, classes });
      const { ensemble } = await fitForest(set, { bootstrap: false, min_samples_leaf: 17, n_estimators: 5 });
      for (let tree = 0; tree < 5; tree++) {
        const rows = rowsByLeaf(ensemble, tree, set);
        assert.ok(rows.length > 4 && Math.min(...rows) >= 17);
      }
    });
  }

  it('splits no node of fewer than min_samples_split rows', async () => {
    const set = generatedSet({ rows: 400 });
    const { ensemble } = await fitForest(set, { bootstrap: false, min_samples_split: 50, n_estimators: 5 });
    assert.ok(ensemble.feature.every((feature, node) => feature < 0 || ensemble.cover[node]! >= 50));
  });

  it('goes no deeper than max_depth', async () => {
    const { ensemble } = await fitForest(generatedSet({ rows: 400 }), { max_depth: 1 });
    assert.equal(ensemble.feature.length, 3 * 20);
  });

  it('draws max_samples rows', async () => {
    const set = generatedSet({ rows: 400 });
    const few = await fitForest(set, { max_samples: 30 });
    const share = await fitForest(set, { max_samples: 0.25 });
    assert.ok(few.ensemble.roots.every((root) => few.ensemble.cover[root] === 30));
    assert.ok(share.ensemble.roots.every((root) => share.ensemble.cover[root] === 100));
  });

  it('looks at all features when max_features is null, and then finds the best first', async () => {
    const set = generatedSet({ rows: 1000, features: 12 });
    const { ensemble } = await fitForest(set, { max_features: null, max_depth: 2 });
    assert.ok(ensemble.roots.every((root) => ensemble.feature[root] === 0));
    const one = await fitForest(set, { max_features: 1, max_depth: 2 });
    assert.ok(new Set(one.ensemble.roots.map((root) => one.ensemble.feature[root]!)).size > 4);
  });

  it('reads max_features as a rule, a number or a share', async () => {
    const set = generatedSet({ rows: 200, features: 16 });
    const trees = (max_features: string | number) => fitForest(set, { max_features });
    assert.deepEqual(await trees('sqrt'), await trees(4));
    assert.deepEqual(await trees('log2'), await trees(4));
    assert.deepEqual(await trees(0.5), await trees(8));
  });

  it('looks on past constant features until it finds one that varies', async () => {
    const set = generatedSet({ rows: 100, features: 1 });
    const constant = new Float32Array(100).fill(2);
    const columns = [constant, constant, set.columns[0]!, constant, constant, constant];
    const { ensemble, importances } = await fitForest({ ...set, columns }, { max_features: 1 });
    assert.ok(ensemble.roots.every((root) => ensemble.feature[root] === 2));
    assert.deepEqual([...importances], [0, 0, 1, 0, 0, 0]);
  });

  it('makes single leaves of the prior when every feature is constant', async () => {
    const set = smallSet([
      [1, 0],
      [1, 1],
      [1, 1],
      [1, 1],
    ]);
    const { ensemble, importances } = await fitForest(set, { bootstrap: false, n_estimators: 2 });
    assert.deepEqual([...ensemble.leafValues], [0.375, 0.375]);
    assert.deepEqual([...importances], [0]);
  });

  it('learns from one feature and from one class', async () => {
    const set = generatedSet({ rows: 100, features: 1 });
    assert.ok(accuracy((await fitForest(set, { bootstrap: false })).ensemble, set) > 0.98);
    const same = { ...set, labels: new Int32Array(100).fill(1) };
    assert.equal(accuracy((await fitForest(same)).ensemble, same), 1);
  });

  it('gives the deciding features the highest importances, which sum to 1', async () => {
    for (const classes of [2, 4]) {
      const { importances } = await fitForest(generatedSet({ rows: 1000, classes }), { max_depth: 5 });
      assert.ok(Math.abs(importances.reduce((sum, value) => sum + value) - 1) < 1e-12);
      const [first, second, ...noise] = importances;
      assert.ok(first! > second! && second! > Math.max(...noise));
    }
  });

  it('covers every inner node with what its children cover', async () => {
    const { ensemble } = await fitForest(generatedSet({ rows: 300, classes: 3 }));
    ensemble.feature.forEach((feature, node) => {
      if (feature < 0) return;
      const left = ensemble.left[node]!;
      assert.equal(ensemble.cover[node], ensemble.cover[left]! + ensemble.cover[left + 1]!);
    });
  });

  it('changes with the seed, and random_state goes before the seed', async () => {
    const set = generatedSet({ rows: 200 });
    const learn = (seed: number, random_state: number | null) =>
      fitEnsemble('random_forest', set, fitOptions({ n_estimators: 5, random_state }, { seed }));
    assert.deepEqual(await learn(3, null), await learn(4, 3));
    assert.notDeepEqual((await learn(3, null)).ensemble.threshold, (await learn(4, null)).ensemble.threshold);
  });

  it('starts with the same trees however many follow', async () => {
    const set = generatedSet({ rows: 200 });
    const few = (await fitForest(set, { n_estimators: 3 })).ensemble;
    const many = (await fitForest(set, { n_estimators: 6 })).ensemble;
    assert.deepEqual(many.feature.subarray(0, few.feature.length), few.feature);
  });

  const impossible: Hyperparameters[] = [
    { max_features: 7 },
    { max_samples: 101 },
    { bootstrap: false, max_samples: 5 },
  ];
  for (const hyperparameters of impossible) {
    it(`refuses ${JSON.stringify(hyperparameters)} for 100 rows of 6 features`, async () => {
      await assert.rejects(fitForest(generatedSet({ rows: 100 }), hyperparameters), (error) =>
        EngineError.is(error, 'invalid-config'),
      );
    });
  }

  it('refuses rows that nothing can be learned from', async () => {
    const set = generatedSet({ rows: 4 });
    const refused = [
      { ...set, rowCount: 0, columns: set.columns.map(() => new Float32Array(0)), labels: new Int32Array(0) },
      { ...set, columns: [] },
      { ...set, weights: new Float64Array(4) },
      { ...set, weights: Float64Array.of(1, -1, 1, 1) },
    ];
    for (const each of refused) {
      await assert.rejects(fitForest(each), (error) => EngineError.is(error, 'invalid-data'));
    }
  });
});
