import { setTimeout as delay } from 'node:timers/promises';
import { EngineError } from '../support/errors.ts';
import type { Lease } from '../support/leases.ts';
import type { Log } from '../support/operation-log.ts';
import { MailNotifier } from './mail-notifier.ts';
import type { Message } from './message.ts';
import { type Delivery, type Notifier, PATIENCE, type Patience, type Refusal } from './notifier.ts';
import type { Spool } from './spool.ts';
import type { Teller } from './teller.ts';
import { WebhookNotifier } from './webhook-notifier.ts';

/** What became of the messages that waited. */
export interface NotifyReport {
  /** Handed over, by channel and receiver counted once each. */
  sent: number;
  /** Refused for good, or given up. */
  refused: number;
  /** Still in the spool. */
  waiting: number;
}

/** After that many days nobody needs to know any more. */
const GIVE_UP_DAYS = 7;
const DAY_MS = 86_400_000;

/**
 * Sends what waits in the spool, oldest first, each message once: only one process at a time sends for a project. A message
 * leaves the spool when it was accepted or refused for good; recipients that could not be served stay in it.
 */
export async function sendSpooled(
  project: Teller,
  spool: Spool,
  log: Log,
  patience: Patience = PATIENCE,
): Promise<NotifyReport> {
  const report = { sent: 0, refused: 0, waiting: 0 };
  if (spool.list().length === 0) return report;
  const lease = await turn(project);
  if (lease === undefined) return { ...report, waiting: spool.list().length };
  try {
    await new Postman(project, spool, log, patience).empty(report);
  } finally {
    lease.release();
  }
  return { ...report, waiting: spool.list().length };
}

const LOOKS = 25;
const LOOK_MS = 200;

/** Whoever sends looks into the spool again after each message, so the wait is for the end of its last look only. */
async function turn(project: Teller): Promise<Lease | undefined> {
  for (let look = 0; look < LOOKS; look++) {
    try {
      return project.leases().acquire('notify');
    } catch (error) {
      if (!EngineError.is(error, 'lock-held')) throw error;
      await delay(LOOK_MS);
    }
  }
  return undefined;
}

/** Mail has one server; each webhook is a way of its own. */
function wayOf({ channel, to }: Message): string {
  return channel === 'mail' ? channel : `${channel} ${to[0]}`;
}

/** One round through the spool. */
class Postman {
  readonly #project: Teller;
  readonly #spool: Spool;
  readonly #log: Log;
  readonly #patience: Patience;
  readonly #notifiers: Record<Message['channel'], Notifier>;
  readonly #blocked = new Set<string>();
  readonly #tried = new Set<string>();

  constructor(project: Teller, spool: Spool, log: Log, patience: Patience) {
    const { smtp, webhooks } = project.config.notifications;
    this.#project = project;
    this.#spool = spool;
    this.#log = log;
    this.#patience = patience;
    this.#notifiers = { mail: new MailNotifier(smtp, patience), webhook: new WebhookNotifier(webhooks, patience) };
  }

  async empty(report: NotifyReport): Promise<void> {
    for (let message = this.#next(); message !== undefined; message = this.#next()) {
      this.#tried.add(message.id);
      await this.#send(message, report);
    }
  }

  #next(): Message | undefined {
    return this.#spool.list().find((message) => !this.#tried.has(message.id) && !this.#blocked.has(wayOf(message)));
  }

  async #send(message: Message, report: NotifyReport): Promise<void> {
    if (message.channel === 'mail' && this.#project.config.notifications.smtp.host === null) {
      return this.#giveUp(message, 'notifications.smtp.host is not set any more', report);
    }
    const { accepted, refused, later, isBlocked } = await this.#persist(message);
    report.sent += accepted.length;
    report.refused += refused.length;
    for (const refusal of refused) this.#tell(message, refusal, 'It is not tried again.');
    if (isBlocked) this.#blocked.add(wayOf(message));
    if (later.length === 0) return this.#spool.remove(message);
    const age = this.#project.clock().getTime() - Date.parse(message.created);
    if (age > GIVE_UP_DAYS * DAY_MS) return this.#giveUp(message, later[0]!.reason, report);
    this.#spool.put({ ...message, to: later.map(({ to }) => to), attempts: message.attempts + 1 });
    for (const refusal of later) this.#tell(message, refusal, 'It waits in .gnu-mlops/spool for the next command.');
  }

  /** Tries a new message again after a pause when it does not get through: servers restart. One that waited has time. */
  async #persist(message: Message): Promise<Delivery> {
    const notifier = this.#notifiers[message.channel];
    let delivery = await notifier.deliver(message);
    const pauses = message.attempts === 0 ? this.#patience.pausesMs : [];
    for (const pause of pauses) {
      if (delivery.later.length < message.to.length) break;
      await delay(pause);
      delivery = await notifier.deliver(message);
    }
    return delivery;
  }

  #giveUp(message: Message, reason: string, report: NotifyReport): void {
    report.refused += message.to.length;
    for (const to of message.to) this.#tell(message, { to, reason }, 'It is given up.');
    this.#spool.remove(message);
  }

  #tell({ channel, subject, id }: Message, { to, reason }: Refusal, next: string): void {
    const whom = channel === 'mail' ? `Mail to ${to}` : `Post to webhook ${to}`;
    this.#log.write('warning', `${whom} ("${subject}"): ${reason}. ${next}`, { message_id: id });
  }
}
