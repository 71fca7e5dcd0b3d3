import { createHash, randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import { cleanTexts, redactByName } from '../support/secret-names.ts';
import { type Notice, weightOf } from './notice.ts';
import { recipientsOf } from './recipients.ts';
import { renderChat, renderHtml, renderText } from './rendering.ts';
import type { Teller } from './teller.ts';
import { letterOf } from './wording.ts';

/** A message for one channel, as it lies in the spool. Holds no secret: a webhook is known by a digest of its address. */
export interface Message {
  schema: 1;
  /** The same at every attempt, so that a receiver can tell a message that came twice. */
  id: string;
  channel: 'mail' | 'webhook';
  /** Mail addresses, or the fingerprint of a webhook. */
  to: string[];
  subject: string;
  text: string;
  /** Null for webhooks. */
  html: string | null;
  /** ISO 8601 UTC */
  created: string;
  attempts: number;
}

/**
 * The messages that tell of a notice: one mail to everybody who is to get it, one post to each webhook. None when nobody is.
 * Every text is free of the secrets of configuration and environment.
 */
export function messagesOf(project: Teller, notice: Notice, id: string = randomUUID()): Message[] {
  const { config, configFile, clock } = project;
  if (weightOf(notice) === 'idle') return [];
  const { smtp, webhooks } = config.notifications;
  const told = cleanTexts(notice, (text) => redactByName(project.redact(text))) as Notice;
  const letter = letterOf(told, { host: hostname(), configFile, modelName: config.mlflow.model_name });
  const shared = { schema: 1 as const, subject: letter.subject, created: clock().toISOString(), attempts: 0 };
  const to = smtp.host === null ? [] : recipientsOf(config, notice);
  const mail = { ...shared, id, channel: 'mail' as const, to, text: renderText(letter), html: renderHtml(letter) };
  const posts = webhooks.map((address, i) => {
    const post = { channel: 'webhook' as const, to: [fingerprint(address)], text: renderChat(letter), html: null };
    return { ...shared, id: `${id}-${i + 1}`, ...post };
  });
  return [...(to.length > 0 ? [mail] : []), ...posts];
}

/** A webhook's address is a password: what lies in the spool names it by this. */
export function fingerprint(address: string): string {
  return createHash('sha256').update(address).digest('hex').slice(0, 16);
}
