import http from 'node:http';
import https from 'node:https';
import type { Duplex } from 'node:stream';
import tls from 'node:tls';
import type { Proxy as HttpProxy } from './proxy.ts';

/** What a connection fails with when the proxy does not open it, or wants to know who asks. */
export const PROXY_REFUSED = 'EPROXY';
export const PROXY_ASKS_WHO = 'EPROXYAUTH';

/** Opens HTTPS connections through a proxy (CONNECT, RFC 9110 section 9.3.6), which sees nothing but the host. */
export class TunnelAgent extends https.Agent {
  readonly #proxy: HttpProxy;

  constructor(proxy: HttpProxy, options: https.AgentOptions) {
    super(options);
    this.#proxy = proxy;
  }

  override createConnection(
    options: https.RequestOptions,
    callback?: (error: Error | null, socket: Duplex) => void,
  ): Duplex | null {
    const target = `${options.host}:${options.port ?? 443}`;
    const fail = (message: string, code = PROXY_REFUSED) => {
      // The connection that never came about; whoever waits for it looks at the error first.
      callback?.(Object.assign(new Error(message), { code }), undefined as unknown as Duplex);
    };
    const { request } = this.#proxy.protocol === 'https:' ? https : http;
    const asked = request({
      host: this.#proxy.host,
      port: this.#proxy.port,
      method: 'CONNECT',
      path: target,
      headers: { host: target, ...this.#authorization() },
      timeout: CONNECT_MS,
    });
    asked.once('connect', ({ statusCode }, socket) => {
      if (statusCode !== 200) {
        socket.destroy();
        return fail(`the proxy answered ${statusCode}`, statusCode === 407 ? PROXY_ASKS_WHO : PROXY_REFUSED);
      }
      const servername = options.servername ?? options.host ?? '';
      const secure = tls.connect({ ...(options as tls.ConnectionOptions), socket, servername });
      callback?.(null, secure);
    });
    asked.once('timeout', () => asked.destroy(new Error('the proxy does not answer')));
    asked.once('error', ({ message, code }: NodeJS.ErrnoException) => fail(message, code));
    asked.end();
    return null;
  }

  #authorization(): Record<string, string> {
    const { auth } = this.#proxy;
    if (auth === undefined) return {};
    const encoded = Buffer.from(`${auth.username}:${auth.password}`).toString('base64');
    return { 'proxy-authorization': `Basic ${encoded}` };
  }
}

const CONNECT_MS = 10_000;
