import * as assert from 'node:assert/strict';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import http from 'node:http';
import net, { type AddressInfo } from 'node:net';
import path from 'node:path';
import tls from 'node:tls';
import { s3Opener } from '../../src/engine/artifacts/s3/repository.ts';
import { s3Settings } from '../../src/engine/artifacts/s3/settings.ts';
import { inspectText } from '../engine/config/config-text.ts';
import { rejects } from '../engine/tracking/store-contract.ts';
import { temporaryFolder } from '../engine/tracking/temporary-store.ts';
import { makeCertificate } from '../harness/certificate.ts';
import { type S3Server, startS3Server } from '../harness/s3-server.ts';

/** A host that only the proxy of the test knows: what is on this machine is never asked for through one. */
const HOST = 'storage';

describe('S3 behind certificates and proxies', () => {
  const { folder, remove } = temporaryFolder();
  let certificate: string;
  const open = new Set<net.Socket>();
  let server: S3Server;
  let secure: tls.Server;
  let proxy: http.Server;
  let tunnels: { target: string; authorization: string | undefined }[];

  before(async () => {
    server = await startS3Server();
    await server.makeBucket('lake');
    await server.put('lake', 'data/a.txt', 'hello');
    const own = makeCertificate(folder, HOST, 's3');
    certificate = own.certFile;
    secure = tls
      .createServer(own, (socket) => forward(socket, Number(new URL(server.url).port)))
      .listen(0, '127.0.0.1');
    proxy = http.createServer().listen(0, '127.0.0.1');
    proxy.on('connect', ({ url, headers }, socket: net.Socket) => {
      tunnels.push({ target: url!, authorization: headers['proxy-authorization'] });
      if (!headers['proxy-authorization']) return void socket.end('HTTP/1.1 407 Who are you?\r\n\r\n');
      socket.write('HTTP/1.1 200 OK\r\n\r\n');
      forward(socket, portOf(secure));
    });
    await Promise.all([once(secure, 'listening'), once(proxy, 'listening')]);
  });

  beforeEach(() => {
    tunnels = [];
  });

  after(async () => {
    for (const socket of open) socket.destroy();
    secure.close();
    proxy.close();
    await server.stop();
    remove();
  });

  const portOf = (listener: net.Server) => (listener.address() as AddressInfo).port;

  function forward(from: net.Socket, port: number): void {
    const to = net.connect(port, '127.0.0.1');
    for (const socket of [from, to]) {
      open.add(socket);
      socket.on('error', () => undefined).on('close', () => open.delete(socket));
    }
    from.pipe(to).pipe(from);
  }

  const list = (env: Record<string, string>, host = '127.0.0.1') => {
    const endpoint = `https://${host}:${portOf(secure)}`;
    const settings = s3Settings(inspectText('').config, { ...server.env, AWS_ENDPOINT_URL_S3: endpoint, ...env });
    return s3Opener(settings)('s3://lake/data')!.list();
  };

  it('is not trusted with a certificate that nobody vouches for', async () => {
    const error = await rejects(list({}), 'unreachable');
    assert.match(error.message, /SELF_SIGNED/);
  });

  it('is trusted with the certificates of AWS_CA_BUNDLE, or none at all with MLFLOW_S3_IGNORE_TLS', async () => {
    assert.equal((await list({ AWS_CA_BUNDLE: certificate })).length, 1);
    assert.equal((await list({ MLFLOW_S3_IGNORE_TLS: 'true' })).length, 1);
  });

  it('is reached through the proxy of the environment, which is told who asks and no more than the host', async () => {
    const env = { AWS_CA_BUNDLE: certificate, HTTPS_PROXY: `http://user:test-only@127.0.0.1:${portOf(proxy)}` };
    const [file] = await list(env, HOST);
    assert.deepEqual([file!.path, file!.size], ['a.txt', 5]);
    assert.equal(tunnels[0]!.target, `${HOST}:${portOf(secure)}`);
    assert.equal(tunnels[0]!.authorization, `Basic ${Buffer.from('user:test-only').toString('base64')}`);
    tunnels = [];
    await list(env);
    assert.deepEqual(tunnels, []);
  });

  it('is unreachable when the proxy refuses, which is said without its password', async () => {
    const env = { AWS_CA_BUNDLE: certificate, HTTPS_PROXY: `http://127.0.0.1:${portOf(proxy)}` };
    const error = await rejects(list(env, HOST), 'unreachable');
    assert.match(error.message, /EPROXY/);
    const gone = await rejects(list({ ...env, HTTPS_PROXY: 'http://user:test-only@127.0.0.1:9' }, HOST), 'unreachable');
    assert.ok(!JSON.stringify([gone.message, gone.details]).includes('test-only'));
  });

  it('gets what MLFLOW_S3_UPLOAD_EXTRA_ARGS says with every upload', async () => {
    const file = path.join(folder, 'b.txt');
    writeFileSync(file, 'b');
    const env = { ...server.env, MLFLOW_S3_UPLOAD_EXTRA_ARGS: '{"StorageClass": "STANDARD_IA"}' };
    await s3Opener(s3Settings(inspectText('').config, env))('s3://lake/up')!.put('b.txt', file);
    assert.equal((await server.head('lake', 'up/b.txt')).get('x-amz-storage-class'), 'STANDARD_IA');
  });
});
