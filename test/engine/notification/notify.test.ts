import * as assert from 'node:assert/strict';
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { Notice } from '../../../src/engine/notification/notice.ts';
import { type NotifiedProject, notifiedProject } from './notified-project.ts';
import { batchOutcome, deploymentOutcome, IDLE_BATCH, retrainOutcome } from './outcomes.ts';
import { startHookServer } from './web-hook-server.ts';

const NOW = '2026-11-25T21:00:00.000Z';
const BOTH = [
  'batch_inference.notification_email=night@example.org',
  'retraining.notification_email="train@example.org, Watch@example.org"',
];
const BATCH: Notice = { kind: 'batch', result: batchOutcome() };
const FAILED_BATCH: Notice = { kind: 'batch', result: batchOutcome({ failing: true }) };
const deployment = (status: 'deployed' | 'rolled-back', overridden = false): Notice => ({
  ...{ kind: 'deployment', result: deploymentOutcome(status, overridden), by: 'ada@host', notes: 'because' },
});
const FAILURE: Notice = {
  kind: 'failure',
  operation: 'batch',
  failure: {
    ...{ reason: 'unreachable', message: 'data/in cannot be read.', fix: 'Check the path.', exit_code: 4 },
    ...{ log: '/p/logs/batch-1.log', tail: ['one', 'two <b>'] },
  },
};
const DRIFT: Notice = {
  kind: 'drift',
  operation: 'batch',
  alarm: {
    ...{ model_name: 'gnu_mlops_model', version: '4', batches: 7 },
    features: [
      { feature: 'radius', psi: 0.4123, ks: { p_value: 0.00012 } },
      { feature: 'island', psi: 0.31, ks: null },
    ],
  },
};

