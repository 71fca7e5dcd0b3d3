import * as assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import type { Config } from '../../../src/engine/config/config.ts';
import { MailNotifier, transportOptions } from '../../../src/engine/notification/mail-notifier.ts';
import type { MailServerOptions } from './mail-server.ts';
import { IMPATIENT, notifierContract, sample } from './notifier-contract.ts';
import { parseMail } from './parsed-mail.ts';
import { CERTIFICATE, type MailServer, startMailServer, unusedPort } from './started-mail-server.ts';

type Smtp = Config['notifications']['smtp'];

const ON_THIS_MACHINE: Smtp = {
  ...{ host: '127.0.0.1', port: 25, secure: false, user: null, password: null },
  from: 'mlops@example.org',
};
const USER = { user: 'operator', pass: 'canary-pass-41c7' };

describe('Mail', () => {
  const servers: MailServer[] = [];

  afterEach(async () => {
    for (const server of servers.splice(0)) await server.stop();
  });

  async function serve(options: Partial<MailServerOptions> = {}, smtp: Partial<Smtp> = {}) {
    const server = await startMailServer(options);
    servers.push(server);
    const notifier = new MailNotifier({ ...ON_THIS_MACHINE, port: server.port, ...smtp }, IMPATIENT);
    return { server, notifier };
  }

  const to = ['ops@example.org'];
  notifierContract('Mail', {
    channel: 'mail',
    willing: async () => {
      const { server, notifier } = await serve();
      const received = async () =>
        (await server.mails()).map(({ raw }) => {
          const { headers, parts } = parseMail(raw);
          return { id: headers['message-id']!, text: parts['text/plain']! };
        });
      return { notifier, to, received };
    },
    refusing: async () => ({ ...(await serve()), to: ['unknown@example.org'] }),
    busy: async () => ({ ...(await serve()), to: ['busy@example.org'] }),
    silent: async () => ({ ...(await serve({ silent: 'connected' })), to }),
    away: async () => ({
      notifier: new MailNotifier({ ...ON_THIS_MACHINE, port: await unusedPort() }, IMPATIENT),
      to,
    }),
  });

  it('goes to those whom the server takes when another is refused, and names each of the others', async () => {
    const { server, notifier } = await serve();
    const all = ['unknown@example.org', 'ops@example.org', 'busy@example.org'];
    const delivery = await notifier.deliver(sample('mail', all));
    assert.deepEqual(delivery.accepted, ['ops@example.org']);
    assert.deepEqual(
      [...delivery.refused, ...delivery.later].map(({ to: who, reason }) => [who, reason]),
      [
        ['unknown@example.org', '550 5.1.1 No such user here'],
        ['busy@example.org', '450 4.2.0 Try again later'],
      ],
    );
    assert.deepEqual((await server.mails())[0]?.to, ['ops@example.org']);
  });

  it('is refused for good when the server refuses what it says, and kept when the server falls silent after it', async () => {
    const spam = await serve({ dataError: { code: 554, text: '5.7.1 Looks like spam' } });
    assert.match((await spam.notifier.deliver(sample('mail', to))).refused[0]!.reason, /Looks like spam/);
    const full = await serve({ dataError: { code: 452, text: '4.3.1 Disk full' } });
    assert.match((await full.notifier.deliver(sample('mail', to))).later[0]!.reason, /Disk full/);
    const slow = await serve({ silent: 'data' });
    assert.equal((await slow.notifier.deliver(sample('mail', to))).later.length, 1);
  });

  it('has the same text as HTML, a date, a sender, and marks that stop automatic answers', async () => {
    const { server, notifier } = await serve();
    await notifier.deliver(sample('mail', to));
    const { headers, parts } = parseMail((await server.mails())[0]!.raw);
    assert.equal(headers.subject, '[gnu-mlops] Batch done: 3 rows in 1 file (m)');
    assert.equal(headers['message-id'], '<sample-1@example.org>');
    assert.match(headers.from!, /GNU MLOps.*<mlops@example\.org>/);
    assert.equal(new Date(headers.date!).toISOString(), '2026-11-25T21:00:00.000Z');
    assert.equal(headers['auto-submitted'], 'auto-generated');
    assert.deepEqual(Object.keys(parts), ['text/plain', 'text/html']);
  });

  it('says who was not let in, without the password, and waits for a better one', async () => {
    const { notifier } = await serve({ auth: USER }, { user: USER.user, password: 'wrong-canary' });
    const delivery = await notifier.deliver(sample('mail', to));
    assert.match(delivery.later[0]!.reason, /notifications\.smtp not accepted \(535/);
    assert.equal(delivery.isBlocked, true);
    assert.doesNotMatch(JSON.stringify(delivery), /canary/);
  });

  describe('over TLS', () => {
    const before = getCACertificates('default');

    afterEach(() => setDefaultCACertificates(before));

    for (const tls of ['first', 'starttls'] as const) {
      it(`(${tls}) sends user and password over it, to a server whose certificate it trusts`, async () => {
        setDefaultCACertificates([...before, readFileSync(CERTIFICATE, 'utf8')]);
        const smtp = { secure: tls === 'first', user: USER.user, password: USER.pass };
        const { server, notifier } = await serve({ tls, auth: USER }, smtp);
        const { accepted } = await notifier.deliver(sample('mail', to));
        assert.deepEqual(accepted, to);
        const [mail] = await server.mails();
        assert.deepEqual([mail?.encrypted, mail?.user], [true, 'operator']);
      });

      it(`(${tls}) sends nothing to a server whose certificate it does not trust`, async () => {
        const smtp = { secure: tls === 'first', user: USER.user, password: USER.pass };
        const { server, notifier } = await serve({ tls, auth: USER }, smtp);
        const { later, isBlocked } = await notifier.deliver(sample('mail', to));
        assert.match(later[0]!.reason, /certificate/);
        assert.equal(isBlocked, true);
        assert.deepEqual(await server.mails(), []);
      });
    }

    it('is demanded where a password leaves the machine, and not where there is none', () => {
      const required = (smtp: Partial<Smtp>) => {
        const { requireTLS, ignoreTLS } = transportOptions({ ...ON_THIS_MACHINE, ...smtp }, IMPATIENT);
        return [requireTLS, ignoreTLS];
      };
      const user = { user: 'u', password: 'p' };
      assert.deepEqual(required({ host: 'mail.example.org', ...user }), [true, false]);
      assert.deepEqual(required({ host: 'mail.example.org' }), [false, false]);
      assert.deepEqual(required({ host: 'localhost', ...user }), [false, false]);
      assert.deepEqual(required({ host: 'localhost' }), [false, true]);
      assert.deepEqual(required({ host: 'localhost.example.org', ...user }), [true, false]);
    });
  });
});
