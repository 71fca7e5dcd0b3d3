import * as assert from 'node:assert/strict';
import { Story } from './story.ts';

describe('A dry run of a retraining', () => {
  let story: Story;

  beforeEach(async () => {
    story = new Story();
    await story.deployFirst();
  });

  afterEach(() => story.remove());

  async function deploySecond(): Promise<void> {
    story.strengthen();
    assert.equal((await story.retrain({ force: true })).status, 'deployed');
    story.later(2);
  }

  const plan = async (...settings: string[]) => {
    story.settings = settings;
    return story.retrain({ force: true, dryRun: true });
  };

  it('says how far a better one would come, which is what happens then', async () => {
    const way = async (...settings: string[]) => (await plan(...settings)).decision;
    assert.match(
      await way(),
      /compared with version 1 on \d+ rows\. A better one would go into Staging and production/,
    );
    assert.match(await way('retraining.soak=24h'), /A better one would go into Staging, soak there for 24h, then into/);
    assert.match(
      await way('retraining.auto_deploy=false'),
      /A better one would wait for a person \(retraining\.auto_d/,
    );
    assert.equal(await story.trainings(), 1);
  });

  it('says that broken production would be rolled back, and to what', async () => {
    await deploySecond();
    await story.breakModel('2');
    const { status, decision } = await plan();
    assert.equal(status, 'dry-run');
    assert.match(
      decision,
      /^Version 2 in production: .*model\.onnx is missing; it would be rolled back to version 1\.$/,
    );
    assert.equal(await story.production(), '2');
    assert.equal((await story.retrain()).status, 'rolled-back');
  });

  it('goes on behind trouble that is left to a person, as the retraining does', async () => {
    await deploySecond();
    await story.breakModel('2');
    const { decision, warnings } = await plan('retraining.rollback_on=[]');
    assert.match(decision, /A challenger would be trained; version 2 does not work and is no match\. It would go into/);
    assert.match(warnings.join(), /^Version 2 in production: .* so a person decides\.$/);
    story.settings = ['retraining.rollback_on=[]', 'retraining.enabled=false'];
    const off = await story.retrain({ dryRun: true });
    assert.deepEqual([off.status, off.warnings.length], ['nothing-to-do', 1]);
  });

  it('says that nothing is deployed for a day after an automatic roll back', async () => {
    await deploySecond();
    await story.breakModel('2');
    assert.equal((await story.retrain()).status, 'rolled-back');
    story.later(0.5);
    assert.match((await plan()).decision, /would wait for a person: nothing is deployed until 2026-01-04T02:00:00/);
    story.later(0.6);
    assert.match((await plan()).decision, /A better one would go into Staging and production/);
  });

  it('asks the gates of production about a version that has soaked', async () => {
    story.strengthen();
    story.settings.push('retraining.soak=24h');
    assert.equal((await story.retrain({ force: true })).status, 'staged');
    story.later(1.1);
    const open = await story.retrain({ dryRun: true });
    assert.deepEqual([open.status, open.decision], ['dry-run', 'Version 2 has soaked and would go into production.']);
    story.settings.push('deployment.gates.production.accuracy=0.9999');
    const closed = await story.retrain({ dryRun: true });
    assert.match(
      closed.decision,
      /^Version 2 has soaked and would stay in Staging\. GNU_Production refuses it: metrics\./,
    );
    assert.ok(closed.gates.some(({ passed }) => !passed));
    assert.equal(await story.production(), '1');
  });
});
