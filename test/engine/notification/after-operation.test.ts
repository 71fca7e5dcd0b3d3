import * as assert from 'node:assert/strict';
import {
  afterBatch,
  afterDeployment,
  afterDrift,
  afterFailure,
  afterRetrain,
  notified,
} from '../../../src/engine/notification/after-operation.ts';
import { EngineError } from '../../../src/engine/support/errors.ts';
import { type NotifiedProject, notifiedProject } from './notified-project.ts';
import { batchOutcome, deploymentOutcome, IDLE_BATCH, retrainOutcome } from './outcomes.ts';

const NOW = '2026-11-25T21:00:00.500Z';
const ALL = ['batch_inference.notification_email=night@example.org', 'retraining.notification_email=train@example.org'];
const A = { feature: 'a', psi: 1, ks: { p_value: 0 } };
const B = { feature: 'b', psi: 2, ks: null };
const UNREACHABLE = new EngineError('unreachable', 'data/in cannot be read.', { fix: 'Check the path.' });

describe('After an operation', () => {
  let told: NotifiedProject;

  beforeEach(async () => {
    told = await notifiedProject();
  });
  afterEach(() => told.dispose());

  it('each kind of result becomes one mail, and what changed nothing none', async () => {
    const project = await told.at(NOW, ALL);
    await afterBatch(project, batchOutcome());
    await afterBatch(project, IDLE_BATCH);
    await afterBatch(project, { ...batchOutcome(), status: 'dry-run' });
    await afterRetrain(project, retrainOutcome('deployed'));
    await afterRetrain(project, { ...retrainOutcome('deployed'), status: 'dry-run' });
    await afterDeployment(project, deploymentOutcome('deployed'), 'for Monday');
    await afterDeployment(project, { ...deploymentOutcome('deployed'), status: 'unchanged', event_id: null });
    await afterDrift(project, {
      model_name: 'm',
      version: '4',
      batches: 7,
      features: [A],
    });
    const mails = await told.mails();
    assert.deepEqual(
      mails.map(({ headers }) => headers.subject!.replace('[gnu-mlops] ', '')),
      [
        'Batch done: 1,200 rows in 1 file (gnu_mlops_model)',
        'Retraining of model: a better model is in production',
        'Deployed: version 5 of gnu_mlops_model is in GNU_Production',
        'DRIFT: 1 feature of m',
      ],
    );
    assert.match(mails[2]!.parts['text/plain']!, /notes: +for Monday/);
  });

  it('drift is told once a week, and at once when another feature or version drifts', async () => {
    const nights: [at: string, version: string, drift: (typeof A | typeof B)[]][] = [
      ['2026-11-01T21:00:00.000Z', '4', [A]],
      ['2026-11-02T21:00:00.000Z', '4', [A]],
      ['2026-11-03T21:00:00.000Z', '4', [A, B]],
      ['2026-11-04T21:00:00.000Z', '4', [B]],
      ['2026-11-05T21:00:00.000Z', '5', [B]],
      ['2026-11-06T21:00:00.000Z', '5', []],
      ['2026-11-12T22:00:00.000Z', '5', [B]],
    ];
    for (const [at, version, drift] of nights) {
      const result = {
        ...retrainOutcome('kept-production'),
        status: 'nothing-to-do',
        champion: { version, metrics: {} },
      };
      await afterRetrain(await told.at(at), { ...result, drift });
    }
    const days = (await told.mails()).map(({ headers }) => new Date(headers.date!).getUTCDate());
    assert.deepEqual(days, [1, 3, 5, 12]);
  });

  it('that failed people get the end of its own log, not of an earlier one', async () => {
    const project = await told.at(NOW);
    const earlier = await told.at('2026-11-24T21:00:00.000Z');
    earlier.startLog('batch').write('info', 'last night');
    const log = project.startLog('batch');
    for (let i = 1; i <= 40; i++) log.write('info', `line ${i}`);
    await afterFailure(project, 'batch', UNREACHABLE, project.clock());
    const text = (await told.mails())[0]!.parts['text/plain']!;
    assert.doesNotMatch(text, /last night|line 10\n/);
    assert.match(text, /line 11\n[\s\S]*line 40\n/);
    assert.ok(text.includes(`${log.stem}.log`));
    assert.match(text, /exit code: +4/);
  });

  it('that failed it is never the log of another process, be that newer, empty or half there', async () => {
    const project = await told.at(NOW);
    const other = (id: string, text: string) => told.temporary.write(`logs/batch-20991231T235959Z-${id}.jsonl`, text);
    other('aaaaaa', `{"time":"2099-12-31T23:59:59.000Z","pid":${process.pid + 1},"message":"not mine"}\n`);
    other('bbbbbb', '');
    other('cccccc', '{"time":');
    project.startLog('batch').write('error', 'mine');
    await afterFailure(project, 'batch', UNREACHABLE, project.clock());
    const text = (await told.mails())[0]!.parts['text/plain']!;
    assert.match(text, /The end of its log\n.* mine\n/);
    assert.doesNotMatch(text, /not mine/);
  });

  it('that failed before it had a log, it gets one', async () => {
    const project = await told.at(NOW);
    await afterFailure(project, 'batch', UNREACHABLE, project.clock());
    assert.match((await told.mails())[0]!.parts['text/plain']!, /ERROR .*data\/in cannot be read\./);
    assert.deepEqual(
      told.log.map(({ operation, level, reason }) => [operation, level, reason]),
      [['batch', 'error', 'unreachable']],
    );
  });

  it('its result and its error are passed on, and nobody is written to about what they watched fail', async () => {
    const project = await told.at(NOW, ALL);
    const result = batchOutcome();
    assert.equal(await notified({ project, operation: 'batch' }, async () => result, afterBatch), result);
    const fail = async () => {
      throw UNREACHABLE;
    };
    const attended = { project, operation: 'batch', isAttended: true };
    await assert.rejects(notified(attended, fail, afterBatch), UNREACHABLE);
    assert.equal((await told.mails()).length, 1);
    await assert.rejects(notified({ project, operation: 'batch' }, fail, afterBatch), UNREACHABLE);
    assert.equal((await told.mails()).length, 2);
  });

  it('a notification that cannot even be kept is a warning and nothing more', async () => {
    const project = await told.at(NOW, ALL);
    told.temporary.write('.gnu-mlops', 'a file where the folder should be');
    await afterBatch(project, batchOutcome());
    assert.deepEqual(
      told.log.map(({ operation, level }) => [operation, level]),
      [['notify', 'warning']],
    );
    assert.match(told.log[0]!.message, /^Nobody could be told: /);
  });
});
