import * as assert from 'node:assert/strict';
import { stripVTControlCharacters } from 'node:util';
import { gatesTable } from '../../src/cli/output/gates-table.ts';

describe('The table of gates', () => {
  it('shows the end of a long path, so that the verdict stays on the screen', () => {
    const actual =
      '/home/operator/projects/churn/mlruns/1/0123456789abcdef0123456789abcdef/artifacts/model/model.onnx is cut off';
    const gate = { name: 'loads', required: 'scores its input example', actual, passed: false, overridden: false };
    const text = stripVTControlCharacters(gatesTable([gate]));
    assert.match(text, /\.\.\.\/artifacts\/model\/model\.onnx is cut off\s+FAILED/);
    assert.doesNotMatch(text, /operator/);
    const short = stripVTControlCharacters(gatesTable([{ ...gate, actual: 'column a/b is gone' }]));
    assert.match(short, /column a\/b is gone/);
  });
});
