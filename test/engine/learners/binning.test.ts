import assert from 'node:assert/strict';
import fc from 'fast-check';
import { binColumns, binsOf, MAX_BINS, quantileEdges } from '../../../src/engine/learners/binning.ts';
import { EngineError } from '../../../src/engine/support/errors.ts';

const float = fc.float({ noNaN: true });

function assertBinsFollowEdges(column: Float32Array): void {
  const binned = binColumns([column], column.length);
  const bins = binsOf(binned, 0);
  const edges = binned.edges[0]!;
  for (let row = 0; row < column.length; row++) {
    for (let edge = 0; edge < edges.length; edge++) assert.equal(column[row]! <= edges[edge]!, bins[row]! <= edge);
  }
}

describe('binning', () => {
  it('puts a value at or below an edge exactly when its bin is at or below the edge', () => {
    fc.assert(
      fc.property(fc.array(float, { minLength: 1, maxLength: 400 }), (v) =>
        assertBinsFollowEdges(Float32Array.from(v)),
      ),
    );
  });

  it('keeps that promise where there are more values than bins', () => {
    assertBinsFollowEdges(Float32Array.from({ length: 3000 }, (_, i) => Math.sin(i) * 10 ** (i % 7)));
    assertBinsFollowEdges(Float32Array.from({ length: 3000 }, (_, i) => (i % 3 === 0 ? 1.5 : Math.cos(i))));
  });

  it('gives neighbouring values of a small set a bin each', () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(float, { minLength: 1, maxLength: MAX_BINS, comparator: (a, b) => a === b }),
        (values) => {
          assert.equal(quantileEdges(Float32Array.from(values)).length, values.length - 1);
        },
      ),
    );
  });

  it('never makes more bins than a byte can tell apart, nor edges out of order', () => {
    const edges = quantileEdges(Float32Array.from({ length: 10_000 }, (_, i) => Math.fround(Math.sin(i * i))));
    assert.equal(edges.length, MAX_BINS - 1);
    assert.ok(edges.every((edge, i) => i === 0 || edge > edges[i - 1]!));
  });

  it('splits many rows into bins of about the same size', () => {
    const column = Float32Array.from({ length: 25_600 }, (_, i) => Math.tan(i));
    const sizes = new Int32Array(MAX_BINS);
    for (const bin of binsOf(binColumns([column], column.length), 0)) sizes[bin]!++;
    assert.ok(sizes.every((size) => size >= 90 && size <= 110));
  });

  it('finds no edge in a constant feature', () => {
    assert.equal(quantileEdges(new Float32Array(50).fill(3)).length, 0);
  });

  it('refuses NaN, which preprocessing should have imputed', () => {
    assert.throws(
      () => quantileEdges(Float32Array.of(1, Number.NaN, 2)),
      (error) => EngineError.is(error, 'invalid-data'),
    );
  });
});
