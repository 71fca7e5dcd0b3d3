import * as assert from 'node:assert/strict';
import { EngineError, exitCodeOf, toEngineError } from '../../../src/engine/support/errors.ts';

describe('An EngineError', () => {
  it('gives the exit code of the contract', () => {
    const codes = {
      usage: 2,
      'invalid-config': 2,
      'invalid-data': 1,
      'gate-failed': 3,
      unreachable: 4,
      unauthorized: 4,
      'remote-failed': 1,
      'store-locked': 4,
      'lock-held': 5,
      cancelled: 130,
    } as const;
    for (const [reason, code] of Object.entries(codes)) {
      assert.equal(exitCodeOf(new EngineError(reason as keyof typeof codes, 'x')), code, reason);
    }
    assert.equal(exitCodeOf(new TypeError('a bug')), 1);
  });

  it('is what anything thrown becomes, with the original as its cause', () => {
    const bug = new TypeError('a bug');
    const error = toEngineError(bug);
    assert.deepEqual([error.reason, error.message, error.cause], ['internal', 'a bug', bug]);
    assert.equal(toEngineError(new EngineError('conflict', 'x')).reason, 'conflict');
    assert.equal(toEngineError(new DOMException('stop', 'AbortError')).reason, 'cancelled');
    assert.equal(toEngineError('just text').message, 'just text');
  });
});
