import * as assert from 'node:assert/strict';
import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import type { RunsResult, TrainResult } from '../../src/engine/index.ts';
import { exampleProject, gnuMlops, startCommand, type TemporaryProject } from '../cli/command.ts';
import { type ErrorDocument, parseDocument } from '../cli/documents.ts';
import { temporaryFolder } from '../engine/tracking/temporary-store.ts';
import { type Certificate, makeCertificate } from '../harness/certificate.ts';
import { type ForwardProxy, type Front, startForwardProxy, startFront } from '../harness/front.ts';
import { type MlflowServer, startMlflowServer } from '../harness/mlflow-server.ts';

/** A host that only the proxy of the test knows: what is on this machine is never asked for through one. */
const HOST = 'mlflow.test';
const TOKEN = 'canary-token-7731';
const PROXY_PASSWORD = 'canary-proxy-7731';
const FAST = ['training.cv_folds=0', 'model.hyperparameters.n_estimators=5', 'model.hyperparameters.max_depth=3'];
const ONCE = { MLFLOW_HTTP_REQUEST_MAX_RETRIES: '0' };

type Environment = Record<string, string>;

describe('A real MLflow server, reached over a network:', function () {
  this.timeout(120_000);
  const { folder, remove } = temporaryFolder();
  let server: MlflowServer;
  let project: TemporaryProject;
  let certificate: Certificate;
  let plain: Front;
  let secure: Front;
  let proxy: ForwardProxy;

  before(async () => {
    server = await startMlflowServer({ python: 'mlflow3', args: ['--enable-workspaces'] });
    project = exampleProject();
    certificate = makeCertificate(folder, HOST, 'mlflow3');
    plain = await startFront(server.uri);
    secure = await startFront(server.uri, certificate);
    proxy = await startForwardProxy((scheme) => (scheme === 'https' ? secure : plain).port);
  });

  beforeEach(() => {
    plain.watch();
    secure.watch();
    proxy.asked.length = 0;
  });

  after(async () => {
    await proxy?.stop();
    await plain?.stop();
    await secure?.stop();
    await server?.stop();
    project?.remove();
    remove();
  });

  const setting = (uri: string, more: string[] = []) =>
    [`mlflow.tracking_uri=${uri}`, ...more].flatMap((each) => ['--set', each]);

  const run = (uri: string, args: string[], env: Environment = {}, more: string[] = []) =>
    gnuMlops([...args, ...setting(uri, more), '--json'], { cwd: project.folder, env });

  async function works(uri: string, env: Environment = {}): Promise<void> {
    const result = await run(uri, ['runs'], env);
    assert.equal(result.code, 0, result.stdout + result.stderr);
    assert.ok(parseDocument<RunsResult>(result, 'runs').runs.length > 0);
  }

  async function fails(uri: string, reason: string, env: Environment = {}, code = 4) {
    const result = await run(uri, ['runs'], { ...ONCE, ...env });
    assert.equal(result.code, code, result.stdout + result.stderr);
    const { error } = parseDocument<ErrorDocument>(result, 'error');
    assert.equal(error.reason, reason, error.message);
    for (const secret of [TOKEN, PROXY_PASSWORD]) assert.ok(!(result.stdout + result.stderr).includes(secret));
    return error;
  }

  it('by HTTPS with a certificate of an authority of our own: trains, deploys and predicts', async () => {
    const env = { MLFLOW_TRACKING_SERVER_CERT_PATH: certificate.certFile };
    const trained = await run(secure.uri, ['train'], env, FAST);
    assert.equal(trained.code, 0, trained.stderr);
    assert.equal(parseDocument<TrainResult>(trained, 'train').version, '1');
    for (const args of [
      ['deploy', '--stage', 'staging'],
      ['deploy', '--stage', 'production'],
      ['predict', 'data/train.csv'],
    ]) {
      const { code, stderr } = await run(secure.uri, args, env, ['deployment.gates.production.accuracy=0']);
      assert.equal(code, 0, stderr);
    }
  });

  it('by HTTPS is refused when nobody vouches for it, with what to do', async () => {
    const error = await fails(secure.uri, 'unreachable');
    assert.match(error.message, /shows a certificate that is not trusted/);
    assert.match(error.details.fix!, /MLFLOW_TRACKING_SERVER_CERT_PATH/);
    assert.deepEqual(secure.seen, []);
  });

  it('by HTTPS is trusted by any of the variables, and by an insecure one', async () => {
    await works(secure.uri, { NODE_EXTRA_CA_CERTS: certificate.certFile });
    await works(secure.uri, { MLFLOW_TRACKING_INSECURE_TLS: 'true' });
    await works(secure.uri, { MLFLOW_TRACKING_SERVER_CERT_PATH: certificate.certFile });
  });

  it('by HTTPS with another name in its certificate is refused', async () => {
    const env = { MLFLOW_TRACKING_SERVER_CERT_PATH: certificate.certFile };
    const error = await fails(secure.uri.replace('127.0.0.1', 'localhost'), 'unreachable', env);
    assert.match(error.message, /certificate that is not trusted|another name/);
  });

  it('by HTTPS where it speaks HTTP, and the reverse, is told', async () => {
    assert.match((await fails(plain.uri.replace('http:', 'https:'), 'unreachable')).message, /does not speak TLS/);
    await fails(secure.uri.replace('https:', 'http:'), 'unreachable');
  });

  it('asks for a certificate of ours, and gets it', async () => {
    const ours = makeCertificate(folder, 'client.test', 'mlflow3');
    const strict = await startFront(server.uri, {
      ...certificate,
      ca: ours.cert,
      requestCert: true,
      rejectUnauthorized: true,
    });
    try {
      const env = { MLFLOW_TRACKING_SERVER_CERT_PATH: certificate.certFile };
      const error = await fails(strict.uri, 'unauthorized', env);
      assert.match(error.message, /asks for a certificate of ours/);
      assert.match(error.details.fix!, /MLFLOW_TRACKING_CLIENT_CERT_PATH/);
      await works(strict.uri, { ...env, MLFLOW_TRACKING_CLIENT_CERT_PATH: ours.bothFile });
    } finally {
      await strict.stop();
    }
  });

  it('behind a gateway that wants a bearer token gets it with every request, and nothing else does', async () => {
    plain.watch((request, response) => isStranger(request, response));
    await fails(plain.uri, 'unauthorized');
    await fails(plain.uri, 'unauthorized', { MLFLOW_TRACKING_TOKEN: 'wrong' });
    plain.watch((request, response) => isStranger(request, response));
    await works(plain.uri, { MLFLOW_TRACKING_TOKEN: TOKEN });
    assert.ok(plain.seen.every(({ headers }) => headers.authorization === `Bearer ${TOKEN}`));
    const predicted = await run(plain.uri, ['predict', 'data/train.csv'], { MLFLOW_TRACKING_TOKEN: TOKEN });
    assert.equal(predicted.code, 0, predicted.stderr);
  });

  function isStranger({ headers }: IncomingMessage, response: ServerResponse): boolean {
    if (headers.authorization === `Bearer ${TOKEN}`) return false;
    response.writeHead(401, { 'WWW-Authenticate': 'Bearer' }).end('Unauthorized');
    return true;
  }

  it('is told the workspace with every request, and answers with what is there', async () => {
    const made = await fetch(`${server.uri}/api/3.0/mlflow/workspaces`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({ name: 'team-a' }),
    });
    assert.equal(made.status, 201, await made.text());
    const env = { MLFLOW_WORKSPACE: 'team-a' };
    const result = await run(plain.uri, ['runs'], env);
    assert.equal(result.code, 0, result.stderr);
    assert.deepEqual(parseDocument<RunsResult>(result, 'runs').runs, []);
    assert.ok(plain.seen.length > 0);
    assert.ok(plain.seen.every(({ headers }) => headers['x-mlflow-workspace'] === 'team-a'));
    const trained = await run(plain.uri, ['train'], env, FAST);
    assert.equal(parseDocument<TrainResult>(trained, 'train').version, '1', trained.stderr);
    plain.watch();
    await works(plain.uri);
    assert.ok(plain.seen.every(({ headers }) => headers['x-mlflow-workspace'] === undefined));
    const error = await fails(plain.uri, 'usage', { MLFLOW_WORKSPACE: 'team-b' }, 2);
    assert.match(error.message, /Workspace 'team-b' not found/);
    assert.match(error.details.fix!, /MLFLOW_WORKSPACE/);
  });

  it('through the HTTP proxy of the environment, whose password nobody else sees', async () => {
    const address = `http://user:${PROXY_PASSWORD}@127.0.0.1:${proxy.port}`;
    const authorization = `Basic ${Buffer.from(`user:${PROXY_PASSWORD}`).toString('base64')}`;
    await works(`http://${HOST}`, { HTTP_PROXY: address });
    assert.ok(proxy.asked.length > 0);
    assert.ok(
      proxy.asked.every(({ what }) => what.includes(` http://${HOST}/`)),
      proxy.asked[0]!.what,
    );
    assert.ok(proxy.asked.every((each) => each.authorization === authorization));
    proxy.asked.length = 0;
    await works(`https://${HOST}`, {
      HTTPS_PROXY: address,
      MLFLOW_TRACKING_SERVER_CERT_PATH: certificate.certFile,
      MLFLOW_TRACKING_TOKEN: TOKEN,
    });
    assert.deepEqual(new Set(proxy.asked.map(({ what }) => what)), new Set([`CONNECT ${HOST}:443`]));
    assert.ok(proxy.asked.every((each) => each.authorization === authorization));
    assert.ok(proxy.asked.length < secure.seen.length, 'a tunnel serves many requests');
    assert.ok(secure.seen.every(({ headers }) => headers.authorization === `Bearer ${TOKEN}`));
    assert.ok(secure.seen.every(({ headers }) => headers['proxy-authorization'] === undefined));
  });

  it('through a proxy is not trusted more than without: its certificate is checked', async () => {
    const address = `http://127.0.0.1:${proxy.port}`;
    const error = await fails(`https://${HOST}`, 'unreachable', { HTTPS_PROXY: address });
    assert.match(error.message, new RegExp(`through the proxy 127\\.0\\.0\\.1:${proxy.port} shows a certificate`));
    await works(`https://${HOST}`, { HTTPS_PROXY: address, MLFLOW_TRACKING_INSECURE_TLS: 'true' });
  });

  it('directly where NO_PROXY says so, and on this machine', async () => {
    const env = { HTTP_PROXY: `http://127.0.0.1:${proxy.port}`, ALL_PROXY: `http://127.0.0.1:${proxy.port}` };
    // An address of this machine that does not look like one.
    const here = `http://0.0.0.0:${plain.port}`;
    await works(here, { ...env, NO_PROXY: `example.org, 0.0.0.0:${plain.port}` });
    await works(plain.uri, env);
    assert.deepEqual(proxy.asked, []);
    await works(here, env);
    assert.ok(proxy.asked.length > 0);
  });

  it('through a proxy that is not there is unreachable, which names the proxy without its password', async () => {
    const error = await fails(`http://${HOST}`, 'unreachable', {
      HTTP_PROXY: `http://user:${PROXY_PASSWORD}@127.0.0.1:9`,
    });
    assert.match(error.message, /through the proxy 127\.0\.0\.1:9 cannot be reached: .* nothing listens there/);
  });

  it('keeps connections between requests', async () => {
    const result = await run(plain.uri, ['info', '--history']);
    assert.equal(result.code, 0, result.stderr);
    const told = `${plain.connections()} connections for ${plain.seen.length} requests`;
    assert.ok(plain.seen.length >= 6, told);
    assert.ok(plain.connections() * 2 <= plain.seen.length, told);
  });

  it('that hangs is left at once when somebody interrupts, before the answer or in its midst', async () => {
    const hanging: ((response: ServerResponse) => void)[] = [
      () => undefined,
      (response) => void response.writeHead(200, { 'Content-Type': 'application/json' }).write('{"experiments": ['),
    ];
    for (const [nth, hang] of hanging.entries()) {
      for (const args of [['info'], ['train']]) {
        let hangs = false;
        plain.watch((request, response) => {
          if (!hangs && !request.url!.includes('/mlflow/')) return false;
          hangs = true;
          hang(response);
          return true;
        });
        const child = startCommand([...args, ...setting(plain.uri), '--json'], { cwd: project.folder });
        let stdout = '';
        child.stdout!.setEncoding('utf8').on('data', (text: string) => {
          stdout += text;
        });
        const ended = once(child, 'close') as Promise<[number | null]>;
        while (!hangs) {
          assert.equal(child.exitCode, null, `${args[0]} ended before it was interrupted`);
          await delay(5);
        }
        child.kill('SIGINT');
        const [code] = await ended;
        assert.equal(code, 130, `${args[0]}, way ${nth}`);
        assert.equal(parseDocument<ErrorDocument>({ code, stdout, stderr: '' }, 'error').error.reason, 'cancelled');
      }
    }
  });

  it('behind a proxy that wants to know who asks, is for those whom it knows', async () => {
    proxy.refuse('HTTP/1.1 407 Who are you?\r\n\r\n');
    const env = { HTTPS_PROXY: `http://127.0.0.1:${proxy.port}` };
    const error = await fails(`https://${HOST}`, 'unauthorized', env);
    assert.match(error.message, /is behind a proxy that asks for credentials/);
    assert.match(error.details.fix!, /^Write user:password@ before the host of the proxy, in HTTPS_PROXY/);
    proxy.refuse('HTTP/1.1 502 No way\r\n\r\n');
    assert.match(
      (await fails(`https://${HOST}`, 'unreachable', env)).message,
      /cannot be reached: the proxy answered 502/,
    );
    proxy.refuse(null);
  });

  it('is not asked with a variable that makes no sense, which is named', async () => {
    const error = await fails(plain.uri, 'usage', { MLFLOW_HTTP_REQUEST_MAX_RETRIES: 'many' }, 2);
    assert.match(error.message, /MLFLOW_HTTP_REQUEST_MAX_RETRIES: found "many"; expected a whole number from 0 to 10/);
    assert.deepEqual(plain.seen, []);
  });
});
