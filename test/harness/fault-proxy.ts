import { createServer, request as forward, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/**
 * What happens to a request. `refuse`: the connection ends before the server hears of it. `cut`: the server does it, and its answer
 * is lost. The others never reach the server: an error, a web page, half an answer, one that drips and never ends,
 * no answer, something that is no JSON, and a success that tells nothing. That one is what a server says to every file it is given,
 * so files arrive all the same.
 */
export type Fault = 'refuse' | 'cut' | 'error' | 'page' | 'half' | 'slow' | 'hang' | 'nonsense' | 'empty';

/** A proxy in front of a server that lets some requests go wrong. */
export interface FaultProxy {
  uri: string;
  /** Requests since the last `plan`: "POST /api/2.0/mlflow/runs/create". */
  readonly requests: string[];
  /** Says what happens to the n-th request from now on, counted from 1; nothing does unless it names a fault. */
  plan(fault: (n: number) => Fault | undefined): void;
  stop(): Promise<void>;
}

/** Between two bytes of an answer that drips. */
const DRIP_MS = 100;

export async function startFaultProxy(target: string): Promise<FaultProxy> {
  const requests: string[] = [];
  let faultOf: (n: number) => Fault | undefined = () => undefined;
  const server = createServer((incoming, outgoing) => {
    requests.push(`${incoming.method} ${new URL(incoming.url!, target).pathname}`);
    const fault = faultOf(requests.length);
    const isUsual = fault === 'empty' && incoming.method === 'PUT';
    if (fault === undefined || fault === 'cut' || isUsual) pass(target, incoming, outgoing, fault === 'cut');
    else fail(fault, incoming, outgoing);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    uri: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    plan: (fault) => {
      requests.length = 0;
      faultOf = fault;
    },
    stop: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function pass(target: string, incoming: IncomingMessage, outgoing: ServerResponse, isCut: boolean): void {
  const { host: _, ...headers } = incoming.headers;
  const onward = forward(new URL(incoming.url!, target), { method: incoming.method, headers }, (answer) => {
    if (isCut) {
      // Only when all of it is here the server is done for sure.
      answer.resume().once('end', () => outgoing.socket?.destroy());
      return;
    }
    outgoing.writeHead(answer.statusCode!, answer.headers);
    answer.pipe(outgoing);
  });
  onward.once('error', () => outgoing.socket?.destroy());
  incoming.pipe(onward);
}

const ANSWERS: Record<Exclude<Fault, 'refuse' | 'cut' | 'hang'>, (outgoing: ServerResponse) => void> = {
  error: (outgoing) => void outgoing.writeHead(500, { 'Content-Type': 'application/json' }).end('{}'),
  page: (outgoing) => void outgoing.writeHead(200, { 'Content-Type': 'text/html' }).end('<html>Welcome</html>'),
  nonsense: (outgoing) => void outgoing.writeHead(200, { 'Content-Type': 'application/json' }).end('{"runs": ['),
  empty: (outgoing) => void outgoing.writeHead(200).end(),
  half: (outgoing) => {
    outgoing.writeHead(200, { 'Content-Type': 'application/json', 'Content-Length': '1000' }).write('{"runs": [');
    setImmediate(() => outgoing.socket?.destroy());
  },
  slow: (outgoing) => {
    outgoing.writeHead(200, { 'Content-Type': 'application/json' });
    // A blank at a time: it could still become JSON.
    const drip = setInterval(() => outgoing.write(' '), DRIP_MS);
    outgoing.once('close', () => clearInterval(drip));
  },
};

function fail(fault: Exclude<Fault, 'cut'>, incoming: IncomingMessage, outgoing: ServerResponse): void {
  if (fault === 'refuse') incoming.socket.destroy();
  else if (fault !== 'hang') incoming.resume().once('end', () => ANSWERS[fault](outgoing));
}
