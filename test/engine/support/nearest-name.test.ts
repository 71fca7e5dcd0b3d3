import * as assert from 'node:assert/strict';
import { nearestName } from '../../../src/engine/support/nearest-name.ts';

describe('The nearest name', () => {
  const names = ['test_size', 'cv_folds', 'random_seed', 'n_jobs'];

  it('is the one that was probably meant: a letter wrong, missing, doubled or of the other case', () => {
    for (const wrong of ['test_sise', 'tst_size', 'test_sizee', 'TEST_SIZE', 'testsize']) {
      assert.equal(nearestName(wrong, names), 'test_size');
    }
    assert.equal(nearestName('njobs', names), 'n_jobs');
  });

  it('is none when nothing is near', () => {
    assert.equal(nearestName('zzzzzzzz', names), undefined);
    assert.equal(nearestName('anything', []), undefined);
  });
});
