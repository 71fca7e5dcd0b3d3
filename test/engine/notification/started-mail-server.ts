import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import type { MailServerNews, MailServerOptions, ReceivedMail } from './mail-server.ts';

/** Certificate of the server, for clients that are to trust it. */
export const CERTIFICATE = path.join(import.meta.dirname, 'localhost-cert.pem');

/** An SMTP server that runs; `stop` ends its process. */
export interface MailServer {
  port: number;
  /** What it accepted up to now, in the order in which it came. */
  mails(): Promise<ReceivedMail[]>;
  /** Until a server that says nothing to it has got a mail. */
  untilData(): Promise<void>;
  stop(): Promise<void>;
}

export async function startMailServer(options: Partial<MailServerOptions> = {}): Promise<MailServer> {
  const program = path.join(import.meta.dirname, 'mail-server.ts');
  const child = fork(program, [JSON.stringify({ tls: 'none', ...options })], {
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  const mails: ReceivedMail[] = [];
  let allTold = () => {};
  const gotData = Promise.withResolvers<void>();
  child.on('message', (news: MailServerNews) => {
    if (news.kind === 'mail') mails.push(news.mail);
    if (news.kind === 'all-told') allTold();
    if (news.kind === 'data') gotData.resolve();
  });
  const [news] = (await once(child, 'message')) as [MailServerNews];
  if (news.kind !== 'listening') throw new Error('The mail server began with a mail.');
  return {
    port: news.port,
    mails: async () => {
      // Its news come by another way than its answers to the client, so that it is asked for the rest.
      if (child.connected) {
        await new Promise<void>((resolve) => {
          allTold = resolve;
          child.send('all?');
        });
      }
      return [...mails];
    },
    untilData: () => gotData.promise,
    stop: () => stop(child),
  };
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  child.kill();
  await ended;
}

/** A port on which nobody listens. */
export async function unusedPort(): Promise<number> {
  const server = await startMailServer();
  await server.stop();
  return server.port;
}
