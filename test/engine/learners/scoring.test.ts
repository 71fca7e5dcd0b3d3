import assert from 'node:assert/strict';
import fc from 'fast-check';
import { uniform } from '../../../src/engine/data/random.ts';
import type { TreeEnsemble } from '../../../src/engine/learners/learner.ts';
import { EnsembleScorer } from '../../../src/engine/learners/scoring.ts';
import { EngineError } from '../../../src/engine/support/errors.ts';

interface Shape {
  trees: number;
  features: number;
  outputs: number;
  wide: boolean;
  /** Chance that a node splits, and the depth where it must not. */
  branching: number;
  depth: number;
  seed: number;
}

const VALUES = [0, -0, 1, -1, 0.5, 1e-40, 3e38, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, Number.NaN];

/** An ensemble of random trees, as unbalanced as chance makes them. */
function randomEnsemble({ trees, features, outputs, wide, branching, depth, seed }: Shape): TreeEnsemble {
  const random = uniform(seed);
  const leafWidth = wide ? outputs : 1;
  const nodes: { feature: number; threshold: number; left: number; values: number[] }[] = [];
  const leaf = () => ({
    feature: -1,
    threshold: 0,
    left: 0,
    values: Array.from({ length: leafWidth }, () => random() - 0.5),
  });
  const roots = Array.from({ length: trees }, () => {
    const root = nodes.push(leaf()) - 1;
    const open = [{ at: root, level: 0 }];
    for (let next = open.pop(); next !== undefined; next = open.pop()) {
      if (next.level >= depth || random() > branching) continue;
      const left = nodes.push(leaf(), leaf()) - 2;
      const threshold = random() < 0.3 ? VALUES[Math.floor(random() * 9)]! : random() * 2 - 1;
      nodes[next.at] = {
        feature: Math.floor(random() * features),
        threshold,
        left,
        values: new Array(leafWidth).fill(0),
      };
      open.push({ at: left, level: next.level + 1 }, { at: left + 1, level: next.level + 1 });
    }
    return root;
  });
  return {
    roots: Int32Array.from(roots),
    feature: Int32Array.from(nodes, (node) => node.feature),
    threshold: Float32Array.from(nodes, (node) => node.threshold),
    left: Int32Array.from(nodes, (node) => node.left),
    leafWidth,
    leafValues: Float32Array.from(nodes.flatMap((node) => node.values)),
    treeTarget: Int32Array.from(roots, (_, tree) => (wide ? 0 : tree % outputs)),
    cover: new Float32Array(nodes.length),
    outputCount: outputs,
    baseValues: Float32Array.from({ length: outputs }, () => (random() < 0.5 ? 0 : random())),
    link: 'identity',
  };
}

function randomMatrix(rows: number, features: number, seed: number): Float32Array {
  const random = uniform(seed);
  const value = () => (random() < 0.2 ? VALUES[Math.floor(random() * VALUES.length)]! : random() * 2 - 1);
  return Float32Array.from({ length: rows * features }, value);
}

/** What ONNX says: BRANCH_LEQ, leaves added in float32 in the order of the trees, base values last. */
function naiveScores(ensemble: TreeEnsemble, matrix: Float32Array, rows: number, features: number): Float32Array {
  const { roots, feature, threshold, left, leafWidth, leafValues, treeTarget, outputCount, baseValues } = ensemble;
  const raw = new Float32Array(rows * outputCount);
  for (let row = 0; row < rows; row++) {
    for (const [tree, root] of roots.entries()) {
      let node = root;
      while (feature[node]! >= 0) {
        node = matrix[row * features + feature[node]!]! <= threshold[node]! ? left[node]! : left[node]! + 1;
      }
      for (let i = 0; i < leafWidth; i++) {
        raw[row * outputCount + treeTarget[tree]! + i]! += leafValues[node * leafWidth + i]!;
      }
    }
    for (let output = 0; output < outputCount; output++) raw[row * outputCount + output]! += baseValues[output]!;
  }
  return raw;
}

