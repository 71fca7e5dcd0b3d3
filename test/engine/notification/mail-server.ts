// A real SMTP server in a process of its own: `fork` this file, with MailServerOptions as JSON in its first argument.
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { SMTPServer, type SMTPServerOptions, type SMTPServerSession } from 'smtp-server';

export interface MailServerOptions {
  /** 0, which is a free one, unless given. */
  port?: number;
  /** TLS from the first byte; by STARTTLS; or not offered. */
  tls: 'first' | 'starttls' | 'none';
  /** Only this user may send. */
  auth?: { user: string; pass: string };
  /** Says nothing: when somebody connects, or when the mail was sent. */
  silent?: 'connected' | 'data';
  /** Answers every mail with this, once it was sent. */
  dataError?: { code: number; text: string };
}

/** A mail as it came over the wire. */
export interface ReceivedMail {
  from: string;
  to: string[];
  raw: string;
  user: string | null;
  encrypted: boolean;
}

/** What the server tells its parent. */
export type MailServerNews =
  | { kind: 'listening'; port: number }
  | { kind: 'mail'; mail: ReceivedMail }
  | { kind: 'data' }
  | { kind: 'all-told' };

const options = JSON.parse(process.argv[2]!) as MailServerOptions;
const pem = (name: string) => readFileSync(path.join(import.meta.dirname, `localhost-${name}.pem`));

/** An error with the code that SMTP answers. */
function answer(code: number, text: string): Error {
  return Object.assign(new Error(text), { responseCode: code });
}

/** The name of a recipient says how it is treated. */
function recipientError(address: string): Error | undefined {
  if (address.startsWith('unknown')) return answer(550, '5.1.1 No such user here');
  if (address.startsWith('busy')) return answer(450, '4.2.0 Try again later');
  return undefined;
}

function received(session: SMTPServerSession, raw: string): ReceivedMail {
  const { mailFrom, rcptTo } = session.envelope;
  const to = rcptTo.map(({ address }) => address);
  const user = typeof session.user === 'string' ? session.user : null;
  return { from: mailFrom === false ? '' : mailFrom.address, to, raw, user, encrypted: session.secure };
}

const handlers: SMTPServerOptions = {
  onConnect: (_session, done) => {
    if (options.silent !== 'connected') done();
  },
  onAuth: ({ username, password }, _session, done) => {
    const isKnown = username === options.auth?.user && password === options.auth?.pass;
    if (isKnown) done(null, { user: username });
    else done(answer(535, '5.7.8 Authentication failed'));
  },
  onRcptTo: ({ address }, _session, done) => done(recipientError(address)),
  onData: (stream, session, done) => {
    const chunks: Buffer[] = [];
    stream.on('data', (chunk: Buffer) => chunks.push(chunk));
    stream.on('end', () => {
      if (options.silent === 'data') return void process.send!({ kind: 'data' } satisfies MailServerNews);
      if (options.dataError) return done(answer(options.dataError.code, options.dataError.text));
      const mail = received(session, Buffer.concat(chunks).toString('utf8'));
      process.send!({ kind: 'mail', mail } satisfies MailServerNews, () => done());
    });
  },
};

const server = new SMTPServer({
  ...handlers,
  secure: options.tls === 'first',
  authOptional: options.auth === undefined,
  disabledCommands: [...(options.tls === 'none' ? ['STARTTLS'] : []), ...(options.auth ? [] : ['AUTH'])],
  allowInsecureAuth: true,
  disableReverseLookup: true,
  ...(options.tls === 'none' ? {} : { key: pem('key'), cert: pem('cert') }),
});
// A client that gives up in the middle is part of the tests.
server.on('error', () => undefined);
const listening = server.listen(options.port ?? 0, '127.0.0.1', () => {
  const address = listening.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  process.send!({ kind: 'listening', port } satisfies MailServerNews);
});
// Answers come after everything that was told before the question.
process.on('message', () => process.send!({ kind: 'all-told' } satisfies MailServerNews));
process.on('disconnect', () => process.exit(0));
