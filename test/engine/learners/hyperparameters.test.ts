import assert from 'node:assert/strict';
import { HYPERPARAMETERS } from '../../../src/engine/learners/hyperparameter-table.ts';
import { rangeText, resolveHyperparameters } from '../../../src/engine/learners/hyperparameters.ts';
import { ALGORITHMS, type Algorithm, type Hyperparameters } from '../../../src/engine/learners/learner.ts';
import { EngineError } from '../../../src/engine/support/errors.ts';

function refusalOf(algorithm: Algorithm, given: Hyperparameters): EngineError {
  try {
    resolveHyperparameters(algorithm, given);
  } catch (error) {
    assert.ok(EngineError.is(error, 'invalid-config'));
    return error;
  }
  return assert.fail('nothing was refused');
}

describe('resolveHyperparameters', () => {
  it("fills in scikit-learn's defaults", () => {
    assert.deepEqual(resolveHyperparameters('random_forest', { max_depth: 10 }), {
      n_estimators: 100,
      max_depth: 10,
      min_samples_split: 2,
      min_samples_leaf: 1,
      max_features: 'sqrt',
      bootstrap: true,
      max_samples: null,
      random_state: null,
    });
  });

  it("knows XGBoost's other names", () => {
    const resolved = resolveHyperparameters('xgboost', { eta: 0.05, lambda: 3, min_split_loss: 0.1 });
    assert.deepEqual([resolved.learning_rate, resolved.reg_lambda, resolved.gamma], [0.05, 3, 0.1]);
    assert.equal('eta' in resolved, false);
  });

  it('changes nothing when applied to its own result', () => {
    for (const algorithm of ALGORITHMS) {
      const once = resolveHyperparameters(algorithm, { n_estimators: 12 });
      assert.deepEqual(resolveHyperparameters(algorithm, once), once);
    }
  });

  it('accepts its own defaults', () => {
    for (const algorithm of ALGORITHMS)
      assert.doesNotThrow(() => resolveHyperparameters(algorithm, resolveHyperparameters(algorithm, {})));
  });

  it('says every name, range and meaning once', () => {
    for (const algorithm of ALGORITHMS) {
      const names = HYPERPARAMETERS[algorithm].map(({ name }) => name);
      assert.equal(new Set(names).size, names.length);
      for (const each of HYPERPARAMETERS[algorithm])
        assert.ok(rangeText(each).length > 0 && each.meaning.endsWith('.'));
    }
  });

  it('names a misspelt hyper-parameter and the nearest right one', () => {
    const error = refusalOf('random_forest', { n_estimator: 5 });
    assert.match(error.message, /n_estimator: unknown hyper-parameter of random_forest; did you mean "n_estimators"\?/);
    assert.deepEqual(error.details.path, ['model', 'hyperparameters', 'n_estimator']);
  });

  it('lists the names when none is near', () => {
    assert.match(refusalOf('lightgbm', { zzzzzzzzz: 1 }).message, /it has n_estimators, learning_rate, num_leaves/);
  });

  it('says the value and the range', () => {
    const { message } = refusalOf('random_forest', { max_features: 'sqr' });
    assert.match(
      message,
      /found "sqr"; expected "sqrt", "log2", an integer of at least 1, a number above 0 and at most 1 or null/,
    );
    assert.match(refusalOf('xgboost', { max_depth: 2.5 }).message, /found 2\.5; expected an integer of at least 0/);
  });

  const wrong: [Algorithm, Hyperparameters][] = [
    ['random_forest', { n_estimators: 0 }],
    ['random_forest', { n_estimators: '100' }],
    ['random_forest', { n_estimators: null }],
    ['random_forest', { min_samples_split: 1 }],
    ['random_forest', { bootstrap: 1 }],
    ['random_forest', { max_features: 1.5 }],
    ['random_forest', { random_state: -1 }],
    ['gradient_boosting', { learning_rate: 0 }],
    ['gradient_boosting', { subsample: 1.1 }],
    ['xgboost', { reg_lambda: -1 }],
    ['xgboost', { gamma: Number.NaN }],
    ['lightgbm', { num_leaves: 1 }],
    ['lightgbm', { max_depth: -2 }],
    ['ml_random_forest', { allow_slow: 'yes' }],
  ];
  for (const [algorithm, given] of wrong) {
    it(`refuses ${JSON.stringify(given)} for ${algorithm}`, () => {
      assert.deepEqual(refusalOf(algorithm, given).details.path, ['model', 'hyperparameters', Object.keys(given)[0]]);
    });
  }

  it('refuses one hyper-parameter under two names', () => {
    assert.match(
      refusalOf('xgboost', { learning_rate: 0.1, eta: 0.1 }).message,
      /eta: found a second name .* expected learning_rate or eta, not both/,
    );
  });
});