function assertSameBits(ensemble: TreeEnsemble, rows: number, features: number, seed = 5): void {
  const matrix = randomMatrix(rows, features, seed);
  const scores = new EnsembleScorer(ensemble).score(matrix, rows, features);
  assert.deepEqual(scores, naiveScores(ensemble, matrix, rows, features));
}

const shape = fc.record({
  trees: fc.integer({ min: 1, max: 12 }),
  features: fc.integer({ min: 1, max: 5 }),
  outputs: fc.integer({ min: 1, max: 4 }),
  wide: fc.boolean(),
  branching: fc.constantFrom(0, 0.5, 0.8, 1),
  depth: fc.integer({ min: 0, max: 9 }),
  seed: fc.nat(),
});

describe('EnsembleScorer', () => {
  it('agrees with a plain walk bit for bit, NaN and infinities included', () => {
    fc.assert(
      fc.property(shape, fc.integer({ min: 0, max: 40 }), fc.nat(), (tree, rows, seed) =>
        assertSameBits(randomEnsemble(tree), rows, tree.features, seed),
      ),
    );
  });

  it('agrees over more rows than a block, whatever is left over', () => {
    const ensemble = randomEnsemble({
      trees: 9,
      features: 3,
      outputs: 1,
      wide: false,
      branching: 0.9,
      depth: 7,
      seed: 3,
    });
    for (const rows of [255, 256, 257, 259, 1023]) assertSameBits(ensemble, rows, 3);
  });

  it('agrees on trees far deeper on one side than on the other', () => {
    const chain = randomEnsemble({
      trees: 4,
      features: 2,
      outputs: 1,
      wide: false,
      branching: 0.5,
      depth: 300,
      seed: 8,
    });
    assertSameBits(chain, 300, 2);
    assertSameBits(stairs(200), 300, 1);
  });

  it('agrees on wide leaves of deep trees', () => {
    const wide = { trees: 5, features: 4, outputs: 7, wide: true, branching: 0.95, depth: 14, seed: 2 };
    assertSameBits(randomEnsemble(wide), 130, 4);
  });

  it('sends NaN to the right', () => {
    const ensemble = stairs(1);
    const [value] = new EnsembleScorer(ensemble).score(Float32Array.of(Number.NaN), 1, 1);
    assert.equal(value, ensemble.leafValues[2]);
  });

  it('writes into the array it is given, and only there', () => {
    const out = new Float32Array(10).fill(9);
    const scores = new EnsembleScorer(stairs(3)).score(Float32Array.of(0, 5), 2, 1, out);
    assert.equal(scores.buffer, out.buffer);
    assert.ok(out.subarray(2).every((value) => value === 9));
  });

  it('refuses rows that lack a feature the trees ask for', () => {
    const ensemble = { ...stairs(2), feature: Int32Array.of(3, -1, 3, -1, -1) };
    assert.throws(
      () => new EnsembleScorer(ensemble).score(new Float32Array(2), 1, 2),
      (error) => EngineError.is(error, 'invalid-data') && /2 features.*4/.test(error.message),
    );
  });
});

/** One tree whose right child splits again and again. */
function stairs(steps: number): TreeEnsemble {
  const count = 2 * steps + 1;
  const inner = (node: number) => node < count - 1 && (node === 0 || node % 2 === 0);
  return {
    roots: Int32Array.of(0),
    feature: Int32Array.from({ length: count }, (_, node) => (inner(node) ? 0 : -1)),
    threshold: Float32Array.from({ length: count }, (_, node) => (inner(node) ? node / count - 0.5 : 0)),
    left: Int32Array.from({ length: count }, (_, node) => (inner(node) ? node + 1 : 0)),
    leafWidth: 1,
    leafValues: Float32Array.from({ length: count }, (_, node) => (inner(node) ? 0 : node + 0.1)),
    treeTarget: Int32Array.of(0),
    cover: new Float32Array(count),
    outputCount: 1,
    baseValues: new Float32Array(1),
    link: 'identity',
  };
}
