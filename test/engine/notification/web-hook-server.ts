import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What the next posts get for an answer: a status, or silence. */
export type HookAnswer = number | 'silence';

/** A chat's incoming webhook. */
export interface HookServer {
  address: string;
  answer: HookAnswer;
  /** What came, whatever was answered. */
  posts: { headers: IncomingHttpHeaders; body: { text: string } }[];
  stop(): Promise<void>;
}

export async function startHookServer(): Promise<HookServer> {
  const http = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      hook.posts.push({ headers: request.headers, body: JSON.parse(Buffer.concat(chunks).toString('utf8')) });
      if (hook.answer === 'silence') return;
      response.writeHead(hook.answer, hook.answer === 302 ? { location: 'http://127.0.0.1:1/' } : {}).end('ok');
    });
  });
  http.listen(0, '127.0.0.1');
  await once(http, 'listening');
  const { port } = http.address() as AddressInfo;
  const hook: HookServer = {
    address: `http://127.0.0.1:${port}/services/T000/B000/canary-hook-9d2c`,
    answer: 200,
    posts: [],
    stop: async () => {
      const closed = once(http, 'close');
      http.close();
      http.closeAllConnections();
      await closed;
    },
  };
  return hook;
}
