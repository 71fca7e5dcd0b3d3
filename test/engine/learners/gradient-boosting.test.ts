import assert from 'node:assert/strict';
import { fitEnsemble } from '../../../src/engine/learners/fit.ts';
import type { Algorithm, Hyperparameters, TrainingSet, TreeEnsemble } from '../../../src/engine/learners/learner.ts';
import { accuracy, fitOptions, generatedSet, rankingShare, rawScores, rowsByLeaf, smallSet } from './training-sets.ts';

const BOOSTING = ['gradient_boosting', 'xgboost', 'lightgbm'] as const;

const learn = (algorithm: Algorithm, set: TrainingSet, hyperparameters: Hyperparameters = {}) =>
  fitEnsemble(algorithm, set, fitOptions({ n_estimators: 40, ...hyperparameters }));

function leafCounts({ roots, feature }: TreeEnsemble): number[] {
  return Array.from(roots, (root, tree) => feature.subarray(root, roots[tree + 1]).filter((each) => each < 0).length);
}

function depthOf({ feature, left }: TreeEnsemble, node: number): number {
  return feature[node]! < 0
    ? 0
    : 1 + Math.max(...[0, 1].map((side) => depthOf({ feature, left } as TreeEnsemble, left[node]! + side)));
}

/** Mean log loss of two classes. */
function logLoss(ensemble: TreeEnsemble, set: TrainingSet): number {
  const margins = rawScores(ensemble, set);
  return (
    margins.reduce((sum, margin, row) => sum + Math.log1p(Math.exp(set.labels[row] ? -margin : margin)), 0) /
    set.rowCount
  );
}

