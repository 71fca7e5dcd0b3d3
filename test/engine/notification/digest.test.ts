import * as assert from 'node:assert/strict';
import type { Notice } from '../../../src/engine/notification/notice.ts';
import { type NotifiedProject, notifiedProject } from './notified-project.ts';
import { batchOutcome, deploymentOutcome, IDLE_BATCH } from './outcomes.ts';

const DONE: Notice = { kind: 'batch', result: batchOutcome() };
const IDLE: Notice = { kind: 'batch', result: IDLE_BATCH };
const BROKEN: Notice = { kind: 'batch', result: batchOutcome({ failing: true }) };
const BACK: Notice = { kind: 'deployment', result: deploymentOutcome('rolled-back'), by: 'ada', notes: '' };

/** Each night at 13:00 in Los Angeles, which is 21:00 UTC in winter and 20:00 in summer. */
const NIGHTLY = [
  'schedules=[{ id: nightly, operation: batch, cron: "0 13 * * *", timezone: America/Los_Angeles }]',
  'batch_inference.notification_email=night@example.org',
];

describe('A digest', () => {
  let told: NotifiedProject;

  beforeEach(async () => {
    told = await notifiedProject();
  });
  afterEach(() => told.dispose());

  /** One line per mail: subject without its mark. */
  async function subjects(): Promise<string[]> {
    return (await told.mails()).map(({ headers }) => headers.subject!.replace('[gnu-mlops] ', ''));
  }

  async function nights(kind: 'daily' | 'weekly', events: [at: string, notice: Notice][]): Promise<void> {
    for (const [at, notice] of events) {
      const project = await told.at(at, [...NIGHTLY, `notifications.digest=${kind}`]);
      await told.tell(notice.kind === 'batch' ? { ...project, schedule: 'nightly' } : project, notice);
    }
  }

  it('comes with the first operation, then with each night, instead of the mails about what went well', async () => {
    await nights('daily', [
      ['2026-11-20T21:00:05.000Z', DONE],
      ['2026-11-21T21:00:04.000Z', IDLE],
      ['2026-11-22T21:00:09.000Z', DONE],
    ]);
    assert.deepEqual(
      await subjects(),
      Array.from({ length: 3 }, () => 'Digest of model: nightly ran in 1 of 1 night; 0 failures'),
    );
    const [first] = await told.mails();
    assert.deepEqual(first?.to, ['watch@example.org', 'night@example.org']);
  });

  it('says how many nights were due and how many ran, because silence must not look like success', async () => {
    await nights('weekly', [
      ['2026-11-01T21:00:05.000Z', DONE],
      ['2026-11-02T21:00:05.000Z', DONE],
      ['2026-11-04T21:00:05.000Z', IDLE],
      ['2026-11-07T21:00:05.000Z', DONE],
      ['2026-11-08T21:00:05.000Z', DONE],
    ]);
    assert.deepEqual(await subjects(), [
      'Digest of model: nightly ran in 1 of 1 night; 0 failures',
      'Digest of model: nightly ran in 4 of 7 nights; 0 failures',
    ]);
    const text = (await told.mails())[1]!.parts['text/plain']!;
    assert.match(text, /From 2026-11-01T21:00:05\.000Z to 2026-11-08T21:00:05\.000Z/);
    assert.match(text, /batch +nightly +7 +4 +3 +1 +0/);
    assert.match(text, /2026-11-04T21:00:05\.000Z +batch: nothing to do/);
    assert.equal(text.match(/Batch done: 1,200 rows/g)?.length, 3);
  });

  it('tells a schedule that never ran from one that did, and from what was started by hand', async () => {
    const schedules = `schedules=[${['noon', 'midnight'].map((id, i) => `{ id: ${id}, operation: batch, cron: "0 ${12 * i} * * *", timezone: Europe/Berlin }`).join(', ')}]`;
    for (let day = 1; day <= 8; day++) {
      const project = await told.at(`2026-11-0${day}T11:00:05.000Z`, [schedules, 'notifications.digest=weekly']);
      await told.tell({ ...project, schedule: 'noon' }, DONE);
      if (day === 4) await told.tell(project, DONE);
    }
    assert.equal(
      (await subjects()).at(-1),
      'Digest of model: noon ran in 7 of 7 nights, midnight ran in 0 of 7 nights, batch ran in 1 night; 0 failures',
    );
    assert.match((await told.mails()).at(-1)!.parts['text/plain']!, /batch +- +- +1 +1 +0 +0/);
  });

  it("counts an operation that names no schedule, as a crontab of one's own runs it, for the only one there is", async () => {
    for (let day = 1; day <= 8; day++) {
      const project = await told.at(`2026-11-0${day}T21:00:05.000Z`, [...NIGHTLY, 'notifications.digest=weekly']);
      await told.tell(project, DONE);
    }
    assert.equal((await subjects()).at(-1), 'Digest of model: nightly ran in 7 of 7 nights; 0 failures');
  });

  it('takes the schedule that another scheduler names', async () => {
    const schedules = `schedules=[${['noon', 'midnight'].map((id, i) => `{ id: ${id}, operation: batch, cron: "0 ${12 * i} * * *", timezone: Europe/Berlin }`).join(', ')}]`;
    const env = { GNU_MLOPS_SCHEDULE: 'midnight' };
    const project = await told.at('2026-11-01T23:00:05.000Z', [schedules, 'notifications.digest=weekly'], env);
    await told.tell(project, DONE);
    assert.match((await subjects()).at(-1)!, /midnight ran in 1 of/);
  });

  it('does not hold back what is urgent, and tells of it again', async () => {
    await nights('weekly', [
      ['2026-11-01T21:00:05.000Z', DONE],
      ['2026-11-03T21:00:05.000Z', BROKEN],
      ['2026-11-03T21:30:00.000Z', BACK],
      ['2026-11-08T21:00:05.000Z', DONE],
    ]);
    const [, broken, back, digest] = await subjects();
    assert.match(broken!, /^BATCH FAILED/);
    assert.match(back!, /^ROLLED BACK/);
    assert.equal(digest, 'Digest of model: nightly ran in 2 of 7 nights, rollback ran in 1 night; 1 failure');
  });

  it('counts the nights on both sides of a change to and from daylight saving once each', async () => {
    await nights('daily', [
      ['2026-10-31T20:00:05.000Z', DONE],
      ['2026-11-01T21:00:05.000Z', DONE],
      ['2026-11-02T21:00:05.000Z', DONE],
      ['2027-03-13T21:00:05.000Z', DONE],
      ['2027-03-14T20:00:05.000Z', DONE],
    ]);
    const ran = (await subjects()).map((subject) => /(\d+ of [\d,]+ nights?)/.exec(subject)?.[1]);
    assert.deepEqual(ran, ['1 of 1 night', '1 of 1 night', '1 of 1 night', '1 of 131 nights', '1 of 1 night']);
  });

  it('goes through the spool when the server is away, and is not put together a second time', async () => {
    await told.stop();
    await nights('daily', [['2026-11-20T21:00:05.000Z', DONE]]);
    await told.restart();
    await nights('daily', [['2026-11-20T22:00:00.000Z', IDLE]]);
    assert.equal((await subjects()).length, 1);
    assert.match((await told.mails())[0]!.headers['message-id']!, /^<digest-/);
  });

  it('is sent to nobody unless it is asked for', async () => {
    const quiet = await told.at('2026-11-20T21:00:05.000Z', NIGHTLY.slice(0, 1));
    await told.tell(quiet, DONE);
    assert.deepEqual(await subjects(), []);
  });
});