describe('People are told', () => {
  let told: NotifiedProject;

  beforeEach(async () => {
    told = await notifiedProject();
  });
  afterEach(() => told.dispose());

  const spool = () => path.join(told.folder, '.gnu-mlops/spool');
  const spooled = () => readdirSync(spool()).filter((name) => name.endsWith('.json'));
  const warnings = () => told.log.filter(({ level }) => level === 'warning').map(({ message }) => message);

  describe('by the rules:', () => {
    const cases: [name: string, notice: Notice, plain: string[], own: string[]][] = [
      ['a batch that went well, only where somebody asked for it', BATCH, [], ['night@example.org']],
      ['a batch with a failed file', FAILED_BATCH, ['watch@example.org'], ['watch@example.org', 'night@example.org']],
      ['nothing to do, nobody', { kind: 'batch', result: IDLE_BATCH }, [], []],
      ['a failure', FAILURE, ['watch@example.org'], ['watch@example.org', 'night@example.org']],
      ['drift', DRIFT, ['watch@example.org'], ['watch@example.org', 'night@example.org']],
      ['a promotion', deployment('deployed'), [], ['train@example.org', 'Watch@example.org']],
      [
        'a promotion past a gate',
        deployment('deployed', true),
        ['watch@example.org'],
        ['Watch@example.org', 'train@example.org'],
      ],
      ['a roll back', deployment('rolled-back'), ['watch@example.org'], ['Watch@example.org', 'train@example.org']],
      [
        'a retraining',
        { kind: 'retrain', result: retrainOutcome('kept-production') },
        [],
        ['train@example.org', 'Watch@example.org'],
      ],
      [
        'a retraining that a gate refused',
        { kind: 'retrain', result: retrainOutcome('refused') },
        ['watch@example.org'],
        ['Watch@example.org', 'train@example.org'],
      ],
    ];
    for (const [name, notice, plain, own] of cases) {
      it(name, async () => {
        await told.tell(await told.at(NOW), notice);
        await told.tell(await told.at(NOW, BOTH), notice);
        const expected = [plain, own].filter((addresses) => addresses.length > 0);
        assert.deepEqual(
          (await told.mails()).map(({ to }) => to),
          expected,
        );
      });
    }
  });

  it('of a batch with its counts, files and what failed, in text and HTML alike', async () => {
    await told.tell(await told.at(NOW), FAILED_BATCH);
    const [mail] = await told.mails();
    assert.equal(mail?.headers.subject, '[gnu-mlops] BATCH FAILED: 1 of 2 files (gnu_mlops_model)');
    for (const text of Object.values(mail!.parts)) {
      for (const part of [
        '1,200 rows in 2 files, 3 refused, 1 failed.',
        'broken.csv: line 7: a field too many',
        'night.csv',
        'b'.repeat(32),
      ]) {
        assert.ok(text.includes(part), `${part} is missing in ${text}`);
      }
    }
  });

  it('of a retraining with champion and challenger side by side and every gate', async () => {
    await told.tell(await told.at(NOW, BOTH), { kind: 'retrain', result: retrainOutcome('deployed') });
    const [mail] = await told.mails();
    const text = mail!.parts['text/plain']!;
    assert.match(text, /Version 5 is better by 0\.0250/);
    assert.match(text, /metric +production \(version 4\) +new \(version 5\) +difference/);
    assert.match(text, /accuracy +0\.9100 +0\.9350 +\+0\.0250/);
    assert.match(text, /roc_auc +- +0\.9700 +-/);
    assert.match(text, /metrics\.accuracy +>= 0\.8 +0\.912346 +passed/);
    assert.match(mail!.parts['text/html']!, /<td[^>]*>\+0\.0250<\/td>/);
  });

  it('of a failure with what to do and the end of the log, of drift with the features, of a roll back with who and why', async () => {
    const project = await told.at(NOW);
    for (const notice of [FAILURE, DRIFT, deployment('rolled-back')]) await told.tell(project, notice);
    const [failure, drift, back] = (await told.mails()).map(
      ({ headers, parts }) => `${headers.subject}\n${parts['text/plain']}`,
    );
    assert.match(
      failure!,
      /FAILED: batch of model: unreachable[\s\S]*To do: Check the path\.[\s\S]*exit code: +4[\s\S]*one\n {2}two <b>/,
    );
    assert.match(drift!, /DRIFT: 2 features[\s\S]*radius +0\.4123 +0\.000120\nisland +0\.3100 +-/);
    assert.match(
      back!,
      /ROLLED BACK: version 5 of gnu_mlops_model is in GNU_Production again[\s\S]*by: +ada@host\nnotes: +because/,
    );
  });

  it('by mail and chat whose text cannot be anything but text, whatever a file is called', async () => {
    const hook = await startHookServer();
    try {
      const name = '<img src=x onerror=alert(1)>"&\r\nBcc: evil@example.org\u001b[31m<!channel>```.csv';
      const result = batchOutcome({ name });
      result.files[0]!.error = `${name} failed`;
      result.files[0]!.status = 'failed';
      const project = await told.at(NOW, [`notifications.webhooks=[${hook.address}]`, 'retraining.metric=f1']);
      await told.tell(project, { kind: 'batch', result: { ...result, status: 'failed', model_name: name } });
      const [mail] = await told.mails();
      assert.equal(mail?.to.length, 1);
      assert.equal(mail!.headers.bcc, undefined);
      const html = mail!.parts['text/html']!;
      assert.doesNotMatch(html, /<img|onerror=alert\(1\)>|<!channel>/);
      assert.ok(![html, hook.posts[0]!.body.text].some((text) => text.includes('\u001b')));
      assert.match(html, /&lt;img src=x onerror=alert\(1\)&gt;&quot;&amp;/);
      assert.doesNotMatch(html, /(src|href|url)\s*=?\s*["'(]?https?:/i);
      assert.doesNotMatch(hook.posts[0]!.body.text, /<!channel>|<img/);
      assert.equal(hook.posts[0]!.body.text.split('```').length % 2, 1);
    } finally {
      await hook.stop();
    }
  });

  it('without any secret: not in mails, posts, spool or logs', async () => {
    const hook = await startHookServer();
    try {
      const canaries = {
        SMTP_PASSWORD: 'canary-pass-41c7',
        MY_TOKEN: 'canary "q" <t>&7',
        DATABRICKS_TOKEN: 'canary-dbx-11',
      };
      const set = [
        `notifications.webhooks=[${hook.address}, "https://127.0.0.1:1/services/canary-hook-9d2c"]`,
        `notifications.smtp.password=${canaries.SMTP_PASSWORD}`,
      ];
      const project = await told.at(NOW, set, canaries);
      const result = batchOutcome({ failing: true, name: `${canaries.MY_TOKEN}.csv` });
      result.files[1]!.error =
        `https://u:canary-in-address@h/?sig=canary-sig ${canaries.DATABRICKS_TOKEN} password=canary-pair`;
      await told.tell(project, { kind: 'batch', result });
      hook.answer = 503;
      await told.stop();
      await told.tell(project, { kind: 'batch', result });
      assert.equal(spooled().length, 4);
      const mails = (await told.mails()).flatMap(({ raw, parts }) => [raw, ...Object.values(parts)]);
      const files = ['.gnu-mlops', 'logs'].flatMap((name) =>
        readdirSync(path.join(told.folder, name), { recursive: true, withFileTypes: true })
          .filter((entry) => entry.isFile())
          .map((entry) => readFileSync(path.join(entry.parentPath, entry.name), 'latin1')),
      );
      const posts = hook.posts.map(({ body }) => body.text);
      assert.ok(mails.length > 0 && posts.length > 0 && files.length > 3);
      for (const text of [...mails, ...posts, ...files, JSON.stringify(told.log)]) assert.doesNotMatch(text, /canary/);
      assert.match(mails.join(), /\*\*\*\.csv/);
    } finally {
      await hook.stop();
    }
  });

  describe('when the server comes back', () => {
    it('of everything once, in order, with the same id as at the first attempt', async () => {
      await told.stop();
      const project = await told.at(NOW);
      const away = await told.tell(project, FAILURE);
      assert.deepEqual(away, { sent: 0, refused: 0, waiting: 1 });
      await told.tell(await told.at('2026-11-26T21:00:00.000Z'), DRIFT);
      assert.equal(spooled().length, 2);
      const kept = JSON.parse(readFileSync(path.join(spool(), spooled()[0]!), 'utf8')) as {
        id: string;
        attempts: number;
      };
      assert.equal(kept.attempts, 2);
      assert.match(warnings()[0]!, /Mail to watch@example\.org .*ECONNREFUSED.*waits in \.gnu-mlops\/spool/);
      await told.restart();
      const back = await told.tell(await told.at('2026-11-27T21:00:00.000Z'), { kind: 'batch', result: IDLE_BATCH });
      assert.deepEqual(back, { sent: 2, refused: 0, waiting: 0 });
      await told.tell(project, { kind: 'batch', result: IDLE_BATCH });
      const mails = await told.mails();
      assert.deepEqual(
        mails.map(({ headers }) => headers.subject!.split(':')[0]),
        ['[gnu-mlops] FAILED', '[gnu-mlops] DRIFT'],
      );
      assert.equal(mails[0]!.headers['message-id'], `<${kept.id}@example.org>`);
      assert.equal(new Date(mails[0]!.headers.date!).toISOString(), NOW);
      assert.deepEqual(spooled(), []);
    });

    it('only those whom the server would not take before', async () => {
      const set = ['monitoring.alert_emails=[ops@example.org, busy@example.org, unknown@example.org]'];
      const report = await told.tell(await told.at(NOW, set), FAILURE);
      assert.deepEqual(report, { sent: 1, refused: 1, waiting: 1 });
      const kept = JSON.parse(readFileSync(path.join(spool(), spooled()[0]!), 'utf8')) as { to: string[] };
      assert.deepEqual(kept.to, ['busy@example.org']);
      assert.ok(
        warnings().some((text) =>
          /unknown@example\.org.*550 5\.1\.1 No such user here\. It is not tried again/.test(text),
        ),
      );
    });

    it('but not of what is a week old, nor what no server is configured for any more', async () => {
      await told.stop();
      await told.tell(await told.at(NOW), FAILURE);
      const late = await told.tell(await told.at('2026-12-03T00:00:00.000Z'), { kind: 'batch', result: IDLE_BATCH });
      assert.deepEqual(late, { sent: 0, refused: 1, waiting: 0 });
      await told.tell(await told.at(NOW), FAILURE);
      const gone = await told.at(NOW, ['notifications.smtp.host=null', 'monitoring.alert_emails=[]']);
      assert.deepEqual(await told.tell(gone, BATCH), { sent: 0, refused: 1, waiting: 0 });
    });

    it('without asking a side that is away once for each message that waits for it', async () => {
      const [gone, here] = [await startHookServer(), await startHookServer()];
      try {
        const hooks = await told.at(NOW, [`notifications.webhooks=[${gone.address}, ${here.address}]`]);
        gone.answer = 'silence';
        for (let i = 0; i < 3; i++) await told.tell(hooks, FAILURE);
        const posts = gone.posts.length;
        assert.deepEqual([here.posts.length, spooled().length], [3, 3]);
        await told.tell(hooks, { kind: 'batch', result: IDLE_BATCH });
        assert.equal(gone.posts.length, posts + 1);
        gone.answer = 200;
        const back = await told.tell(hooks, { kind: 'batch', result: IDLE_BATCH });
        assert.deepEqual(back, { sent: 3, refused: 0, waiting: 0 });
        assert.equal(here.posts.length, 3);
      } finally {
        await gone.stop();
        await here.stop();
      }
    });

    it('once, though five commands look into the spool at the same time', async () => {
      await told.stop();
      const writer = await told.at(NOW);
      for (let i = 0; i < 4; i++) await told.tell(writer, FAILURE);
      await told.restart();
      const idle: Notice = { kind: 'batch', result: IDLE_BATCH };
      const projects = await Promise.all(Array.from({ length: 5 }, () => told.at(NOW)));
      await Promise.all(projects.map((project) => told.tell(project, idle)));
      const ids = (await told.mails()).map(({ headers }) => headers['message-id']);
      assert.equal(ids.length, 4);
      assert.equal(new Set(ids).size, 4);
    });
  });

  it('later by a spool that only its owner reads, and that survives a file which is no message', async () => {
    await told.stop();
    await told.tell(await told.at(NOW), FAILURE);
    assert.equal(statSync(spool()).mode & 0o077, 0);
    writeFileSync(path.join(spool(), '20200101-broken.json'), '{"schema":1,');
    await told.restart();
    const report = await told.tell(await told.at(NOW), { kind: 'batch', result: IDLE_BATCH });
    assert.deepEqual(report, { sent: 1, refused: 0, waiting: 0 });
    assert.ok(readdirSync(spool()).includes('20200101-broken.json.broken'));
  });

  it('in the log, at least, when there are addresses but no server', async () => {
    await told.tell(await told.at(NOW, ['notifications.smtp.host=null']), FAILURE);
    assert.deepEqual(warnings(), ['No mail to watch@example.org: notifications.smtp.host is not set.']);
  });

  it('of nothing from a workspace that is not trusted, and nothing is written there', async () => {
    const project = await told.temporary.reopen(['notifications.smtp.host=127.0.0.1'], { readOnly: true });
    await told.tell(project, FAILURE);
    assert.throws(() => readdirSync(spool()), /ENOENT/);
  });
});
