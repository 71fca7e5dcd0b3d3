// A Databricks workspace as its official clients know it: keeps state, and writes down every request that is not as they send it.
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type Answer, ApiError, type Call, type Route } from './call.ts';
import { parseJson, printJson } from './json.ts';
import { matchRoute } from './routes.ts';
import { problem } from './shape.ts';
import { requireSignIn } from './sign-in.ts';
import { Workspace } from './workspace.ts';

/** Where a request is cut: `before` it does anything, or `after` it did everything, but nobody is told. */
export interface Cut {
  when: 'before' | 'after';
  /** Whether it is this request's turn. */
  at: (request: { method: string; path: string; number: number }) => boolean;
}

export class DatabricksEmulator {
  readonly workspace: Workspace;
  /** What was wrong with requests; a test ends by asserting that there is nothing. */
  readonly violations: string[] = [];
  /** "METHOD path" of every request that was answered or cut. */
  readonly requests: string[] = [];
  cut: Cut | null = null;
  readonly #server: Server;

  private constructor(workspace: Workspace) {
    this.workspace = workspace;
    this.#server = createServer((request, response) => void this.#serve(request, response));
  }

  /** Starts one on a free port of this machine. */
  static async start(): Promise<DatabricksEmulator> {
    const emulator = new DatabricksEmulator(await Workspace.make());
    await new Promise<void>((resolve) => emulator.#server.listen(0, '127.0.0.1', resolve));
    return emulator;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
    await this.workspace.close();
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', this.url);
    const method = request.method ?? '';
    this.requests.push(`${method} ${url.pathname}`);
    const isCut = this.cut?.at({ method, path: url.pathname, number: this.requests.length }) === true;
    const when = this.cut?.when;
    try {
      const bytes = await readAll(request);
      if (isCut && when === 'before') return void request.socket.destroy();
      const answer = await this.#answer(request, url, bytes);
      if (isCut && when === 'after') return void request.socket.destroy();
      this.#send(response, answer);
    } catch (error) {
      if (!response.destroyed) this.#refuse(response, error);
    }
  }

  async #answer(request: IncomingMessage, url: URL, bytes: Buffer): Promise<Answer> {
    const at = `${request.method} ${url.pathname}`;
    const found = matchRoute(request.method ?? '', url.pathname);
    if (found === null) {
      // Clients probe for this one, and go on without it.
      if (!url.pathname.startsWith('/.well-known/')) this.#violation(`${at}: there is no such method and path`);
      throw new ApiError(404, 'ENDPOINT_NOT_FOUND', `No API found for '${at}'`);
    }
    const { route, params } = found;
    const call: Call = {
      method: route.method,
      path: url.pathname,
      params,
      query: Object.fromEntries(url.searchParams),
      headers: request.headers,
      body: {},
      bytes,
      user: '',
      origin: this.url,
    };
    this.#checkHeaders(at, route, call);
    if (route.permission === undefined || route.permission === 'token') call.user = requireSignIn(call, this.workspace);
    this.#checkQuery(at, route, call);
    call.body = this.#readBody(at, route, call);
    return route.answer(call, this.workspace);
  }

  #checkHeaders(at: string, { permission }: Route, { headers }: Call): void {
    if (permission !== 'signed' && !headers['user-agent']) this.#wrong(`${at}: no User-Agent`);
    if (permission === 'signed' && headers.authorization !== undefined)
      this.#wrong(`${at}: a signed address must not get an Authorization header`);
  }

  #checkQuery(at: string, { query }: Route, call: Call): void {
    const why = problem(query ?? NOTHING, call.query);
    if (why !== null) this.#wrong(`${at}: query: ${why}`);
  }

  #readBody(at: string, { body, takesBytes }: Route, { bytes, headers }: Call): Record<string, unknown> {
    if (takesBytes) return {};
    if (body === undefined) {
      // The official clients send an empty JSON object with some of them.
      if (bytes.length > 0 && bytes.toString() !== '{}') this.#wrong(`${at}: takes no body`);
      return {};
    }
    if (bytes.length > 0 && !/^application\/json\b/.test(headers['content-type'] ?? ''))
      this.#wrong(`${at}: Content-Type is "${headers['content-type']}"`);
    const source = bytes.length === 0 ? '{}' : bytes.toString();
    try {
      const why = problem(body, JSON.parse(source));
      if (why !== null) this.#wrong(`${at}: body: ${why}`);
      return parseJson(source) as Record<string, unknown>;
    } catch (error) {
      if (error instanceof SyntaxError) this.#wrong(`${at}: the body is no JSON`);
      throw error;
    }
  }

  #violation(what: string): void {
    this.violations.push(what);
  }

  #wrong(what: string): never {
    this.#violation(what);
    throw new ApiError(400, 'MALFORMED_REQUEST', what);
  }

  #send(response: ServerResponse, { status = 200, headers = {}, json, bytes }: Answer): void {
    const isJson = json !== undefined;
    const content = isJson ? Buffer.from(printJson(json)) : (bytes ?? Buffer.alloc(0));
    response.writeHead(status, {
      'x-databricks-org-id': this.workspace.id,
      'content-type': isJson ? 'application/json' : 'application/octet-stream',
      'content-length': String(content.length),
      ...headers,
    });
    response.end(content);
  }

  #refuse(response: ServerResponse, error: unknown): void {
    if (!(error instanceof ApiError)) this.#violation(`the emulator itself failed: ${(error as Error).stack}`);
    const { status, code, message } =
      error instanceof ApiError ? error : new ApiError(500, 'INTERNAL_ERROR', String(error));
    this.#send(response, { status, json: { error_code: code, message, details: [] } });
  }
}

const NOTHING = { type: 'object', additionalProperties: false };

async function readAll(request: IncomingMessage): Promise<Buffer> {
  const parts: Buffer[] = [];
  for await (const part of request) parts.push(part as Buffer);
  return Buffer.concat(parts);
}
