import * as assert from 'node:assert/strict';
import { info, retrain, rollback } from '../../../src/engine/index.ts';
import { guardProduction } from '../../../src/engine/retraining/guard.ts';
import { inspectProduction } from '../../../src/engine/retraining/production-state.ts';
import type { RetrainResult } from '../../../src/engine/retraining/results.ts';
import { Story, withInterruption } from './story.ts';

const WEAK = ['model.hyperparameters.n_estimators=5', 'model.hyperparameters.max_depth=3'];
const STRONG = ['model.hyperparameters.n_estimators=80', 'model.hyperparameters.max_depth=10'];
const SOAK = 'retraining.soak=24h';

const told = ({ status, due }: RetrainResult) => [status, due.reason];

describe('What a retraining staged', () => {
  let story: Story;

  beforeEach(() => {
    story = new Story();
  });

  afterEach(() => story.remove());

  /** Version 2 in production, and version 3, which is better, in Staging. */
  async function soaking(): Promise<void> {
    await story.deployFirst();
    story.settings = WEAK;
    assert.equal((await story.retrain({ force: true })).status, 'deployed');
    story.settings = [...STRONG, SOAK];
    story.later(2);
    assert.equal((await story.retrain({ force: true })).status, 'staged');
  }

  it('goes on to production when its time is over, with the notes that say why', async () => {
    await soaking();
    story.later(1);
    const result = await story.retrain();
    assert.deepEqual([result.status, result.challenger?.version], ['deployed', '3']);
    const { history } = await story.with((project) => info(project, { history: true }));
    assert.match(history[0]!.notes, /^Retraining: soaked since 2026-01-03T02:00:00\.000Z/);
  });

  it('waits for a person when a person took production back meanwhile, and that is told once', async () => {
    await soaking();
    story.later(0.5);
    await story.with((project) => rollback(project, { notes: 'incident 4711: freeze' }));
    story.later(0.6);
    assert.match((await story.retrain({ dryRun: true })).decision, /^Version 3 .* deploys it:/);
    const first = await story.retrain();
    assert.deepEqual([...told(first), first.challenger?.version], ['waiting', null, '3']);
    assert.match(first.decision, /^Version 3 .* production has changed hands since 2026-01-03T02:00:00\.000Z/);
    for (const night of [1, 2]) {
      story.later(night);
      assert.deepEqual(told(await story.retrain()), ['nothing-to-do', null]);
    }
    assert.equal(await story.production(), '1');
    story.later(30);
    assert.equal((await story.retrain({ dryRun: true })).due.reason, 'age');
  });

  it('is a warning of a retraining that is due anyway, planned or done', async () => {
    await soaking();
    story.later(0.5);
    await story.with((project) => rollback(project, { notes: 'incident 4711: freeze' }));
    story.later(30);
    for (const dryRun of [true, false]) {
      const { due, warnings } = await story.retrain({ dryRun });
      assert.equal(due.reason, 'age');
      assert.match(warnings.join(), /^Version 3 soaks no more/);
    }
  });

  it('does not follow an automatic roll back into production', async () => {
    await soaking();
    story.later(0.9);
    await story.breakModel('2');
    story.settings.push('retraining.triggers=[]');
    assert.equal((await story.retrain({})).status, 'rolled-back');
    story.later(0.15);
    assert.equal((await story.retrain()).status, 'waiting');
    assert.equal(await story.production(), '1');
  });

  it('is not taken for a soak when the gate of production refused it: later nights are judged as usual', async () => {
    await story.deployFirst();
    story.later(30);
    story.settings = [...STRONG, 'deployment.gates.production.accuracy=0.9999'];
    assert.deepEqual(told(await story.retrain()), ['refused', 'age']);
    for (const night of [1, 2, 3]) {
      story.later(night);
      assert.deepEqual(told(await story.retrain()), ['nothing-to-do', null]);
    }
    story.later(30);
    assert.deepEqual(told(await story.retrain()), ['refused', 'age']);
    assert.equal(await story.trainings(), 3);
  });

  it('is not ended by what was decided about another version of its number', async () => {
    await soaking();
    await story.with(async ({ store, config, clock }) => {
      const { experimentId } = await store.ensureExperiment(`${config.mlflow.experiment_name}_retraining`);
      const startTime = clock().getTime() - 30 * 86_400_000;
      const tags = { 'gnu_mlops.retrain.status': 'refused', 'gnu_mlops.retrain.challenger': '3' };
      const { runId } = await store.createRun({ experimentId, name: 'long ago', userId: 'u', startTime, tags });
      await store.finishRun(runId, { status: 'FINISHED', endTime: startTime });
    });
    story.later(1);
    assert.equal((await story.retrain()).status, 'deployed');
    assert.equal(await story.production(), '3');
  });

  it('is refused at the end of its time once, with its gates, and then no more', async () => {
    await soaking();
    story.later(1);
    story.settings.push('deployment.gates.production.accuracy=0.9999');
    const refused = await story.retrain();
    assert.deepEqual([refused.status, refused.challenger?.version], ['refused', '3']);
    assert.ok(refused.gates.some(({ passed }) => !passed));
    story.later(1);
    assert.deepEqual(told(await story.retrain()), ['nothing-to-do', null]);
  });
});

describe('Production that changes hands during a retraining', () => {
  let story: Story;

  beforeEach(() => {
    story = new Story();
  });

  afterEach(() => story.remove());

  /** Somebody acts when the challenger is trained and nothing has been compared yet. */
  async function meanwhile(act: () => Promise<unknown>): Promise<RetrainResult> {
    await story.deployFirst();
    story.settings = WEAK;
    await story.retrain({ force: true });
    story.settings = STRONG;
    story.later(2);
    return story.with((project) => retrain(withInterruption(project, 'after', 'finishRun', act), { force: true }));
  }

  it('gets no challenger that was compared with another champion', async () => {
    const result = await meanwhile(() => story.with((project) => rollback(project, { notes: 'freeze' })));
    assert.equal(result.status, 'waiting');
    assert.match(result.decision, /version 1 is in production now, and not version 2/);
    assert.equal(await story.production(), '1');
  });

  it('gets none at all when it was rolled back by itself meanwhile', async () => {
    const result = await meanwhile(async () => {
      await story.breakModel('2');
      await story.with(async (project) => guardProduction(project, await inspectProduction(project)));
    });
    assert.equal(result.status, 'waiting');
    assert.match(result.decision, /within 24 hours after an automatic roll back/);
    assert.equal(await story.production(), '1');
  });
});
