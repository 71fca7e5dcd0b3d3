import * as assert from 'node:assert/strict';
import type { Message } from '../../../src/engine/notification/message.ts';
import type { Notifier, Patience } from '../../../src/engine/notification/notifier.ts';

/** Short enough for a test that waits until a notifier gives up. */
export const IMPATIENT: Patience = { connectMs: 300, silenceMs: 300, pausesMs: [1] };

/** What a channel's test provides: the other side in each of its moods, and a message for it. */
export interface ChannelUnderTest {
  channel: Message['channel'];
  /** Each gives a notifier that talks to a side of that mood, and the receivers it knows. */
  willing(): Promise<{ notifier: Notifier; to: string[]; received: () => Promise<{ id: string; text: string }[]> }>;
  refusing(): Promise<{ notifier: Notifier; to: string[] }>;
  busy(): Promise<{ notifier: Notifier; to: string[] }>;
  silent(): Promise<{ notifier: Notifier; to: string[] }>;
  away(): Promise<{ notifier: Notifier; to: string[] }>;
}

/** A message to send. */
export function sample(channel: Message['channel'], to: string[], id = 'sample-1'): Message {
  return {
    ...{ schema: 1, id, channel, to, subject: '[gnu-mlops] Batch done: 3 rows in 1 file (m)', attempts: 0 },
    ...{ text: 'Zürich: 3 rows <scored> & kept.\n', html: channel === 'mail' ? '<p>3 rows</p>' : null },
    created: '2026-11-25T21:00:00.123Z',
  };
}

/** What every way to reach people does. */
export function notifierContract(name: string, under: ChannelUnderTest): void {
  describe(`${name}, as every notifier,`, () => {
    it('hands a message over, and says by the same id when it is the same again', async () => {
      const { notifier, to, received } = await under.willing();
      for (let time = 0; time < 2; time++) {
        const delivery = await notifier.deliver(sample(under.channel, to));
        assert.deepEqual(delivery, { accepted: to, refused: [], later: [], isBlocked: false });
      }
      const [first, second, ...more] = await received();
      assert.match(first!.text, /Zürich: 3 rows <scored> & kept\./);
      assert.ok(first!.id.includes('sample-1'));
      assert.deepEqual([second?.id, more], [first!.id, []]);
    });

    it('says what is refused for good, and by what words', async () => {
      const { notifier, to } = await under.refusing();
      const delivery = await notifier.deliver(sample(under.channel, to));
      assert.deepEqual([delivery.accepted, delivery.later, delivery.isBlocked], [[], [], false]);
      assert.deepEqual(
        delivery.refused.map((refusal) => refusal.to),
        to,
      );
      assert.match(delivery.refused[0]!.reason, /550|404/);
    });

    it('keeps for later what the other side cannot take just now', async () => {
      const { notifier, to } = await under.busy();
      const { accepted, refused, later } = await notifier.deliver(sample(under.channel, to));
      assert.deepEqual([accepted, refused, later.map((refusal) => refusal.to)], [[], [], to]);
    });

    it('gives up waiting for a side that says nothing, and keeps the message for later', async () => {
      const { notifier, to } = await under.silent();
      const { accepted, refused, later } = await notifier.deliver(sample(under.channel, to));
      assert.deepEqual([accepted, refused, later.map((refusal) => refusal.to)], [[], [], to]);
      assert.match(later[0]!.reason, /time/i);
    });

    it('keeps a message for later when nobody is there, and names the reason', async () => {
      const { notifier, to } = await under.away();
      const { later } = await notifier.deliver(sample(under.channel, to));
      assert.deepEqual(
        later.map((refusal) => refusal.to),
        to,
      );
      assert.match(later[0]!.reason, /ECONNREFUSED/);
      assert.doesNotMatch(later[0]!.reason, /canary/);
    });
  });
}
