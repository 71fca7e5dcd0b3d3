import * as assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { uniform } from '../../src/engine/data/random.ts';
import { type Evaluation, evaluate } from '../../src/engine/evaluation/evaluation.ts';
import { METRIC_NAMES, type Metrics, type Scored } from '../../src/engine/evaluation/metrics.ts';
import { temporaryFolder } from '../engine/tracking/temporary-store.ts';
import { runPython } from '../harness/python.ts';

interface Case extends Scored {
  name: string;
}

interface Answer {
  metrics: Metrics;
  confusion_matrix: number[][];
  curves: Record<'roc' | 'precision_recall', { x: number[]; y: number[]; thresholds: number[] }>[];
}

/**
 * Scores in float32 that sum to 1 in each row, right about as often as `skill` says; `levels` makes ties. Two classes are written
 * as the model writes them: p and 1 - p.
 */
function randomCase(
  name: string,
  rows: number,
  classes: number,
  { seed = 1, skill = 0.6, levels = 0, shares = [1] },
): Case {
  const random = uniform(seed);
  const actual = Int32Array.from({ length: rows }, (_, row) => {
    if (row < classes) return row;
    return random() < (shares[0] ?? 1) ? Math.floor(random() * classes) : 0;
  });
  const probabilities = Array.from({ length: classes }, () => new Float32Array(rows));
  for (let row = 0; row < rows; row++) {
    const weights = probabilities.map(
      (_, label) => random() + 0.01 + Math.max(0, label === actual[row] ? skill : -skill),
    );
    const sum = weights.reduce((total, weight) => total + weight, 0);
    for (const [label, weight] of weights.entries()) {
      const share = weight / sum;
      probabilities[label]![row] = levels === 0 ? share : Math.round(share * levels) / levels;
    }
    if (classes === 2) probabilities[0]![row] = 1 - probabilities[1]![row]!;
  }
  return { name, actual, probabilities };
}

const cases: Case[] = [
  ...[1, 2, 3, 4, 5].map((seed) => randomCase(`binary ${seed}`, 40 * seed, 2, { seed })),
  randomCase('binary, many rows', 5000, 2, { seed: 6, skill: 0.3 }),
  randomCase('binary with ties', 300, 2, { seed: 7, levels: 8 }),
  randomCase('binary with half of the rows at a half', 300, 2, { seed: 8, levels: 2 }),
  randomCase('binary, rarely positive', 400, 2, { seed: 9, shares: [0.02] }),
  randomCase('binary, worse than chance', 200, 2, { seed: 10, skill: -0.3 }),
  ...[3, 5, 10].map((classes) => randomCase(`${classes} classes`, 400, classes, { seed: classes })),
  randomCase('three classes with ties', 300, 3, { seed: 11, levels: 4 }),
  onlyOnePredicted('binary, one class predicted', 2),
  onlyOnePredicted('four classes, one predicted', 4),
];

/** Every row is most probably of class 0. */
function onlyOnePredicted(name: string, classes: number): Case {
  const { actual } = randomCase(name, 100, classes, { seed: 12 });
  const random = uniform(13);
  const rest = Array.from({ length: classes - 1 }, () => Float32Array.from(actual, () => 0.4 * random()));
  const first = Float32Array.from(
    actual,
    (_, row) => 1 - rest.reduce((sum, scores) => sum + scores[row]! / (classes - 1), 0),
  );
  return {
    name,
    actual,
    probabilities: [first, ...rest.map((scores) => scores.map((score) => score / (classes - 1)))],
  };
}

const CLASS_NAMES = (count: number) => Array.from({ length: count }, (_, label) => label);

describe('Metrics', function () {
  this.timeout(120_000);
  const { folder, remove } = temporaryFolder();
  let answers: Answer[];
  const ours = new Map<string, Evaluation>();

  before(async () => {
    const file = path.join(folder, 'cases.json');
    const plain = cases.map(({ actual, probabilities }) => ({
      actual: [...actual],
      probabilities: probabilities.map((scores) => [...scores]),
    }));
    writeFileSync(file, JSON.stringify(plain));
    const { stdout, stderr, code } = await runPython('mlflow3', path.join(import.meta.dirname, 'metrics-client.py'), [
      file,
    ]);
    assert.equal(code, 0, stderr);
    answers = JSON.parse(stdout);
    for (const each of cases) ours.set(each.name, evaluate(each, CLASS_NAMES(each.probabilities.length), []));
  });
  after(remove);

  for (const [i, { name }] of cases.entries()) {
    it(`of ${name} are scikit-learn's to 1e-12`, () => {
      const { metrics, confusion_matrix } = ours.get(name)!;
      assert.deepEqual(confusion_matrix, answers[i]!.confusion_matrix);
      for (const key of METRIC_NAMES) near(metrics[key], answers[i]!.metrics[key], key);
    });

    it(`of ${name} come with scikit-learn's curves`, () => {
      for (const [shown, theirs] of answers[i]!.curves.entries()) {
        const mine = ours.get(name)!.curves[shown]!;
        if (theirs.roc.x.length > 500) continue;
        nearAll(mine.roc.x, theirs.roc.x);
        nearAll(mine.roc.y, theirs.roc.y);
        nearAll(mine.roc.thresholds.slice(1), theirs.roc.thresholds);
        nearAll(mine.precision_recall.x, theirs.precision_recall.x);
        nearAll(mine.precision_recall.y, theirs.precision_recall.y);
        nearAll(mine.precision_recall.thresholds.slice(1), theirs.precision_recall.thresholds);
      }
    });
  }
});

function near(actual: number, expected: number, what: string): void {
  assert.ok(
    Math.abs(actual - expected) <= 1e-12 * Math.max(1, Math.abs(expected)),
    `${what}: ${actual}, not ${expected}`,
  );
}

function nearAll(actual: number[], expected: number[]): void {
  assert.equal(actual.length, expected.length);
  for (const [i, value] of actual.entries()) near(value, expected[i]!, `point ${i}`);
}
