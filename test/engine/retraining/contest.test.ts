import * as assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { Scored } from '../../../src/engine/evaluation/metrics.ts';
import { pairedBootstrap } from '../../../src/engine/retraining/bootstrap.ts';
import { EngineError } from '../../../src/engine/support/errors.ts';
import { Story } from './story.ts';

/** Trees that know every row by heart. */
const BY_HEART = [
  'model.hyperparameters.n_estimators=30',
  'model.hyperparameters.max_depth=30',
  'model.hyperparameters.min_samples_leaf=1',
];

describe('A contest', () => {
  let story: Story;

  beforeEach(() => {
    story = new Story();
  });

  afterEach(() => story.remove());

  it('is held on the rows that the challenger was held out of, also when the data is written anew meanwhile', async () => {
    await story.deployFirst();
    story.settings = BY_HEART;
    const file = path.join(story.folder, 'data/train.csv');
    let isReversed = false;
    const onProgress = ({ phase }: { phase: string }) => {
      if (phase !== 'Training' || isReversed) return;
      isReversed = true;
      const [header, ...rows] = readFileSync(file, 'utf8').trim().split('\n');
      writeFileSync(file, `${[header, ...rows.reverse()].join('\n')}\n`);
    };
    const { contest, challenger } = await story.retrain({ force: true, onProgress });
    assert.equal(isReversed, true);
    assert.equal(contest?.challenger, challenger?.metrics.accuracy);
  });

  it('is not won by an improvement that may be an accident, though it is as large as asked for', async () => {
    story.strengthen();
    await story.deployFirst();
    story.settings = ['model.hyperparameters.n_estimators=51', 'model.hyperparameters.max_depth=8'];
    story.settings.push('retraining.improvement_threshold=0.001');
    const { status, contest } = await story.retrain({ force: true });
    assert.equal(status, 'kept-production');
    assert.ok(contest!.improvement >= 0.001, `${contest!.improvement}`);
    assert.ok(contest!.confidence > 0.3 && contest!.confidence < 0.9, `${contest!.confidence}`);
    assert.equal(await story.production(), '1');
  });

  it('is not held when the champion has as many features, and others: nobody knows which rows it has seen', async () => {
    story.settings = ['data.feature_columns=[feature_1, feature_2, feature_3]'];
    await story.deployFirst();
    story.settings = ['data.feature_columns=[feature_4, feature_5, feature_6]'];
    await assert.rejects(story.retrain({ force: true }), seenBy(/"feature_1"/));
    assert.equal(await story.trainings(), 1);
  });

  it('is not held when a feature was numbers and is texts now', async () => {
    await story.deployFirst();
    const file = path.join(story.folder, 'data/train.csv');
    const [header, ...rows] = readFileSync(file, 'utf8').trim().split('\n');
    assert.match(header!, /^feature_1,/);
    writeFileSync(
      file,
      `${[header, ...rows.map((row) => row.replace(/^[^,]+/, (cell) => `v${cell[0]}`))].join('\n')}\n`,
    );
    await assert.rejects(story.retrain({ force: true }), seenBy(/"feature_1"/));
    assert.equal(await story.trainings(), 1);
  });

  function seenBy(feature: RegExp): (error: unknown) => boolean {
    return (error) =>
      EngineError.is(error, 'data-quality') &&
      /was trained on other features/.test(error.message) &&
      feature.test(error.message);
  }
});

describe('The paired bootstrap', () => {
  const ROWS = 1000;

  /** Scores of a model that is right but for some rows. */
  function wrongAt(isWrong: (row: number) => boolean): Scored {
    const actual = Int32Array.from({ length: ROWS }, (_, row) => row % 2);
    const ofOne = Float32Array.from(actual, (label, row) => (isWrong(row) ? 1 - label : label));
    return { actual, probabilities: [ofOne.map((share) => 1 - share), ofOne] };
  }

  const share = (before: Scored, after: Scored) => pairedBootstrap('accuracy', before, after, 42);

  it('never finds one of two equals better, because both are measured on the same draw', () => {
    const scored = wrongAt((row) => row % 10 === 0);
    assert.equal(share(scored, scored), 0);
  });

  it('is sure of one that is better by far, and that the other is not', () => {
    const [worse, better] = [wrongAt((row) => row % 5 === 0), wrongAt((row) => row % 20 === 0)];
    assert.deepEqual([share(worse, better), share(better, worse)], [1, 0]);
  });

  it('gives one row of a thousand its chance of being drawn: 1 - 1/e', () => {
    const confidence = share(
      wrongAt((row) => row === 0),
      wrongAt(() => false),
    );
    assert.ok(Math.abs(confidence - (1 - 1 / Math.E)) < 0.05, `${confidence}`);
  });

  it('gives the same share for the same seed, and a half when as many rows speak for each', () => {
    const [before, after] = [wrongAt((row) => row % 4 === 0), wrongAt((row) => row % 4 === 1)];
    assert.equal(share(before, after), share(before, after));
    assert.ok(Math.abs(share(before, after) - 0.5) < 0.06);
  });
});
