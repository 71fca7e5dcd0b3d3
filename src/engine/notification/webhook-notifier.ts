import { fingerprint, type Message } from './message.ts';
import { allOf, type Delivery, type Notifier, type Patience } from './notifier.ts';

/** Answers by which a server says that it may be otherwise in a while. */
const PASSING = new Set([408, 425, 429]);

/** Posts Slack-compatible JSON to the addresses of `notifications.webhooks`. */
export class WebhookNotifier implements Notifier {
  readonly #addresses: string[];
  readonly #patience: Patience;

  constructor(addresses: string[], patience: Patience) {
    this.#addresses = addresses;
    this.#patience = patience;
  }

  async deliver(message: Message): Promise<Delivery> {
    const address = this.#addresses.find((each) => fingerprint(each) === message.to[0]);
    if (address === undefined) return allOf(message, 'refused', 'it is not in notifications.webhooks any more');
    if (!URL.canParse(address)) return allOf(message, 'refused', 'its address in notifications.webhooks is no URL');
    try {
      const { ok, status } = await this.#post(address, message);
      if (ok) return { accepted: message.to, refused: [], later: [], isBlocked: false };
      const isPassing = status >= 500 || PASSING.has(status);
      // It may have something against this message only.
      return {
        ...allOf(message, isPassing ? 'later' : 'refused', `it answered with status ${status}`),
        isBlocked: false,
      };
    } catch (error) {
      return allOf(message, 'later', reasonOf(error));
    }
  }

  async #post(address: string, { id, text }: Message): Promise<Response> {
    const response = await fetch(address, {
      method: 'POST',
      headers: { 'content-type': 'application/json; charset=utf-8', 'idempotency-key': id },
      body: JSON.stringify({ text }),
      // A hook's address is a password, and a redirection would hand the message to somebody else.
      redirect: 'manual',
      signal: AbortSignal.timeout(this.#patience.connectMs + this.#patience.silenceMs),
    });
    await response.body?.cancel();
    return response;
  }
}

/** What lies behind "fetch failed": the code of the system. */
function reasonOf(error: unknown): string {
  const { name, message, cause } = error as Error;
  if (name === 'TimeoutError') return 'it did not answer in time';
  const { code } = (cause ?? {}) as NodeJS.ErrnoException;
  return code === undefined ? message : `it cannot be reached (${code})`;
}
