import {
  createServer,
  request as forward,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type RequestListener,
  type ServerResponse,
} from 'node:http';
import { createServer as createSecureServer, type ServerOptions } from 'node:https';
import { type AddressInfo, connect, type Server, type Socket } from 'node:net';

/** A request as it came. */
export interface SeenRequest {
  /** "GET /api/2.0/mlflow/runs/get" */
  what: string;
  headers: IncomingHttpHeaders;
}

/** Stands before a server, as a gateway does, and sees who comes. */
export interface Front {
  uri: string;
  port: number;
  /** Since the last `watch`. */
  readonly seen: SeenRequest[];
  /** Connections since the last `watch`. */
  connections(): number;
  /**
   * Begins to count anew.
   * @param screen answers some requests itself, or not at all, and says so by true
   */
  watch(screen?: (request: IncomingMessage, response: ServerResponse) => boolean): void;
  stop(): Promise<void>;
}

/** @param secure certificate and key of the front; speaks plain HTTP without */
export async function startFront(target: string, secure?: ServerOptions): Promise<Front> {
  const seen: SeenRequest[] = [];
  let connections = 0;
  let screen: (request: IncomingMessage, response: ServerResponse) => boolean = () => false;
  const listener: RequestListener = (request, response) => {
    seen.push({ what: `${request.method} ${new URL(request.url!, target).pathname}`, headers: request.headers });
    if (!screen(request, response)) pass(target, request, response);
  };
  const server = secure ? createSecureServer(secure, listener) : createServer(listener);
  server.on(secure ? 'secureConnection' : 'connection', () => connections++);
  const port = await listening(server);
  return {
    uri: `${secure ? 'https' : 'http'}://127.0.0.1:${port}`,
    port,
    seen,
    connections: () => connections,
    watch: (own) => {
      seen.length = 0;
      connections = 0;
      screen = own ?? (() => false);
    },
    stop: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function pass(target: string, request: IncomingMessage, response: ServerResponse): void {
  const { host: _, ...headers } = request.headers;
  const onward = forward(new URL(request.url!, target), { method: request.method, headers }, (answer) => {
    response.writeHead(answer.statusCode!, answer.headers);
    answer.pipe(response);
  });
  onward.once('error', () => response.destroy());
  request.pipe(onward);
}

/** An HTTP proxy for clients that go out through one. */
export interface ForwardProxy {
  /** Without credentials. */
  port: number;
  /** What was asked for: "CONNECT mlflow.test:443" or "GET http://mlflow.test/version", and with which credentials. */
  readonly asked: { what: string; authorization: string | undefined }[];
  /** Answers everybody who wants a tunnel so from now on; null opens them again. */
  refuse(answer: string | null): void;
  stop(): Promise<void>;
}

/** @param portOf where on this machine the hosts lie that this proxy alone knows: of `http` and `https` addresses */
export async function startForwardProxy(portOf: (scheme: 'http' | 'https') => number): Promise<ForwardProxy> {
  const asked: ForwardProxy['asked'] = [];
  const open = new Set<Socket>();
  let refusal: string | null = null;
  const server = createServer((request, response) => {
    asked.push({ what: `${request.method} ${request.url}`, authorization: request.headers['proxy-authorization'] });
    const { pathname, search } = new URL(request.url!);
    request.url = pathname + search;
    pass(`http://127.0.0.1:${portOf('http')}`, request, response);
  });
  server.on('connect', ({ url, headers }, socket: Socket) => {
    asked.push({ what: `CONNECT ${url}`, authorization: headers['proxy-authorization'] });
    if (refusal !== null) return void socket.end(refusal);
    const onward = connect(portOf('https'), '127.0.0.1');
    for (const each of [socket, onward]) {
      open.add(each);
      each.on('error', () => undefined).on('close', () => open.delete(each));
    }
    socket.write('HTTP/1.1 200 OK\r\n\r\n');
    socket.pipe(onward).pipe(socket);
  });
  return {
    port: await listening(server),
    asked,
    refuse: (answer) => {
      refusal = answer;
    },
    stop: async () => {
      for (const socket of open) socket.destroy();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

async function listening(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return (server.address() as AddressInfo).port;
}
