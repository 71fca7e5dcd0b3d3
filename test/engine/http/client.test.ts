import * as assert from 'node:assert/strict';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { setTimeout as pause } from 'node:timers/promises';
import { HttpClient, type HttpClientOptions } from '../../../src/engine/http/client.ts';
import type { EngineError } from '../../../src/engine/support/errors.ts';
import { rejects } from '../tracking/store-contract.ts';

type Answer = (response: ServerResponse, request: IncomingMessage) => void;

const SECRET = 'canary-http-5512';

describe('An HTTP client', () => {
  let server: Server;
  let base: string;
  let answers: Answer[] = [];
  const seen: IncomingMessage[] = [];

  before((done) => {
    server = createServer((request, response) => {
      seen.push(request);
      request.resume();
      (answers.length > 1 ? answers.shift()! : answers[0]!)(response, request);
    });
    server.listen(0, '127.0.0.1', () => {
      base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
      done();
    });
  });

  beforeEach(() => {
    seen.length = 0;
  });

  after(() => {
    server.closeAllConnections();
    server.close();
  });

  async function ask<T>(
    behaviour: Answer[],
    use: (client: HttpClient) => Promise<T>,
    options: Partial<HttpClientOptions> = {},
  ): Promise<T> {
    answers = behaviour;
    const authorization = async () => `Bearer ${SECRET}`;
    const client = new HttpClient({ what: 'test server', baseUrl: `${base}/root`, env: {}, authorization, ...options });
    try {
      return await use(client);
    } finally {
      client.close();
    }
  }

  const json =
    (value: unknown, status = 200): Answer =>
    (response) => {
      response.writeHead(status, { 'Content-Type': 'application/json' }).end(JSON.stringify(value));
    };
  const status =
    (code: number, text = '', headers = {}): Answer =>
    (response) => {
      response.writeHead(code, headers).end(text);
    };
  const get = (client: HttpClient) => client.json({ method: 'GET', path: 'a/b', query: { x: 'y z' } });
  const post = (client: HttpClient) => client.json({ method: 'POST', path: 'a', json: { k: 1 } });

  function assertSilent(error: EngineError): void {
    assert.ok(!JSON.stringify([error.message, error.details, error.stack, String(error.cause)]).includes(SECRET));
  }

  it('asks below its base, with credentials, and reads JSON', async () => {
    assert.deepEqual(await ask([json({ a: 1 })], get), { a: 1 });
    assert.equal(seen[0]!.url, '/root/a/b?x=y+z');
    assert.equal(seen[0]!.headers.authorization, `Bearer ${SECRET}`);
    const nothing = await rejects(ask([status(200)], get), 'unreachable');
    assert.match(nothing.message, /answered with nothing/);
  });

  it('gives no credentials to another host', async () => {
    const other = base.replace('127.0.0.1', 'localhost');
    await ask([json({})], (client) => client.json({ method: 'GET', path: `${other}/signed` }));
    assert.equal(seen[0]!.headers.authorization, undefined);
  });

  it('tries again what passes by itself, when that does no harm', async () => {
    assert.deepEqual(await ask([status(503), status(500), json({ a: 2 })], get), { a: 2 });
    assert.equal(seen.length, 3);
    seen.length = 0;
    await rejects(ask([status(500)], post), 'unreachable');
    assert.equal(seen.length, 1, 'a request that makes something is sent once');
    seen.length = 0;
    assert.deepEqual(await ask([status(429, '', { 'Retry-After': '0' }), json({ a: 3 })], post), { a: 3 });
    assert.equal(seen.length, 2, 'after 429 nothing was done');
  });

  it('does not wait longer than the time-out for a server that asks to come back much later', async () => {
    await rejects(ask([status(503, '', { 'Retry-After': '3600' })], get, { timeoutMs: 1000 }), 'unreachable');
    assert.equal(seen.length, 1);
  });

  it('says what went wrong, and of no credential', async () => {
    const cases: [Answer, Parameters<typeof rejects>[1], RegExp][] = [
      [status(401), 'unauthorized', /does not know our credentials \(401\)/],
      [status(403, 'no way'), 'unauthorized', /does not permit this \(403\): no way/],
      [status(404), 'unreachable', /has nothing there \(404\)/],
      [
        status(302, '', { Location: 'https://login.example.com/x?token=1' }),
        'unreachable',
        /https:\/\/login\.example\.com\/x\)?/,
      ],
      [status(200, '<html>hello</html>'), 'unreachable', /a web page; is it the right address/],
      [status(200, '{"a":'), 'unreachable', /no JSON/],
      [status(200, '"ok"'), 'unreachable', /JSON that is no object; is it the right address/],
      [status(200, '[]'), 'unreachable', /JSON that is no object/],
      [status(200, 'null'), 'unreachable', /JSON that is no object/],
      [(response) => response.socket?.destroy(), 'unreachable', /broke off/],
      [
        (response) => {
          response.writeHead(200, { 'Content-Length': '100' }).write('{"a":');
          setImmediate(() => response.socket?.destroy());
        },
        'unreachable',
        /broke off half-way|broke off/,
      ],
    ];
    for (const [answer, reason, says] of cases) {
      const error = await rejects(ask([answer], get, { attempts: 1 }), reason);
      assert.match(error.message, says);
      assert.match(error.message, /GET \/root\/a\/b/);
      assertSilent(error);
    }
  });

  it('gives up on a server that says nothing, and on one that stops half-way', async () => {
    const silent: Answer = () => undefined;
    const half: Answer = (response) => void response.writeHead(200).write('{');
    for (const [answer, says] of [
      [silent, /did not answer within 0\.1 s/],
      [half, /did not end its answer within 0\.1 s/],
    ] as const) {
      seen.length = 0;
      const error = await rejects(ask([answer], get, { timeoutMs: 100 }), 'unreachable');
      assert.match(error.message, says);
      assert.equal(seen.length, 1, 'nobody waits for the time-out again and again');
    }
  });

  /** A byte now and then: at 100 bytes a second nothing ever comes to its end. */
  const dripping =
    (code: number): Answer =>
    (response) => {
      response.writeHead(code);
      const drip = setInterval(() => response.write(' '), 10);
      response.once('close', () => clearInterval(drip));
    };

  it('gives up on an answer that drips, whether it is read as a whole or as a download', async () => {
    const options = { timeoutMs: 100, attempts: 1 };
    const whole = await rejects(ask([dripping(200)], get, options), 'unreachable');
    assert.match(whole.message, /did not end its answer within 0\.1 s/);
    const download = (client: HttpClient) =>
      client.open({ method: 'GET', path: 'big' }).then(({ body }) => buffer(body));
    const error = await rejects(ask([dripping(200)], download, options), 'unreachable');
    assert.match(error.message, /sent next to nothing for 0\.1 s/);
  });

  it('gives up on words that drip of an error, and tells the error', async () => {
    await rejects(ask([dripping(403)], get, { timeoutMs: 100, attempts: 1 }), 'unauthorized');
  });

  it('waits for an answer that is large and comes at a good speed', async () => {
    const pieces = 10;
    async function* slowly(): AsyncGenerator<Buffer> {
      yield Buffer.from('{"a":"');
      for (let i = 0; i < pieces; i++) yield await pause(50, Buffer.alloc(64 << 10, 'x'));
      yield Buffer.from('"}');
    }
    const large: Answer = (response) => void Readable.from(slowly(), { objectMode: false }).pipe(response);
    const { a } = (await ask([large], get, { timeoutMs: 300, attempts: 1 })) as { a: string };
    assert.equal(a.length, pieces * (64 << 10));
  });

  it('gives up on a download that stands still half-way, however it was opened', async () => {
    const standing: Answer = (response) => void response.writeHead(200, { 'Content-Length': '100' }).write('start');
    const error = await rejects(
      ask([standing], async (client) => buffer((await client.open({ method: 'GET', path: 'big' })).body), {
        timeoutMs: 100,
      }),
      'unreachable',
    );
    assert.match(error.message, /sent next to nothing for 0\.1 s/);
    assertSilent(error);
  });

  it('lets a transfer take as long as it moves, and its reader take its time', async () => {
    const pauses = 8;
    async function* slowly(): AsyncGenerator<Buffer> {
      for (let i = 0; i < pauses; i++) yield await pause(50, Buffer.alloc(1000));
    }
    const whenAllCame: Answer = (response, request) =>
      void request.once('end', () => response.end(JSON.stringify({ came: true })));
    const body = () => Readable.from(slowly(), { objectMode: false });
    const put = (client: HttpClient) => client.json({ method: 'PUT', path: 'big', body });
    assert.deepEqual(await ask([whenAllCame], put, { timeoutMs: 200, attempts: 1 }), { came: true });

    const drip: Answer = (response) => void Readable.from(slowly(), { objectMode: false }).pipe(response);
    const get = async (client: HttpClient) => buffer((await client.open({ method: 'GET', path: 'big' })).body);
    assert.equal((await ask([drip], get, { timeoutMs: 200 })).length, pauses * 1000);

    const atOnce: Answer = (response) => void response.end(Buffer.alloc(8 << 20));
    const reader = async (client: HttpClient) => {
      let bytes = 0;
      for await (const part of (await client.open({ method: 'GET', path: 'big' })).body) {
        if (bytes === 0) await pause(400);
        bytes += (part as Buffer).length;
      }
      return bytes;
    };
    assert.equal(await ask([atOnce], reader, { timeoutMs: 200 }), 8 << 20);
  });

  it('says that nothing listens', async () => {
    const error = await rejects(ask([], get, { baseUrl: 'http://127.0.0.1:9', attempts: 1 }), 'unreachable');
    assert.match(error.message, /nothing listens there/);
  });

  it('stops when it is cancelled', async () => {
    const controller = new AbortController();
    const request = ask([() => controller.abort()], (client) =>
      client.json({ method: 'GET', path: 'slow', signal: controller.signal }),
    );
    await rejects(request, 'cancelled');
  });

  it('ends what is under way for everybody when all of it is cancelled, and lets somebody tidy up', async () => {
    const controller = new AbortController();
    const options = { signal: controller.signal };
    await ask(
      [() => controller.abort(), json({ tidied: true })],
      async (client) => {
        await rejects(client.json({ method: 'GET', path: 'slow' }), 'cancelled');
        assert.deepEqual(await client.json({ method: 'GET', path: 'afterwards' }), { tidied: true });
      },
      options,
    );
  });
});
