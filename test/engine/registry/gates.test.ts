import * as assert from 'node:assert/strict';
import fc from 'fast-check';
import {
  describeRefusal,
  evaluateGates,
  type GateEvidence,
  type GateOptions,
  gatesOpen,
  type Threshold,
} from '../../../src/engine/registry/gates.ts';
import { EngineError } from '../../../src/engine/support/errors.ts';

const good: GateEvidence = {
  metrics: { accuracy: 0.9, log_loss: 0.3 },
  folder: 'intact',
  loadError: null,
  signatureChanges: [],
  fallbackSource: null,
  inStaging: true,
};
const production: GateOptions = { stage: 'GNU_Production' };

function failed(evidence: Partial<GateEvidence>, options: GateOptions = production, thresholds = {}): string[] {
  const gates = evaluateGates({ ...good, ...evidence }, thresholds, options);
  return gates.filter((gate) => !gate.passed && !gate.overridden).map((gate) => gate.name);
}

describe('Gates', () => {
  it('are open for a good version', () => {
    const gates = evaluateGates(good, { accuracy: 0.8 }, production);
    assert.deepEqual(
      gates.map((gate) => gate.name),
      ['metrics.accuracy', 'artifacts', 'digest', 'loads', 'signature', 'fallback-data', 'staging'],
    );
    assert.ok(gatesOpen(gates));
    assert.equal(describeRefusal(gates), '');
    assert.deepEqual(gates[0], {
      name: 'metrics.accuracy',
      required: '>= 0.8',
      actual: 0.9,
      passed: true,
      overridden: false,
    });
  });

  const thresholds: [Threshold, number | undefined, boolean, string][] = [
    [0.7, 0.7, true, '>= 0.7'],
    [0.7, 0.6999, false, '>= 0.7'],
    [{ min: 0.7 }, 0.8, true, '>= 0.7'],
    [{ max: 0.5 }, 0.5, true, '<= 0.5'],
    [{ max: 0.5 }, 0.51, false, '<= 0.5'],
    [{ min: 0.1, max: 0.5 }, 0.05, false, '>= 0.1 and <= 0.5'],
    [{}, 3, true, 'measured'],
    [0.7, Number.NaN, false, '>= 0.7'],
    [{ max: 5 }, Number.NaN, false, '<= 5'],
    [{}, Number.NaN, false, 'measured'],
    [0, undefined, false, '>= 0'],
    [{ max: 5 }, Number.NEGATIVE_INFINITY, true, '<= 5'],
  ];
  for (const [threshold, value, passed, required] of thresholds) {
    it(`${passed ? 'pass' : 'stop'} ${value} for ${JSON.stringify(threshold)}`, () => {
      const metrics: Record<string, number> = value === undefined ? {} : { m: value };
      const [gate] = evaluateGates({ ...good, metrics }, { m: threshold }, production);
      assert.equal(gate!.passed, passed);
      assert.equal(gate!.required, required);
    });
  }

  it('stop what is missing, altered, or does not load', () => {
    assert.deepEqual(failed({ folder: 'missing', loadError: 'no model.onnx' }), ['artifacts', 'digest', 'loads']);
    assert.deepEqual(failed({ folder: 'altered' }), ['digest']);
    assert.deepEqual(failed({ folder: 'unrecorded' }), []);
  });

  it('stop another signature than production has, unless it is accepted', () => {
    const changed = { signatureChanges: ['"age" is gone'] };
    assert.deepEqual(failed(changed), ['signature']);
    assert.deepEqual(failed(changed, { ...production, acceptSignatureChange: true }), []);
    assert.deepEqual(failed({ signatureChanges: undefined }), []);
    assert.match(describeRefusal(evaluateGates({ ...good, ...changed }, {}, production)), /"age" is gone/);
  });

  it('ask for Staging and real data only on the way to production', () => {
    const evidence = { inStaging: false, fallbackSource: 'synthetic' };
    assert.deepEqual(failed(evidence), ['fallback-data', 'staging']);
    assert.deepEqual(failed(evidence, { stage: 'Staging' }), []);
  });

  it('can be overridden with notes, by short name too', () => {
    const override = { ...production, notes: 'incident 12', override: ['accuracy', 'staging'] };
    assert.deepEqual(failed({ metrics: { accuracy: 0.1 }, inStaging: false }, override, { accuracy: 0.8 }), []);
    const gates = evaluateGates(good, { accuracy: 0.8 }, override);
    assert.ok(gates.every((gate) => gate.passed && !gate.overridden));
  });

  it('are never overridden for fallback data', () => {
    const override = { ...production, notes: 'please', override: ['fallback-data'] };
    assert.deepEqual(failed({ fallbackSource: 'local' }, override), ['fallback-data']);
  });

  it('refuse an override without notes or of an unknown gate', () => {
    const usage = (error: unknown) => EngineError.is(error, 'usage');
    assert.throws(() => failed({}, { ...production, override: ['staging'], notes: ' ' }), usage);
    assert.throws(
      () => failed({}, { ...production, override: ['signatur'], notes: 'x' }),
      (error: EngineError) =>
        /did you mean "signature"/.test(error.message) && /fallback-data/.test(error.details.fix!),
    );
  });

  it('let no version trained on fallback data into production, whatever is asked', () => {
    const gateNames = ['accuracy', 'artifacts', 'digest', 'loads', 'signature', 'fallback-data', 'staging'];
    fc.assert(
      fc.property(fc.subarray(gateNames), fc.boolean(), fc.float(), (override, acceptSignatureChange, accuracy) => {
        const options = { ...production, override, notes: 'x', acceptSignatureChange };
        const evidence = { ...good, metrics: { accuracy }, fallbackSource: 'synthetic' };
        assert.equal(gatesOpen(evaluateGates(evidence, { accuracy: 0.5 }, options)), false);
      }),
    );
  });
});
