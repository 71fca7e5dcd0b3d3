import assert from 'node:assert/strict';
import { readCompareState, readRunState } from '../../webview-ui/host/snapshot.ts';
import { asJson, type RealRuns, realRuns } from './real-runs.ts';

describe('A snapshot that arrives at a page', () => {
  let runs: RealRuns;
  before(async () => {
    runs = await realRuns();
  });

  it('is read as it was sent', () => {
    assert.deepEqual(readRunState(runs.binary), runs.binary);
    assert.deepEqual(readRunState(runs.multiClass), runs.multiClass);
    assert.deepEqual(readCompareState(runs.compared), runs.compared);
  });

  it('is refused when it is of the other panel, or a part of the run is missing or of a wrong kind', () => {
    assert.equal(readRunState(runs.compared), null);
    assert.equal(readCompareState(runs.binary), null);
    for (const part of ['runId', 'name', 'params', 'metrics', 'tags', 'startTime'] as const) {
      const changed = asJson(runs.binary) as unknown as { details: { run: Record<string, unknown> } };
      changed.details.run[part] = part === 'name' ? 7 : undefined;
      assert.equal(readRunState(changed), null, part);
    }
    for (const value of [null, undefined, 'text', 7, [], {}]) assert.equal(readRunState(value), null);
  });

  it('loses an evaluation that is not whole, and keeps the rest', () => {
    for (const part of ['curves', 'confusion_matrix', 'by_class', 'importances', 'classes'] as const) {
      const changed = asJson(runs.binary);
      changed.details.evaluation![part] = 'nonsense' as never;
      assert.equal(readRunState(changed)?.details.evaluation, null, part);
      assert.deepEqual(readRunState(changed)?.details.run, runs.binary.details.run);
    }
  });
});
