import * as assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
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
});
