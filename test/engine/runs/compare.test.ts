import * as assert from 'node:assert/strict';
import { compareRuns } from '../../../src/engine/runs/compare.ts';
import { EngineError } from '../../../src/engine/support/errors.ts';
import { train } from '../../../src/engine/training/train.ts';
import { type TemporaryProject, temporaryProject } from '../training/temporary-project.ts';

describe('Runs side by side', () => {
  let temporary: TemporaryProject;
  let first: string;

  before(async () => {
    temporary = await temporaryProject();
    first = (await train(temporary.project, { runName: 'first' })).run_id;
    await train(temporary.project, { runName: 'second' });
  });

  after(() => temporary.dispose());

  it('show mean and deviation of the folds, and not the last fold as if it were all of them', async () => {
    const { rows } = await compareRuns(temporary.project, { runs: ['first', 'second'] });
    const folds = rows.map(({ name }) => name).filter((name) => name.startsWith('cv_'));
    assert.ok(folds.includes('cv_accuracy_mean') && folds.includes('cv_accuracy_std'));
    assert.deepEqual(
      folds.filter((name) => !/_(mean|std)$/.test(name)),
      ['cv_folds'],
    );
  });

  it('are different runs, under whatever name', async () => {
    for (const again of ['first', first, first.slice(0, 8)]) {
      await assert.rejects(
        compareRuns(temporary.project, { runs: [first, 'second', again] }),
        (error) =>
          EngineError.is(error, 'usage') && /The run first \([0-9a-f]{32}\) is named twice/.test(error.message),
      );
    }
  });
});
