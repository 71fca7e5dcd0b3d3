import * as assert from 'node:assert/strict';
import { normal, uniform } from '../../../src/engine/data/random.ts';
import type { Column } from '../../../src/engine/data/table.ts';
import { type FeatureProfile, profileColumn } from '../../../src/engine/model/profile.ts';
import type { Tensor } from '../../../src/engine/model/tensor.ts';
import {
  DistributionCounter,
  type FileDistribution,
  isConstantOutput,
  mergeDistributions,
} from '../../../src/engine/monitoring/distribution.ts';
import { measureDrift } from '../../../src/engine/monitoring/drift.ts';

const LIMITS = { psi_threshold: 0.2, ks_alpha: 0.01 };
const TRAINING_ROWS = 5000;

function numbers(seed: number, rows: number, make: (gauss: () => number) => number): Float64Array {
  const gauss = normal(uniform(seed));
  return Float64Array.from({ length: rows }, () => make(gauss));
}

function numericProfile(values: Float64Array): FeatureProfile[] {
  const column: Column = { name: 'x', type: 'double', values };
  return [
    profileColumn(
      column,
      Int32Array.from(values, (_, row) => row),
    ),
  ];
}

function count(profile: FeatureProfile[], tensor: Tensor) {
  const counter = new DistributionCounter(profile);
  const rows = tensor.data.length;
  const probability = new Float32Array(rows).fill(0.75);
  const scores = { predictions: new Array<string>(rows).fill('a'), probability, byClass: [probability] };
  counter.add(new Map([['x', tensor]]), scores);
  return counter.take();
}

function drift(training: Float64Array, recent: Float64Array) {
  const profile = numericProfile(training);
  const tensor: Tensor = { type: 'float', dims: [recent.length], data: recent };
  return measureDrift(profile, TRAINING_ROWS, count(profile, tensor), LIMITS)[0]!;
}

describe('Drift', () => {
  const training = numbers(1, TRAINING_ROWS, (gauss) => gauss());

  it('is not seen in rows of the same population', () => {
    for (let seed = 2; seed < 40; seed++) {
      const { psi, drifted } = drift(
        training,
        numbers(seed, 500, (gauss) => gauss()),
      );
      assert.ok(psi < 0.1 && !drifted, `seed ${seed}: ${psi}`);
    }
  });

  it('is seen when a feature has moved or widened', () => {
    for (const make of [(gauss: () => number) => gauss() + 0.7, (gauss: () => number) => 2 * gauss()]) {
      const { psi, ks, drifted } = drift(training, numbers(2, 500, make));
      assert.ok(drifted && psi > 0.2 && ks!.p_value < 1e-6);
    }
  });

  it('is seen when values go missing', () => {
    const recent = numbers(2, 500, (gauss) => gauss()).map((value, row) => (row % 3 === 0 ? Number.NaN : value));
    const { psi } = drift(training, recent);
    assert.ok(psi > 0.2);
  });

  it('is measured where most values are equal', () => {
    const sparse = numbers(3, TRAINING_ROWS, (gauss) => Math.max(0, gauss() - 1));
    const same = drift(
      sparse,
      numbers(4, 1000, (gauss) => Math.max(0, gauss() - 1)),
    );
    assert.ok(same.psi < 0.1 && !same.drifted, `${same.psi}`);
    assert.ok(
      drift(
        sparse,
        numbers(4, 1000, (gauss) => Math.max(0, gauss())),
      ).drifted,
    );
  });

  it('of categories counts new ones and missing ones', () => {
    const codes = Int32Array.from({ length: TRAINING_ROWS }, (_, row) => row % 4);
    const column: Column = { name: 'x', type: 'string', codes, categories: ['a', 'b', 'c', 'd'] };
    const profile = [
      profileColumn(
        column,
        Int32Array.from(codes, (_, row) => row),
      ),
    ];
    const texts = (make: (row: number) => string): Tensor => {
      return { type: 'string', dims: [400], data: Array.from({ length: 400 }, (_, row) => make(row)) };
    };
    const of = (tensor: Tensor) => measureDrift(profile, TRAINING_ROWS, count(profile, tensor), LIMITS)[0]!;
    assert.equal(of(texts((row) => 'abcd'[row % 4]!)).psi < 0.01, true);
    assert.equal(of(texts((row) => (row % 2 ? 'new' : 'a'))).drifted, true);
    assert.equal(of(texts((row) => (row % 2 ? '' : 'a'))).drifted, true);
  });

  it('of several files is that of all their rows together', () => {
    const profile = numericProfile(training);
    const parts = [2, 3].map((seed) => {
      const data = numbers(seed, 300, (gauss) => gauss());
      return { data, counts: count(profile, { type: 'float', dims: [300], data }) };
    });
    const all = Float64Array.from(parts.flatMap(({ data }) => [...data]));
    const whole = count(profile, { type: 'float', dims: [600], data: all });
    assert.deepEqual(mergeDistributions(parts[0]!.counts, parts[1]!.counts), whole);
  });
});

describe('The distribution of an output', () => {
  const varied = numbers(1, 400, (gauss) => gauss());
  const profile = numericProfile(varied);

  function counted(inputs: Float64Array, probability: (row: number) => number): FileDistribution {
    const counter = new DistributionCounter(profile);
    const rows = inputs.length;
    const shares = Float32Array.from({ length: rows }, (_, row) => probability(row));
    const scores = { predictions: new Array<string>(rows).fill('a'), probability: shares, byClass: [shares] };
    counter.add(new Map([['x', { type: 'float', dims: [rows], data: inputs }]]), scores);
    return counter.take();
  }

  it('is constant when varied rows get one class with one probability, in parts or together', () => {
    const constant = counted(varied, () => 0.97);
    assert.equal(isConstantOutput(constant), true);
    assert.equal(isConstantOutput(mergeDistributions(constant, constant)), true);
    assert.equal(
      isConstantOutput(
        mergeDistributions(
          constant,
          counted(varied, () => 0.96),
        ),
      ),
      false,
    );
  });

  it('is not when every row is sure to be of one class, more or less', () => {
    assert.equal(isConstantOutput(counted(varied, (row) => 0.96 + row / 20_000)), false);
  });

  it('is not when all rows are alike, nor when nobody counted the range', () => {
    assert.equal(isConstantOutput(counted(new Float64Array(400).fill(0.5), () => 0.97)), false);
    const { probability_range: _, ...older } = counted(varied, () => 0.97);
    assert.equal(
      isConstantOutput(
        mergeDistributions(
          older as FileDistribution,
          counted(varied, () => 0.97),
        ),
      ),
      false,
    );
  });
});
