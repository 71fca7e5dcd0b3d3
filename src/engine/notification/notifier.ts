import type { Message } from './message.ts';

/** What became of an attempt to hand a message over, for each of those it is for. */
export interface Delivery {
  accepted: string[];
  /** For good: trying again would end the same way. */
  refused: Refusal[];
  /** Not now: tried again by the next command that notifies. */
  later: Refusal[];
  /** Nothing gets through this way at the moment, so that other messages for it need not be tried. */
  isBlocked: boolean;
}

export interface Refusal {
  to: string;
  /** What the other side said, as a sentence without secrets. */
  reason: string;
}

/** A way to reach people. Contract: `test/engine/notification/notifier-contract.ts`. */
export interface Notifier {
  /** Hands one message over, once. Does not reject: what goes wrong is in the answer. */
  deliver(message: Message): Promise<Delivery>;
}

/** How patient a notifier is; all in ms. */
export interface Patience {
  /** Until a connection stands and the other side has said who it is. */
  connectMs: number;
  /** Without a sign of the other side. */
  silenceMs: number;
  /** Pauses before the second attempt, the third and so on, of a new message that does not get through. */
  pausesMs: number[];
}

export const PATIENCE: Patience = { connectMs: 10_000, silenceMs: 20_000, pausesMs: [1000, 4000] };

/** A delivery that ended the same way for everybody. */
export function allOf(message: Message, end: 'refused' | 'later', reason: string): Delivery {
  const refusals = message.to.map((to) => ({ to, reason }));
  const none = { accepted: [], refused: [], later: [] };
  return { ...none, [end]: refusals, isBlocked: end === 'later' };
}
