import { hostname } from 'node:os';
import type SmtpTransport from 'nodemailer/lib/smtp-transport';
import type { Config } from '../config/config.ts';
import { EngineError } from '../support/errors.ts';
import type { Message } from './message.ts';
import { allOf, type Delivery, type Notifier, PATIENCE, type Patience, type Refusal } from './notifier.ts';

type Smtp = Config['notifications']['smtp'];

/** What nodemailer says of one recipient, or of the whole message. */
interface SmtpFailure extends Error {
  code?: string;
  command?: string;
  response?: string;
  responseCode?: number;
  recipient?: string;
  rejectedErrors?: SmtpFailure[];
}

/** Sends mail through the server of `notifications.smtp`. */
export class MailNotifier implements Notifier {
  readonly #smtp: Smtp;
  readonly #patience: Patience;

  constructor(smtp: Smtp, patience: Patience) {
    this.#smtp = smtp;
    this.#patience = patience;
  }

  async deliver(message: Message): Promise<Delivery> {
    // Loaded when there is something to send: most commands never do.
    const { createTransport } = await import('nodemailer');
    const transport = createTransport(transportOptions(this.#smtp, this.#patience));
    const from = senderOf(this.#smtp);
    try {
      const info = await transport.sendMail({
        from: { name: 'GNU MLOps', address: from },
        to: message.to,
        subject: message.subject,
        text: message.text,
        html: message.html ?? undefined,
        date: new Date(message.created),
        messageId: `<${message.id}@${from.split('@').at(-1)}>`,
        headers: { 'Auto-Submitted': 'auto-generated' },
        disableFileAccess: true,
        disableUrlAccess: true,
      });
      return partly(message, info.rejectedErrors as SmtpFailure[] | undefined);
    } catch (error) {
      return failed(message, error as SmtpFailure);
    } finally {
      transport.close();
    }
  }
}

/**
 * Signs in to the server and sends nothing.
 * @throws EngineError `unreachable`, `unauthorized`
 */
export async function checkMailServer(smtp: Smtp, patience: Patience = PATIENCE): Promise<void> {
  const { createTransport } = await import('nodemailer');
  const transport = createTransport(transportOptions(smtp, patience));
  try {
    await transport.verify();
  } catch (error) {
    const failure = error as SmtpFailure;
    throw new EngineError(
      failure.code === 'EAUTH' ? 'unauthorized' : 'unreachable',
      `The mail server ${smtp.host}:${smtp.port} cannot be used: ${reasonOf(failure)}.`,
      {
        fix: 'Correct notifications.smtp, or its password; until then nobody gets a mail, and mails wait in .gnu-mlops/spool.',
      },
    );
  } finally {
    transport.close();
  }
}

/**
 * TLS from the first byte, or by STARTTLS where the server offers it; a password is never sent without it, except on this
 * machine. A relay on this machine that asks for no password is not asked for a certificate.
 */
export function transportOptions(smtp: Smtp, { connectMs, silenceMs }: Patience): SmtpTransport.Options {
  const { host, port, secure, user, password } = smtp;
  const isLocal = /^(localhost|127(\.\d+){3}|::1|\[::1\])$/i.test(host ?? '');
  const hasPassword = user !== null && user !== '';
  return {
    host: host ?? '',
    port,
    secure,
    requireTLS: !secure && hasPassword && !isLocal,
    ignoreTLS: !secure && !hasPassword && isLocal,
    ...(hasPassword ? { auth: { user, pass: password ?? '' } } : {}),
    connectionTimeout: connectMs,
    greetingTimeout: connectMs,
    dnsTimeout: connectMs,
    socketTimeout: silenceMs,
  };
}

function senderOf({ from, user }: Smtp): string {
  if (from) return from;
  return user?.includes('@') ? user : `gnu-mlops@${hostname()}`;
}

/** The server took the message for some of its recipients at least. */
function partly(message: Message, failures: SmtpFailure[] = []): Delivery {
  const refusals = failures.map(toRefusal);
  const isFinal = (refusal: Refusal) => failures.some((each) => each.recipient === refusal.to && isPermanent(each));
  const missed = new Set(refusals.map(({ to }) => to));
  return {
    accepted: message.to.filter((to) => !missed.has(to)),
    refused: refusals.filter(isFinal),
    later: refusals.filter((refusal) => !isFinal(refusal)),
    isBlocked: false,
  };
}

function failed(message: Message, error: SmtpFailure): Delivery {
  if (error.rejectedErrors && error.rejectedErrors.length > 0) return partly(message, error.rejectedErrors);
  // What the server has against the message stays; what it has against us (password, sender, certificate) can be mended.
  const isAboutMessage = error.code === 'EMESSAGE' && isPermanent(error);
  return allOf(message, isAboutMessage ? 'refused' : 'later', reasonOf(error));
}

function isPermanent({ responseCode }: SmtpFailure): boolean {
  return responseCode !== undefined && responseCode >= 500;
}

function toRefusal(failure: SmtpFailure): Refusal {
  return { to: failure.recipient ?? '', reason: reasonOf(failure) };
}

function reasonOf({ code, response, message }: SmtpFailure): string {
  if (code === 'EAUTH') return `user or password of notifications.smtp not accepted (${response ?? message})`;
  if (code === 'ETIMEDOUT') return `it did not answer in time (${message})`;
  return response ?? message;
}
