import * as assert from 'node:assert/strict';
import { createDataset, train } from '../../../src/engine/index.ts';
import { Story } from './story.ts';

describe('A retraining is due', () => {
  let story: Story;

  beforeEach(() => {
    story = new Story();
  });

  afterEach(() => story.remove());

  const due = async () => (await story.retrain({ dryRun: true })).due;

  it('by volume when the rows have grown, those that were validated on included', async () => {
    story.settings = ['training.validation_size=0.4', 'retraining.triggers=[volume]'];
    await story.deployFirst();
    assert.equal((await due()).reason, null);
    createDataset({ folder: `${story.folder}/data`, rows: 4600, noise: 0.1, overwrite: true });
    const { reason, explanation } = await due();
    assert.deepEqual([reason, explanation], ['volume', 'The data has grown to 1.5 times what it was.']);
  });

  it('by the age of its own model, whatever else is trained in the same experiment', async () => {
    await story.deployFirst();
    const own = story.now;
    story.later(20);
    story.settings = ['mlflow.model_name=another'];
    await story.with((project) => train(project));
    story.settings = [];
    story.later(10);
    const { reason, since } = await due();
    assert.deepEqual([reason, since], ['age', new Date(own).toISOString()]);
  });

  it('by age though a training is dated in the future, and says which one it left out', async () => {
    await story.deployFirst();
    story.later(400);
    await story.with((project) => train(project, { runName: 'wrong clock' }));
    story.later(-370);
    const { reason, explanation } = await due();
    assert.equal(reason, 'age');
    assert.match(explanation, /30\.0 days old, .* Left out: wrong clock, which ended in the future \(2027-02-05T02:00/);
    story.later(-10);
    const early = await due();
    assert.equal(early.reason, null);
    assert.match(early.explanation, /^Not due: .* Left out: wrong clock/);
  });

  it('no sooner because the clocks of two machines differ a little', async () => {
    story.later(0.01);
    await story.deployFirst();
    story.later(-0.01);
    assert.equal((await due()).reason, null);
  });
});