for (const algorithm of BOOSTING) {
  describe(algorithm, () => {
    it('learns which rows are which', async () => {
      const { ensemble } = await learn(algorithm, generatedSet({ rows: 2000 }));
      const unseen = generatedSet({ rows: 500, seed: 2 });
      assert.equal(ensemble.link, 'logistic');
      const share = rankingShare(rawScores(ensemble, unseen), unseen.labels);
      assert.ok(share > 0.93, `AUC is ${share}`);
    });

    it('learns five classes, one tree per class and round', async () => {
      const set = generatedSet({ rows: 1500, classes: 5 });
      const { ensemble } = await learn(algorithm, set);
      assert.equal(ensemble.link, 'softmax');
      assert.equal(ensemble.roots.length, 200);
      assert.deepEqual([...ensemble.treeTarget.subarray(0, 6)], [0, 1, 2, 3, 4, 0]);
      assert.ok(accuracy(ensemble, set) > 0.8);
    });

    it('starts from the share of each class', async () => {
      const set = smallSet([
        [1, 0],
        [1, 1],
        [1, 1],
        [1, 1],
      ]);
      const { ensemble, importances } = await learn(algorithm, set, { n_estimators: 2 });
      assert.ok(Math.abs(rawScores(ensemble, set)[0]! - Math.log(3)) < 1e-6);
      assert.deepEqual([...importances], [0]);
    });

    it('lowers the loss with every round', async () => {
      const set = generatedSet({ rows: 500 });
      const losses: number[] = [];
      for (const n_estimators of [1, 5, 20, 60])
        losses.push(logLoss((await learn(algorithm, set, { n_estimators })).ensemble, set));
      assert.deepEqual(
        losses,
        losses.toSorted((a, b) => b - a),
      );
    });

    it('starts with the same trees however many follow', async () => {
      const set = generatedSet({ rows: 300 });
      const few = (await learn(algorithm, set, { n_estimators: 3, subsample: 0.5 })).ensemble;
      const many = (await learn(algorithm, set, { n_estimators: 6, subsample: 0.5 })).ensemble;
      assert.deepEqual(many.leafValues.subarray(0, few.leafValues.length), few.leafValues);
    });

    it('weighs a row nearly as often as it is repeated', async () => {
      const set = generatedSet({ rows: 300, rounded: true });
      const rows = Array.from({ length: 300 }, (_, row) => row).flatMap((row) => (row % 2 ? [row] : [row, row]));
      const twice: TrainingSet = {
        ...set,
        rowCount: rows.length,
        columns: set.columns.map((column) => Float32Array.from(rows, (row) => column[row]!)),
        labels: Int32Array.from(rows, (row) => set.labels[row]!),
      };
      const weights = Float64Array.from({ length: 300 }, (_, row) => (row % 2 ? 1 : 2));
      // Rows are counted, not weighed, so no limit on them may bind.
      const least: Hyperparameters = algorithm === 'lightgbm' ? { min_child_samples: 1 } : {};
      const hyperparameters = { n_estimators: 5, learning_rate: 0.1, ...least };
      const weighted = rawScores((await learn(algorithm, { ...set, weights }, hyperparameters)).ensemble, set);
      const again = rawScores((await learn(algorithm, twice, hyperparameters)).ensemble, set);
      assert.ok(weighted.every((score, row) => Math.abs(score - again[row]!) < 1e-4));
    });

    it('takes no notice of rows that weigh nothing', async () => {
      const set = generatedSet({ rows: 200 });
      const flipped = { ...set, labels: set.labels.map((label, row) => (row % 2 ? 1 - label : label)) };
      const weights = Float64Array.from({ length: 200 }, (_, row) => (row % 2 ? 0 : 1));
      assert.deepEqual(await learn(algorithm, { ...set, weights }), await learn(algorithm, { ...flipped, weights }));
    });

    it('draws other rows with another seed when it draws at all', async () => {
      const set = generatedSet({ rows: 200 });
      const scores = async (hyperparameters: Hyperparameters) =>
        rawScores((await learn(algorithm, set, hyperparameters)).ensemble, set);
      assert.deepEqual(await scores({ random_state: 1 }), await scores({ random_state: 2 }));
      assert.deepEqual(
        await scores({ random_state: 1, subsample: 0.5 }),
        await scores({ random_state: 1, subsample: 0.5 }),
      );
      assert.notDeepEqual(
        await scores({ random_state: 1, subsample: 0.5 }),
        await scores({ random_state: 2, subsample: 0.5 }),
      );
    });

    it('grows each tree from a share of the rows, and still learns from all', async () => {
      const set = generatedSet({ rows: 1000 });
      const { ensemble } = await learn(algorithm, set, { subsample: 0.3 });
      assert.ok(ensemble.roots.every((root) => ensemble.cover[root] === 300));
      assert.ok(accuracy(ensemble, set) > 0.85);
    });

    it('gives the deciding features the highest importances, which sum to 1', async () => {
      const { importances } = await learn(algorithm, generatedSet({ rows: 1000 }));
      assert.ok(Math.abs(importances.reduce((sum, value) => sum + value) - 1) < 1e-12);
      const [first, second, ...noise] = importances;
      assert.ok(first! > second! && second! > Math.max(...noise));
    });

    it('survives a class without rows and rows that are all alike', async () => {
      const set = { ...generatedSet({ rows: 100 }), labels: new Int32Array(100) };
      assert.equal(accuracy((await learn(algorithm, set)).ensemble, set), 1);
      const three = { ...generatedSet({ rows: 100, classes: 2 }), classCount: 3 };
      assert.ok(rawScores((await learn(algorithm, three)).ensemble, three).every(Number.isFinite));
    });

    it('sums its leaves to the scores it learned from', async () => {
      const set = generatedSet({ rows: 400 });
      const { ensemble } = await learn(algorithm, set, { n_estimators: 1, learning_rate: 1 });
      const residual = rawScores(ensemble, set).reduce(
        (sum, margin, row) => sum + 1 / (1 + Math.exp(-margin)) - set.labels[row]!,
        0,
      );
      assert.ok(Math.abs(residual / set.rowCount) < 0.03);
    });
  });
}

