import http from 'node:http';
import https from 'node:https';
import type { Duplex } from 'node:stream';

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

/** Connections that are kept open between requests, as axios takes them. */
export interface Agents {
  httpAgent: http.Agent;
  httpsAgent: https.Agent;
}

/** How long an idle connection is kept, ms: less than the 5 s after which uvicorn and most servers close it on their side. */
const IDLE_MS = 2000;
const SOCKETS = 8;

/** What a connection fails with that did not come about in time. */
export const CONNECT_TIMEOUT = 'ERR_CONNECT_TIMEOUT';

export function makeAgents(options: ConnectionOptions): Agents {
  const { connectTimeoutMs, insecureTls, certificates, clientCertificate } = options;
  const kept = { keepAlive: true, maxSockets: SOCKETS, timeout: IDLE_MS };
  const tls = {
    rejectUnauthorized: !insecureTls,
    ...(certificates === undefined ? {} : { ca: certificates }),
    ...(clientCertificate === undefined ? {} : { cert: clientCertificate, key: clientCertificate }),
  };
  return {
    httpAgent: limited(new http.Agent(kept), 'connect', connectTimeoutMs),
    httpsAgent: limited(new https.Agent({ ...kept, ...tls }), 'secureConnect', connectTimeoutMs),
  };
}

export function closeAgents({ httpAgent, httpsAgent }: Agents): void {
  httpAgent.destroy();
  httpsAgent.destroy();
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
