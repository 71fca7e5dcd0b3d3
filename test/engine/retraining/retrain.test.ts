import * as assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { createDataset, info } from '../../../src/engine/index.ts';
import { EngineError } from '../../../src/engine/support/errors.ts';
import { START, Story } from './story.ts';

describe('Retraining', () => {
  let story: Story;

  beforeEach(() => {
    story = new Story();
  });

  afterEach(() => story.remove());

  it('brings a first model into production when there is none', async () => {
    const result = await story.retrain();
    assert.deepEqual([result.status, result.due.reason, result.champion], ['deployed', 'no-model', null]);
    assert.equal(await story.production(), '1');
  });

  it('has nothing to do before the model is old enough, half a day before its time included', async () => {
    await story.deployFirst();
    story.later(29.4);
    const early = await story.retrain();
    assert.deepEqual(
      [early.status, early.due.reason, early.due.since],
      ['nothing-to-do', null, new Date(START).toISOString()],
    );
    assert.match(early.decision, /29\.4 days old, due from 29\.5/);
    story.later(0.1);
    assert.equal((await story.retrain({ dryRun: true })).due.reason, 'age');
    assert.equal(await story.trainings(), 1);
  });

  it('keeps production when the challenger is not better: noise does not promote', async () => {
    await story.deployFirst();
    story.later(30);
    const result = await story.retrain();
    assert.equal(result.status, 'kept-production');
    assert.deepEqual([result.contest?.improvement, result.contest?.unseen_share], [0, 1]);
    assert.equal(await story.production(), '1');
    assert.equal((await story.retrain()).status, 'nothing-to-do');
  });

  it('puts a better challenger into production through the gates, and history says why', async () => {
    await story.deployFirst();
    story.later(30);
    story.strengthen();
    const result = await story.retrain();
    assert.equal(result.status, 'deployed');
    assert.ok(result.contest!.improvement >= 0.01 && result.contest!.confidence >= 0.95);
    assert.equal(result.contest!.rows > 500, true);
    const { history, stages } = await story.with((project) => info(project, { history: true }));
    assert.equal(stages.GNU_Production?.version, '2');
    assert.match(
      history[0]!.notes,
      /^Retraining: The challenger is better: accuracy 0\.\d+ against 0\.\d+ on \d+ rows/,
    );
  });

  it('leaves a better one to a person when it may not deploy', async () => {
    await story.deployFirst();
    story.strengthen();
    story.settings.push('retraining.auto_deploy=false');
    const result = await story.retrain({ force: true });
    assert.deepEqual([result.status, result.due.reason], ['waiting', 'forced']);
    assert.equal(await story.production(), '1');
  });

  it('lets a better one soak in Staging, and takes it further when its time is over', async () => {
    await story.deployFirst();
    story.strengthen();
    story.settings.push('retraining.soak=24h');
    assert.equal((await story.retrain({ force: true })).status, 'staged');
    story.later(0.5);
    const waiting = await story.retrain();
    assert.equal(waiting.status, 'nothing-to-do');
    assert.match(waiting.decision, /soaks in Staging until 2026-01-02T02:00:00/);
    assert.equal(await story.production(), '1');
    story.later(0.6);
    assert.equal((await story.retrain()).status, 'deployed');
    assert.equal(await story.production(), '2');
  });

  it('is refused by a gate like everybody, with every value', async () => {
    await story.deployFirst();
    story.strengthen();
    story.settings.push('deployment.gates.staging.accuracy=0.9999');
    const result = await story.retrain({ force: true });
    assert.equal(result.status, 'refused');
    assert.match(result.decision, /Staging refuses it: metrics\.accuracy \(0\.\d+\)/);
    assert.equal(await story.production(), '1');
  });

  it('refuses to compare on rows that the champion may have learned from, before it trains', async () => {
    await story.deployFirst();
    story.settings = ['training.random_seed=7'];
    await assert.rejects(story.retrain({ force: true }), (error) => {
      return EngineError.is(error, 'data-quality') && /may have seen 100 % of the holdout/.test(error.message);
    });
    assert.equal(await story.trainings(), 1);
  });

  it('rolls back a production version that no longer loads, once, and deploys nothing for a day', async () => {
    await story.deployFirst();
    story.strengthen();
    assert.equal((await story.retrain({ force: true })).status, 'deployed');
    await story.breakModel('2');
    story.later(2);
    const guarded = await story.retrain();
    assert.equal(guarded.status, 'rolled-back');
    assert.match(guarded.decision, /Version 2 in production: .*model\.onnx.*; version 1 is back/);
    assert.equal(await story.production(), '1');
    story.later(0.5);
    const quiet = await story.retrain({ force: true });
    assert.equal(quiet.status, 'waiting');
    assert.match(quiet.decision, /within 24 hours after an automatic roll back/);
    story.later(1);
    assert.equal((await story.retrain({ force: true })).status, 'deployed');
  });

  it('rolls back after batches that refused too many rows', async () => {
    await story.deployFirst();
    story.strengthen();
    await story.retrain({ force: true });
    story.later(1);
    await story.scoreRefused();
    assert.equal(await story.production(), '1');
    const { history } = await story.with((project) => info(project, { history: true }));
    assert.match(history[0]!.notes, /^Automatic roll back: 300 of the last 300 rows did not fit the model/);
  });

  it('does not roll back for what the configuration leaves to people', async () => {
    await story.deployFirst();
    story.strengthen();
    await story.retrain({ force: true });
    await story.breakModel('2');
    story.settings.push('retraining.rollback_on=[]');
    assert.equal((await story.retrain()).status, 'nothing-to-do');
    assert.equal(await story.production(), '2');
  });

  it('is due when the recent batches have drifted, and only an alarm when drift is no trigger', async () => {
    await story.deployFirst();
    await story.scoreDay(0);
    assert.equal((await story.retrain({ dryRun: true })).drift.length, 0);
    for (let day = 0; day < 7; day++) {
      story.later(1);
      await story.scoreDay(2);
    }
    const alarm = await story.retrain();
    assert.equal(alarm.status, 'nothing-to-do');
    assert.ok(alarm.drift.length >= 5);
    assert.equal(await story.production(), '1');
    story.settings = ['retraining.triggers=[age,drift]'];
    const due = await story.retrain({ dryRun: true });
    assert.deepEqual([due.status, due.due.reason], ['dry-run', 'drift']);
  });

  it('answers a drift once: without a new batch there is nothing more to do', async () => {
    await story.deployFirst();
    story.later(1);
    await story.scoreDay(2);
    story.settings = ['retraining.triggers=[drift]'];
    story.later(0.1);
    assert.equal((await story.retrain()).due.reason, 'drift');
    story.later(1);
    assert.equal((await story.retrain()).status, 'nothing-to-do');
    await story.scoreDay(2);
    assert.equal((await story.retrain({ dryRun: true })).due.reason, 'drift');
  });

  it('trains a first model once on the same data, however often it is asked', async () => {
    story.settings = ['retraining.auto_deploy=false'];
    assert.equal((await story.retrain()).status, 'waiting');
    story.later(1);
    const again = await story.retrain();
    assert.deepEqual([again.status, again.due.reason], ['nothing-to-do', null]);
    assert.match(again.decision, /a model of these data waits/);
    assert.equal(await story.trainings(), 1);
    createDataset({ folder: path.join(story.folder, 'data'), rows: 3100, noise: 0.1, overwrite: true });
    assert.equal((await story.retrain({ dryRun: true })).due.reason, 'no-model');
  });

  it('is due when the data has grown by half', async () => {
    await story.deployFirst();
    story.settings = ['retraining.triggers=[age,volume]'];
    assert.equal((await story.retrain({ dryRun: true })).due.reason, null);
    createDataset({ folder: path.join(story.folder, 'data'), rows: 4600, noise: 0.1, overwrite: true });
    assert.equal((await story.retrain({ dryRun: true })).due.reason, 'volume');
  });

  it('changes nothing in a dry run, and nothing at all when it is switched off', async () => {
    await story.deployFirst();
    story.later(40);
    const plan = await story.retrain({ dryRun: true });
    assert.match(plan.decision, /A challenger would be trained and compared with version 1 on \d+ rows/);
    story.settings = ['retraining.enabled=false'];
    assert.match((await story.retrain()).decision, /switched off/);
    assert.equal(await story.trainings(), 1);
    assert.ok(existsSync(path.join(story.folder, 'mlflow.db')));
  });
});
