import * as assert from 'node:assert/strict';
import { proxyFor } from '../../../src/engine/http/proxy.ts';
import { EngineError } from '../../../src/engine/support/errors.ts';

const PROXY = { https_proxy: 'http://user:p%40ss@proxy.example.com:3128', HTTP_PROXY: 'proxy.example.com' };

describe('The proxy for an address', () => {
  const hostOf = (address: string, env: Record<string, string>) => {
    const proxy = proxyFor(new URL(address), env);
    return proxy === false ? 'direct' : `${proxy.host}:${proxy.port}`;
  };

  it('is the one that the environment names, in either case, with its credentials', () => {
    assert.deepEqual(proxyFor(new URL('https://mlflow.example.com'), PROXY), {
      protocol: 'http:',
      host: 'proxy.example.com',
      port: 3128,
      auth: { username: 'user', password: 'p@ss' },
    });
    assert.equal(hostOf('http://mlflow.example.com', PROXY), 'proxy.example.com:80');
    assert.equal(hostOf('http://mlflow.example.com', {}), 'direct');
    assert.equal(hostOf('https://x.org', { ALL_PROXY: 'http://all:1' }), 'all:1');
  });

  it('is refused when its password holds a % that begins no escape', () => {
    assert.throws(() => proxyFor(new URL('http://a.org'), { http_proxy: 'http://me:100%x@proxy' }), {
      reason: 'usage',
      message: 'http_proxy: its user or password holds a % that begins no escape.',
    });
  });

  it('is none for this machine, and for what NO_PROXY names', () => {
    const direct = ['https://localhost:5000', 'https://127.0.0.1', 'https://[::1]:1', 'https://api.localhost'];
    for (const address of direct) assert.equal(hostOf(address, PROXY), 'direct', address);
    const env = { ...PROXY, NO_PROXY: '.corp.example, 10.0.0.0/8, exact.example:8443, *.star.example' };
    const exempt = [
      'https://a.corp.example',
      'https://10.2.3.4',
      'https://exact.example:8443',
      'https://b.star.example',
    ];
    for (const address of exempt) assert.equal(hostOf(address, env), 'direct', address);
    const through = [
      'https://corp.example.org',
      'https://11.2.3.4',
      'https://exact.example:443',
      'https://xcorp.example',
    ];
    for (const address of through) assert.equal(hostOf(address, env), 'proxy.example.com:3128', address);
    assert.equal(hostOf('https://anything.example', { ...PROXY, no_proxy: '*' }), 'direct');
  });

  it('must be an address', () => {
    const env = { HTTPS_PROXY: 'socks5://proxy:1080' };
    assert.throws(
      () => proxyFor(new URL('https://x.org'), env),
      (error) => EngineError.is(error, 'usage'),
    );
  });
});