describe('limits of boosting', () => {
  const set = generatedSet({ rows: 600, classes: 2 });

  it('gradient_boosting leaves at least min_samples_leaf rows in every leaf', async () => {
    const { ensemble } = await learn('gradient_boosting', set, { min_samples_leaf: 40, max_depth: null });
    assert.ok(ensemble.roots.every((_, tree) => Math.min(...rowsByLeaf(ensemble, tree, set)) >= 40));
  });

  it('lightgbm leaves at least min_child_samples rows in every leaf, in at most num_leaves leaves', async () => {
    const { ensemble } = await learn('lightgbm', set, { min_child_samples: 30, num_leaves: 9 });
    assert.ok(ensemble.roots.every((_, tree) => Math.min(...rowsByLeaf(ensemble, tree, set)) >= 30));
    assert.equal(Math.max(...leafCounts(ensemble)), 9);
  });

  it('lightgbm splits the leaf that gains most first', async () => {
    const small = (await learn('lightgbm', set, { n_estimators: 1, num_leaves: 4 })).ensemble;
    const large = (await learn('lightgbm', set, { n_estimators: 1, num_leaves: 5 })).ensemble;
    assert.deepEqual(large.cover.subarray(0, small.cover.length), small.cover);
  });

  it('goes no deeper than max_depth', async () => {
    for (const algorithm of BOOSTING) {
      const { ensemble } = await learn(algorithm, set, { max_depth: 2 });
      assert.equal(Math.max(...Array.from(ensemble.roots, (root) => depthOf(ensemble, root))), 2);
    }
  });

  it('reads 0 and -1 as no limit of depth', async () => {
    const unlimited = await learn('xgboost', set, { max_depth: 0, min_child_weight: 0 });
    assert.ok(Math.max(...Array.from(unlimited.ensemble.roots, (root) => depthOf(unlimited.ensemble, root))) > 6);
    assert.deepEqual(await learn('lightgbm', set, { max_depth: -1 }), await learn('lightgbm', set, { max_depth: 0 }));
  });

  it('grows smaller trees with gamma, min_split_gain and min_child_weight', async () => {
    const leaves = async (algorithm: Algorithm, hyperparameters: Hyperparameters) =>
      leafCounts((await learn(algorithm, set, hyperparameters)).ensemble).reduce((sum, count) => sum + count);
    assert.ok((await leaves('xgboost', { gamma: 5 })) < (await leaves('xgboost', {})));
    assert.ok((await leaves('xgboost', { min_child_weight: 8 })) < (await leaves('xgboost', {})));
    assert.ok((await leaves('lightgbm', { min_split_gain: 2 })) < (await leaves('lightgbm', {})));
  });

  it('takes smaller steps with regularisation', async () => {
    const largest = async (algorithm: Algorithm, hyperparameters: Hyperparameters) =>
      Math.max(
        ...(await learn(algorithm, set, { n_estimators: 1, ...hyperparameters })).ensemble.leafValues.map(Math.abs),
      );
    assert.ok((await largest('xgboost', { reg_lambda: 50 })) < (await largest('xgboost', { reg_lambda: 0 })));
    assert.ok((await largest('lightgbm', { reg_lambda: 50 })) < (await largest('lightgbm', {})));
    assert.ok(
      (await largest('gradient_boosting', { l2_regularization: 50 })) < (await largest('gradient_boosting', {})),
    );
  });

  it('gives each tree a share of the features', async () => {
    for (const algorithm of ['xgboost', 'lightgbm'] as const) {
      const { ensemble } = await learn(algorithm, set, { colsample_bytree: 0.34 });
      ensemble.roots.forEach((root, tree) => {
        const used = new Set(
          ensemble.feature.subarray(root, ensemble.roots[tree + 1]).filter((feature) => feature >= 0),
        );
        assert.ok(used.size <= 2);
      });
    }
  });

  it('learns from one feature', async () => {
    const one = generatedSet({ rows: 300, features: 1 });
    for (const algorithm of BOOSTING) assert.ok(accuracy((await learn(algorithm, one)).ensemble, one) > 0.85);
  });
});
