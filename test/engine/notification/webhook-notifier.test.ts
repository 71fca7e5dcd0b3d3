import * as assert from 'node:assert/strict';
import { fingerprint } from '../../../src/engine/notification/message.ts';
import { WebhookNotifier } from '../../../src/engine/notification/webhook-notifier.ts';
import { IMPATIENT, notifierContract, sample } from './notifier-contract.ts';
import { type HookAnswer, type HookServer, startHookServer } from './web-hook-server.ts';

describe('A webhook', () => {
  let hook: HookServer;
  let notifier: WebhookNotifier;
  let to: string[];

  beforeEach(async () => {
    hook = await startHookServer();
    notifier = new WebhookNotifier(['https://hooks.example.org/other', hook.address], IMPATIENT);
    to = [fingerprint(hook.address)];
  });
  afterEach(() => hook.stop());

  async function answering(answer: HookAnswer) {
    hook.answer = answer;
    return { notifier, to };
  }

  notifierContract('A webhook', {
    channel: 'webhook',
    willing: async () => {
      const received = async () =>
        hook.posts.map(({ headers, body }) => ({ id: String(headers['idempotency-key']), text: body.text }));
      return { notifier, to, received };
    },
    refusing: () => answering(404),
    busy: () => answering(503),
    silent: () => answering('silence'),
    away: async () => {
      await hook.stop();
      hook = await startHookServer();
      return { notifier, to };
    },
  });

  it('that is asked too often is tried again, and one that leads elsewhere is not followed', async () => {
    hook.answer = 429;
    assert.equal((await notifier.deliver(sample('webhook', to))).later.length, 1);
    hook.answer = 302;
    assert.equal((await notifier.deliver(sample('webhook', to))).refused.length, 1);
  });

  it('that is not configured any more, or is no address, is refused without being named', async () => {
    const gone = await new WebhookNotifier([], IMPATIENT).deliver(sample('webhook', to));
    assert.match(gone.refused[0]!.reason, /not in notifications\.webhooks any more/);
    const odd = 'not a url canary';
    const wrong = await new WebhookNotifier([odd], IMPATIENT).deliver(sample('webhook', [fingerprint(odd)]));
    assert.match(wrong.refused[0]!.reason, /no URL/);
    assert.doesNotMatch(JSON.stringify(wrong), /canary/);
  });

  it('gets one JSON object with a text, as Slack takes it', async () => {
    await notifier.deliver(sample('webhook', to));
    assert.deepEqual(Object.keys(hook.posts[0]!.body), ['text']);
    assert.match(String(hook.posts[0]!.headers['content-type']), /^application\/json/);
  });
});
