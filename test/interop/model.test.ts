import * as assert from 'node:assert/strict';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { projectRoot } from '../../scripts/cache.ts';
import { type LoadedModel, loadModel, type Scores } from '../../src/engine/model/loaded-model.ts';
import { readInput } from '../../src/engine/prediction/input.ts';
import { scoreRows } from '../../src/engine/prediction/predict.ts';
import { mixedCsv, type Recipe, train, writeModel } from '../engine/model/trained-pipeline.ts';
import { temporaryFolder } from '../engine/tracking/temporary-store.ts';
import type { PythonEnvironment } from '../harness/python.ts';
import { askPython, type Job, type ScoreAnswer } from './python-colleague.ts';

interface Sample extends Recipe {
  name: string;
  /** Training data; `mixedCsv` unless given. */
  data?: string;
  /** Rows to score; the training data, or rows of `mixedCsv` with unknown categories, unless given. */
  unseen?: string;
}

const ALGORITHMS = ['random_forest', 'gradient_boosting', 'xgboost', 'lightgbm', 'ml_random_forest'] as const;
const LABELS = {
  'two texts': ['no', 'yes'],
  'two numbers': [0, 1],
  booleans: ['False', 'True'],
  'three texts': ['a', 'b', 'c'],
};
const SMALL = { n_estimators: 20, max_depth: 5 };

const SAMPLES: Sample[] = [
  ...ALGORITHMS.flatMap((algorithm) =>
    Object.entries(LABELS).map(
      ([name, labels]): Sample => ({
        name: `${algorithm}, ${name}`,
        algorithm,
        labels,
        hyperparameters: sized(algorithm),
      }),
    ),
  ),
  { name: 'fractions as labels', labels: [0.5, 1.5, 2.5], hyperparameters: SMALL },
  { name: 'twelve classes', labels: Array.from({ length: 12 }, (_, i) => `c${i}`), hyperparameters: SMALL, rows: 500 },
  { name: 'a forest of 300 trees', hyperparameters: { n_estimators: 300, max_depth: 8 } },
  {
    name: 'boosting of 300 rounds',
    algorithm: 'gradient_boosting',
    hyperparameters: { n_estimators: 300, max_depth: 3 },
  },
  {
    name: 'three classes boosted in 300 rounds',
    algorithm: 'lightgbm',
    labels: [1, 2, 3],
    hyperparameters: { n_estimators: 300 },
  },
  { name: 'breast cancer', data: example('breast-cancer', 'diagnosis'), algorithm: 'xgboost' },
  { name: 'penguins', data: example('penguins', 'species') },
  { name: 'hostile column names', data: hostileCsv(150, 1), unseen: hostileCsv(60, 2), hyperparameters: SMALL },
  { name: 'booleans and numbers with gaps', data: gapsCsv(150, 1), unseen: gapsCsv(80, 2), hyperparameters: SMALL },
  { name: 'numbers beyond float32', data: hugeCsv(150, 1), unseen: hugeCsv(80, 2), hyperparameters: SMALL },
];

function sized(algorithm: (typeof ALGORITHMS)[number]) {
  return algorithm === 'ml_random_forest' ? { n_estimators: 10, max_depth: 4 } : SMALL;
}

/** Training data of an example, its target called `t`. */
function example(name: string, target: string): string {
  const text = readFileSync(path.join(projectRoot, 'examples', name, 'data/train.csv'), 'utf8');
  const end = text.indexOf('\n');
  return text.slice(0, end).replace(target, 't') + text.slice(end);
}

/** Names that need quoting, an empty one, and names of the outputs. */
function hostileCsv(rows: number, seed: number): string {
  const names = [
    '',
    'a "b"',
    "it's",
    'x,y',
    'naïve 東京',
    'prediction',
    'probability_yes',
    '__proto__',
    'toString',
    ' ',
  ];
  const header = [...names, 't'].map((name) => `"${name.replaceAll('"', '""')}"`);
  const cells = (row: number) => names.map((_, i) => (row * (i + seed) * 7919) % 101);
  const lines = Array.from({ length: rows }, (_, row) => [...cells(row), cells(row)[3]! > 50 ? 'yes' : 'no'].join(','));
  return `${[header.join(','), ...lines].join('\n')}\n`;
}

/** Gaps in booleans and numbers; whole numbers, booleans and texts without. */
function gapsCsv(rows: number, seed: number): string {
  const lines = Array.from({ length: rows }, (_, row) => {
    const number = (row * seed * 7919) % 101;
    const flag = number % 5 === 0 ? '' : number % 2 === 0 ? 'True' : 'False';
    return [
      flag,
      number % 2 === 0,
      number % 7 === 0 ? '' : number,
      number % 3 === 0 ? 'NA' : `k${number % 4}`,
      number > 50 ? 1 : 0,
    ];
  });
  return `flag,always,number,kind,t\n${lines.map((cells) => cells.join(',')).join('\n')}\n`;
}

