import * as assert from 'node:assert/strict';
import { appendFileSync } from 'node:fs';
import path from 'node:path';
import { info, rollback } from '../../../src/engine/index.ts';
import { guardProduction } from '../../../src/engine/retraining/guard.ts';
import { inspectProduction } from '../../../src/engine/retraining/production-state.ts';
import { EngineError } from '../../../src/engine/support/errors.ts';
import { ProjectPool } from '../../../src/extension/engine/service/project-pool.ts';
import { Requests } from '../../../src/extension/engine/service/requests.ts';
import { unattended } from '../../../src/extension/engine/service/unattended.ts';
import { parseMail } from '../notification/parsed-mail.ts';
import { type MailServer, startMailServer } from '../notification/started-mail-server.ts';
import { Story, withInterruption } from './story.ts';

const isAlarm = (subject: string) => /FAILED: watch/.test(subject);

describe('Production that is in trouble', () => {
  let server: MailServer;
  let story: Story;

  before(async () => {
    server = await startMailServer();
  });

  after(() => server.stop());

  beforeEach(async () => {
    story = new Story();
    const smtp = `{ host: 127.0.0.1, port: ${server.port}, from: mlops@example.org }`;
    story.configure('monitoring: { alert_emails: [watch@example.org] }', `notifications: { smtp: ${smtp} }`);
    await story.deployFirst();
  });

  afterEach(() => story.remove());

  /** A second version in production. */
  async function deploySecond(): Promise<void> {
    story.strengthen();
    assert.equal((await story.retrain({ force: true })).status, 'deployed');
    story.later(2);
  }

  /** Subjects of the mails that came since the last call. */
  async function mails(): Promise<string[]> {
    const all = await server.mails();
    const subjects = all.slice(seen).map(({ raw }) => parseMail(raw).headers.subject!);
    seen = all.length;
    return subjects;
  }
  let seen = 0;

  it('without a predecessor is a warning of the retraining, and people are told once', async () => {
    await story.breakModel('1');
    await mails();
    for (const night of [1, 2, 3]) {
      story.later(night);
      const result = await story.retrain();
      assert.equal(result.status, 'nothing-to-do');
      assert.match(
        result.warnings.join(),
        /^Version 1 in production: .*model\.onnx is missing; there is no version to go/,
      );
    }
    assert.deepEqual(await mails(), ['[gnu-mlops] FAILED: watch of gnu_mlops_model: invalid-model']);
    assert.equal(await story.production(), '1');
  });

  it('that a batch finds is told of too, once', async () => {
    await deploySecond();
    story.settings = ['retraining.rollback_on=[]'];
    await mails();
    for (const night of [1, 2]) {
      story.later(night);
      await story.scoreRefused();
    }
    assert.deepEqual((await mails()).filter(isAlarm).length, 1);
    assert.equal(await story.production(), '2');
  });

  it('is told again when it has been well in between', async () => {
    await mails();
    for (const act of ['break', 'mend', 'break'] as const) {
      await (act === 'break' ? story.breakModel('1') : story.mendModel('1'));
      await story.retrain();
    }
    assert.deepEqual((await mails()).filter(isAlarm).length, 2);
  });

  it('is left to a person by rollback_on, by enabled: false, and when it was rolled back once', async () => {
    await deploySecond();
    await story.breakModel('2');
    const warning = async (...settings: string[]) => {
      story.settings = settings;
      return (await story.retrain()).warnings.join();
    };
    assert.match(await warning('retraining.rollback_on=[]'), /retraining\.rollback_on does not name load_failure/);
    assert.match(await warning('retraining.enabled=false'), /retraining\.enabled is false/);
    assert.equal(await story.production(), '2');
    assert.deepEqual((await story.retrain({ dryRun: true })).warnings.length, 1);
  });

  it('is rolled back once per version: a person who puts it back decides', async () => {
    await deploySecond();
    await story.breakModel('2');
    assert.equal((await story.retrain()).status, 'rolled-back');
    await story.redeploy('2');
    story.later(2);
    const again = await story.retrain();
    assert.equal(again.status, 'nothing-to-do');
    assert.match(again.warnings.join(), /rolled back once already, so a person decides/);
    assert.equal(await story.production(), '2');
  });

  it('is rolled back by the batch that cannot load it, and the next batch scores what was left', async () => {
    await deploySecond();
    await story.breakModel('2');
    await mails();
    await assert.rejects(story.scoreDay(0), (error) => EngineError.is(error, 'invalid-model'));
    assert.equal(await story.production(), '1');
    assert.deepEqual(await mails(), [
      '[gnu-mlops] ROLLED BACK: version 1 of gnu_mlops_model is in GNU_Production again',
    ]);
    story.later(1);
    const { files, status, version } = await story.scoreAgain();
    assert.deepEqual([status, version, files.length], ['done', '1', 1]);
  });

  it('is rolled back by a batch in the editor as well', async () => {
    await deploySecond();
    await story.breakModel('2');
    story.deliver(0);
    const pool = new ProjectPool(() => undefined);
    const api = unattended(pool, new Requests(() => undefined), () => undefined);
    const project = { configFile: path.join(story.folder, 'config.yaml'), trusted: true };
    await assert.rejects(api.batch(project, {}, 'id'), (error) => EngineError.is(error, 'invalid-model'));
    assert.equal(await story.production(), '1');
    await mails();
    await story.breakModel('1');
    await assert.rejects(api.batch(project, {}, 'id'), (error) => EngineError.is(error, 'invalid-model'));
    assert.deepEqual((await mails()).filter(isAlarm).length, 1);
    await pool.close();
  });

  it('because its files were altered is in trouble like one that does not load', async () => {
    await deploySecond();
    appendFileSync(path.join(await story.modelFolder('2'), 'MLmodel'), '\n# altered\n');
    assert.equal((await story.retrain()).status, 'rolled-back');
    const { history } = await story.with((project) => info(project, { history: true }));
    assert.match(history[0]!.notes, /^Automatic roll back: .* were altered after training/);
  });

  it('because it gives everything the same answer is rolled back after the first such night, whatever was before', async () => {
    await deploySecond();
    await story.scoreDay(0);
    await story.deployConstant();
    story.repeatNight('3', 7);
    story.later(1);
    await story.scoreDay(0);
    assert.equal(await story.production(), '2');
    const { history } = await story.with((project) => info(project, { history: true }));
    assert.match(
      history[0]!.notes,
      /^Automatic roll back: the last 400 rows were all predicted as class_\d with the same/,
    );
  });

  it('for giving everything the same answer is seen from 200 rows on, over as many files as it takes', async () => {
    await deploySecond();
    await story.deployConstant();
    for (const expected of ['3', '3', '3', '2']) {
      story.later(1);
      await story.scoreDay(0, 60);
      assert.equal(await story.production(), expected);
    }
  });

  it('is not what a feed that repeats itself is taken for', async () => {
    await deploySecond();
    for (const night of [1, 2, 3]) {
      story.later(night);
      await story.scoreConstant();
    }
    assert.equal(await story.production(), '2');
    assert.deepEqual((await story.retrain()).warnings, []);
  });

  it('in an earlier stay is past: a version that was put back is judged by what came since', async () => {
    await deploySecond();
    story.settings = ['retraining.rollback_on=[]'];
    await story.scoreRefused();
    assert.match((await story.retrain()).warnings.join(), /300 of the last 300 rows did not fit/);
    story.clearInputs();
    story.later(1);
    await story.with((project) => rollback(project, { notes: 'to be looked at' }));
    story.later(1);
    await story.with((project) => rollback(project, { toVersion: '2', notes: 'the feed was to blame' }));
    story.settings = [];
    story.later(1);
    await story.scoreDay(0);
    assert.deepEqual((await story.retrain()).warnings, []);
    assert.equal(await story.production(), '2');
  });

  it('is rolled back once when two look at it at the same time, and never the version that came back', async () => {
    await deploySecond();
    story.settings = ['model.hyperparameters.n_estimators=80', 'model.hyperparameters.max_depth=12'];
    assert.equal((await story.retrain({ force: true })).status, 'deployed');
    story.later(2);
    await story.breakModel('3');
    const [first, second] = await story.with(async (project) => {
      const looks = [await inspectProduction(project), await inspectProduction(project)];
      return [await guardProduction(project, looks[0]!), await guardProduction(project, looks[1]!)];
    });
    assert.equal(first!.rollback?.version, '2');
    assert.equal(second!.rollback, null);
    assert.equal(await story.production(), '2');
  });

  it('is left alone when somebody else moves production at that moment', async () => {
    await deploySecond();
    await story.breakModel('2');
    const byPerson = () => story.with((project) => rollback(project, { notes: 'seen by day' }));
    const outcome = await story.with(async (opened) => {
      const project = withInterruption(opened, 'before', 'commitPromotion', byPerson);
      return guardProduction(project, await inspectProduction(project));
    });
    assert.equal(outcome.rollback, null);
    assert.match(outcome.explanation, /^Version 2 in production: .*; somebody else was faster/);
    assert.equal(await story.production(), '1');
  });

  it('of rows that do not fit is not rolled back step by step: what refuses them too came back for them', async () => {
    await deploySecond();
    story.settings = ['model.hyperparameters.n_estimators=80', 'model.hyperparameters.max_depth=12'];
    assert.equal((await story.retrain({ force: true })).status, 'deployed');
    const productions: (string | undefined)[] = [];
    for (const night of [1, 2, 3]) {
      story.later(night);
      // The file is left, and refused again.
      if (night === 1) await story.scoreRefused();
      else await story.scoreAgain();
      productions.push(await story.production());
    }
    assert.deepEqual(productions, ['2', '2', '2']);
    assert.match(
      (await story.retrain()).warnings.join(),
      /it came back by a roll back itself, so the rows may be to blame/,
    );
  });
});
