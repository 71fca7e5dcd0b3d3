import http from 'node:http';
import https from 'node:https';
import type { Duplex } from 'node:stream';
import { type Proxy as HttpProxy, proxyFor } from './proxy.ts';
import { TunnelAgent } from './tunnel-agent.ts';

export interface ConnectionOptions {
  /** How long a connection may take to come about, ms. */
  connectTimeoutMs: number;
  /** Does not check the server's certificate: for tests and servers behind a tunnel only. */
  insecureTls?: boolean;
  /** Certificates (PEM) to trust instead of the system's. */
  certificates?: string | undefined;
  /** Certificate and key (PEM, both in one) that tell the server who asks. */
  clientCertificate?: string | undefined;
}

/** How axios gets to an address. */
interface Way {
  httpAgent: http.Agent;
  httpsAgent: https.Agent;
  proxy: HttpProxy | false;
}

/** How long an idle connection is kept, ms: less than the 5 s after which uvicorn and most servers close it on their side. */
const IDLE_MS = 2000;
const SOCKETS = 8;

/** What a connection fails with that did not come about in time. */
export const CONNECT_TIMEOUT = 'ERR_CONNECT_TIMEOUT';

/** Connections that are kept open between requests, to whatever a client asks. */
export class Connections {
  readonly #env: Record<string, string | undefined>;
  readonly #secure: https.AgentOptions;
  readonly #httpAgent: http.Agent;
  readonly #httpsAgent: https.Agent;
  /** By the address of the proxy. */
  readonly #tunnels = new Map<string, TunnelAgent>();

  /** @param env where proxies are named */
  constructor(options: ConnectionOptions, env: Record<string, string | undefined>) {
    const { connectTimeoutMs, insecureTls, certificates, clientCertificate } = options;
    const kept = { keepAlive: true, maxSockets: SOCKETS, timeout: IDLE_MS };
    this.#env = env;
    this.#secure = {
      ...kept,
      rejectUnauthorized: !insecureTls,
      ...(certificates === undefined ? {} : { ca: certificates }),
      ...(clientCertificate === undefined ? {} : { cert: clientCertificate, key: clientCertificate }),
    };
    this.#httpAgent = limited(new http.Agent(kept), 'connect', connectTimeoutMs);
    this.#httpsAgent = limited(new https.Agent(this.#secure), 'secureConnect', connectTimeoutMs);
  }

  /** HTTPS goes through a proxy by a tunnel of our own, because that of axios is made anew for every request. */
  to(url: URL): Way {
    const proxy = proxyFor(url, this.#env);
    const httpAgent = this.#httpAgent;
    if (proxy === false || url.protocol === 'http:') return { httpAgent, httpsAgent: this.#httpsAgent, proxy };
    return { httpAgent, httpsAgent: this.#tunnel(proxy), proxy: false };
  }

  close(): void {
    for (const agent of [this.#httpAgent, this.#httpsAgent, ...this.#tunnels.values()]) agent.destroy();
  }

  #tunnel(proxy: HttpProxy): TunnelAgent {
    const address = `${proxy.protocol}//${proxy.host}:${proxy.port}`;
    const tunnel = this.#tunnels.get(address) ?? new TunnelAgent(proxy, this.#secure);
    this.#tunnels.set(address, tunnel);
    return tunnel;
  }
}

/** Lets the agent give up on connections that do not come about: a host that drops packets would take minutes. */
function limited<T extends http.Agent>(agent: T, done: 'connect' | 'secureConnect', timeoutMs: number): T {
  const connect = agent.createConnection.bind(agent);
  agent.createConnection = (options, callback) => {
    const socket = connect(options, callback) as Duplex;
    const timer = setTimeout(() => {
      socket.destroy(Object.assign(new Error('The connection took too long.'), { code: CONNECT_TIMEOUT }));
    }, timeoutMs);
    for (const event of [done, 'close']) socket.once(event, () => clearTimeout(timer));
    return socket;
  };
  return agent;
}