/** Whole numbers that float32 rounds, and doubles that it cannot hold at all. */
function hugeCsv(rows: number, seed: number): string {
  const lines = Array.from({ length: rows }, (_, row) => {
    const number = (row * seed * 7919) % 101;
    const big = row % 10 === 0 ? '1e300' : row % 10 === 1 ? '-inf' : `${number}.125`;
    return [16777217 + 3 * number, big, 1e-42 * number, number > 50 ? 1 : 0].join(',');
  });
  return `whole,big,tiny,t\n${lines.join('\n')}\n`;
}

for (const python of ['mlflow3', 'mlflow2'] as PythonEnvironment[]) {
  describe(`A model scored by Python's ${python}`, function () {
    this.timeout(180_000);
    const { folder, remove } = temporaryFolder();
    const answers = new Map<string, ScoreAnswer[]>();
    const modelOf = (name: string) => path.join(folder, name, 'model');
    const files = ['train.csv', 'unseen.csv'] as const;

    before(async () => {
      for (const sample of SAMPLES) await makeModel(sample);
      const jobs = SAMPLES.flatMap(({ name }): Job[] => [
        ...files.map((file): Job => ['score', modelOf(name), path.join(folder, name, file), 't']),
        ['check', modelOf(name)],
        ['example', modelOf(name)],
      ]);
      const all = await askPython<ScoreAnswer>(python, folder, jobs);
      for (const [i, { name }] of SAMPLES.entries()) answers.set(name, all.slice(i * 4, i * 4 + 4));
    });
    after(remove);

    async function makeModel({ name, data, unseen, ...recipe }: Sample): Promise<void> {
      mkdirSync(path.join(folder, name));
      const text = data ?? mixedCsv(recipe.rows ?? 250, recipe.labels);
      writeFileSync(path.join(folder, name, 'train.csv'), text);
      const others = mixedCsv(100, recipe.labels, 99).replaceAll('Paris', 'Atlantis').replaceAll('plan 1', 'no plan');
      writeFileSync(path.join(folder, name, 'unseen.csv'), unseen ?? data ?? others);
      writeModel(modelOf(name), await train(text, recipe));
    }

    for (const { name, hyperparameters } of SAMPLES) {
      const tolerance = Number(hyperparameters?.n_estimators) > 200 ? 1e-5 : 1e-6;

      it(`agrees with the engine to ${tolerance}: ${name}`, () => {
        const model = loadModel(modelOf(name));
        for (const [i, file] of files.entries()) {
          const input = readInput({ file: path.join(folder, name, file) }, []);
          const { scores } = scoreRows(model, input, false);
          requireAgreement(model, scores, answers.get(name)![i]!.outputs, tolerance);
        }
      });

      it(`has the signature that MLflow infers from the same frame: ${name}`, () => {
        const [{ signature, inferred, output_signature }] = answers.get(name)! as [ScoreAnswer];
        assert.deepEqual(signature, inferred);
        assert.deepEqual(
          output_signature.map(({ name: output }) => output),
          Object.keys(answers.get(name)![0]!.outputs),
        );
      });
    }

    it('passes the full check of onnx and loads by the onnx flavor', () => {
      for (const { name } of SAMPLES) {
        const [, , checked] = answers.get(name)! as unknown as { inputs: string[]; outputs: string[] }[];
        assert.deepEqual(
          checked!.inputs,
          answers.get(name)![0]!.signature.map((column) => column.name),
        );
      }
    });

    it('scores its own input example', () => {
      for (const { name } of SAMPLES) {
        const [, , , example] = answers.get(name)! as unknown as { rows: number }[];
        assert.equal(example!.rows, 3);
      }
    });
  });
}

/** Probabilities agree to `tolerance`, and labels wherever the two best classes differ by more than that. */
function requireAgreement(model: LoadedModel, scores: Scores, theirs: ScoreAnswer['outputs'], tolerance: number): void {
  const { prediction, probability, byClass } = model.outputNames;
  assert.deepEqual(Object.keys(theirs), [prediction, probability, ...byClass]);
  assert.equal(scores.predictions.length, theirs[prediction]!.length);
  nearAll(scores.probability, theirs[probability]!, tolerance);
  for (const [label, column] of byClass.entries()) nearAll(scores.byClass[label]!, theirs[column]!, tolerance);
  for (const [row, label] of theirs[prediction]!.entries()) {
    if (lead(scores.byClass, row) > 2 * tolerance) assert.equal(scores.predictions[row], label, `row ${row}`);
  }
}

/** How far the two best classes of a row are apart. */
function lead(byClass: Float32Array[], row: number): number {
  const [first, second] = byClass.map((scores) => scores[row]!).sort((a, b) => b - a) as [number, number];
  return first - second;
}

function nearAll(actual: Float32Array, expected: (number | string | boolean)[], tolerance: number): void {
  for (const [row, value] of actual.entries()) {
    const theirs = expected[row];
    assert.ok(
      typeof theirs === 'number' && Math.abs(value - theirs) <= tolerance,
      `row ${row}: ${value}, not ${theirs}`,
    );
  }
}
