import { Readable } from 'node:stream';
import axios, { type AxiosError, type AxiosInstance, type AxiosRequestConfig, type AxiosResponse } from 'axios';
import { EngineError } from '../support/errors.ts';
import { type ConnectionOptions, Connections } from './agents.ts';
import { partsOf, readBody, telling } from './body.ts';
import {
  type Asked,
  answerFailure,
  connectionFailure,
  type FailedAnswer,
  slowAnswerFailure,
  slowTransferFailure,
  statusFailure,
  timeoutFailure,
} from './failures.ts';
import { proxyFor } from './proxy.ts';
import { mayRepeat, pause, pauseMs } from './retries.ts';

export interface HttpClientOptions extends Partial<ConnectionOptions> {
  /** What stands behind the address, for messages: "MLflow server". */
  what: string;
  /** `https://host:port/path`, without credentials. */
  baseUrl: string;
  /** Where proxies are named. */
  env: Record<string, string | undefined>;
  /** Value of the Authorization header; asked before every request, because tokens end. */
  authorization?: (() => Promise<string | undefined>) | undefined;
  /** Headers of every request. */
  headers?: Record<string, string>;
  /**
   * How long an answer may take, once when it begins and once more until it ends, ms; for a transfer, how long next to nothing may
   * move: it may take as long as it goes on.
   */
  timeoutMs?: number;
  /** How often a request that may be repeated is made in all. */
  attempts?: number;
  /** Ends what is under way when it is aborted. What is asked for afterwards goes on: somebody has to tidy up. */
  signal?: AbortSignal | undefined;
  /** What to do, by reason, in the words of what is asked. */
  fixes?: Asked['fixes'];
  /** Whether an error answer tells of something that passes by itself, although its status does not say so. */
  isPassing?: (answer: FailedAnswer) => boolean;
  /** Reads what an error answer says; null to go by its status alone. */
  explain?: (answer: FailedAnswer, asked: Asked) => EngineError | null;
}

export interface HttpRequest {
  method: 'GET' | 'HEAD' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** Behind the base, or a whole address, which then gets no Authorization header. */
  path: string;
  query?: Record<string, string | number | boolean | undefined> | undefined;
  /** Sent as JSON. */
  json?: object | undefined;
  /** Sent as it is; a function, so that a repetition can read it again. */
  body?: (() => Buffer | Readable) | undefined;
  headers?: Record<string, string> | undefined;
  /** The same request twice has the effect of one. GET and HEAD always are. */
  isRepeatable?: boolean | undefined;
  /** A success may come without JSON, and then is `{}`. */
  mayBeEmpty?: boolean | undefined;
  signal?: AbortSignal | undefined;
}

/** An answer whose body has not been read yet. */
export interface HttpAnswer {
  status: number;
  headers: Record<string, string>;
  body: Readable;
}

const TIMEOUT_MS = 120_000;
const CONNECT_TIMEOUT_MS = 15_000;
const ATTEMPTS = 4;
const MOST_ERROR_BYTES = 64 << 10;
const MOST_BYTES = 256 << 20;
/** What axios says of an answer that ends too early. */
const HALF = 'ERR_BAD_RESPONSE';

/**
 * Asks one server. Connections are kept, proxies and certificates are those of the environment, and what passes by itself (429, 5xx, a
 * connection that broke) is tried again where that does no harm. Every failure is an EngineError that says who was asked for what:
 * `unreachable`, `unauthorized`, `usage`, `cancelled`, and what `explain` says. Nothing of it holds a credential.
 */
export class HttpClient {
  readonly #options: HttpClientOptions;
  readonly #base: URL;
  readonly #axios: AxiosInstance;
  readonly #connections: Connections;

  constructor(options: HttpClientOptions) {
    this.#options = options;
    this.#base = new URL(options.baseUrl);
    this.#connections = new Connections({ connectTimeoutMs: CONNECT_TIMEOUT_MS, ...options }, options.env);
    this.#axios = axios.create({
      responseType: 'stream',
      validateStatus: () => true,
      maxRedirects: 0,
      maxBodyLength: Number.POSITIVE_INFINITY,
      // The bytes as they are: what is read here is read as JSON here.
      transformResponse: (data) => data,
    });
  }

  /** `https://host:port/path`, for people. */
  get location(): string {
    return this.#base.href.replace(/\/$/, '');
  }

  /** An answer's JSON. @throws EngineError `unreachable` for anything else than JSON, and for half of it */
  async json<T>(request: HttpRequest): Promise<T> {
    return this.#attempting(request, async (own, asked) => {
      const text = await this.#read(await this.#send(own, asked), asked);
      return request.mayBeEmpty && text === '' ? ({} as T) : parseJson<T>(text, asked);
    });
  }

  async text(request: HttpRequest): Promise<string> {
    return this.#attempting(request, async (own, asked) => this.#read(await this.#send(own, asked), asked));
  }

  /** An answer as it begins; its body is read, or destroyed, by the caller. What breaks off rejects as everything else does. */
  open(request: HttpRequest): Promise<HttpAnswer> {
    return this.#attempting(request, async (own, asked) => {
      const answer = await this.#send(own, asked);
      return { ...answer, body: Readable.from(this.#told(answer.body, asked, own.signal), { objectMode: false }) };
    });
  }

  async *#told(body: Readable, asked: Asked, signal: AbortSignal | undefined): AsyncGenerator<Buffer> {
    try {
      yield* partsOf(body, asked.timeoutMs);
    } catch (error) {
      throwIfAborted(signal);
      throw brokenOff(error, asked, slowTransferFailure);
    }
  }

  close(): void {
    this.#connections.close();
  }

  async #attempting<T>(given: HttpRequest, attempt: (own: HttpRequest, asked: Asked) => Promise<T>): Promise<T> {
    const request = { ...given, signal: this.#signal(given.signal) };
    const isRepeatable = request.isRepeatable ?? (request.method === 'GET' || request.method === 'HEAD');
    const attempts = this.#options.attempts ?? ATTEMPTS;
    for (let made = 1; ; made++) {
      const asked = this.#asked(request);
      try {
        return await attempt(request, asked);
      } catch (error) {
        throwIfAborted(request.signal);
        if (!(error instanceof Failed)) throw error;
        const wait = made < attempts ? waitAfter(error, made, { isRepeatable, timeoutMs: asked.timeoutMs }) : null;
        if (wait === null) throw error.error;
        await pause(wait, request.signal).catch(() => throwIfAborted(request.signal));
      }
    }
  }

  #signal(own: AbortSignal | undefined): AbortSignal | undefined {
    const { signal } = this.#options;
    if (signal === undefined || signal.aborted) return own;
    return own === undefined ? signal : AbortSignal.any([own, signal]);
  }

  async #send(request: HttpRequest, asked: Asked): Promise<HttpAnswer> {
    const answer = await this.#answer(request, asked);
    if (answer.status >= 200 && answer.status < 300) return answer;
    const limits = { most: MOST_ERROR_BYTES, wholeMs: asked.timeoutMs };
    // What did not come is not needed to say that it went wrong.
    const body = await readBody(answer.body, limits).catch(() => Buffer.alloc(0));
    const failed: FailedAnswer = { status: answer.status, headers: answer.headers, body };
    const error = this.#options.explain?.(failed, asked) ?? statusFailure(asked, failed);
    const isPassing = this.#options.isPassing?.(failed) ?? false;
    throw new Failed(error, { status: answer.status, retryAfter: answer.headers['retry-after'], isPassing });
  }

  async #answer(request: HttpRequest, asked: Asked): Promise<HttpAnswer> {
    const timer = new AbortController();
    const timeout = setTimeout(() => timer.abort(), asked.timeoutMs);
    let isOver = false;
    // A server may answer before it has taken everything: a timer that has been cleared must not come to life again.
    const moved = () => void (isOver || timeout.refresh());
    const signal = request.signal ? AbortSignal.any([request.signal, timer.signal]) : timer.signal;
    try {
      const answer: AxiosResponse<Readable> = await this.#axios.request({
        ...(await this.#config(request, moved)),
        signal,
      });
      return { status: answer.status, headers: headersOf(answer), body: answer.data };
    } catch (error) {
      if (EngineError.is(error)) throw error;
      // Never again: a server that hangs once would be waited for as often as a request may be made.
      if (timer.signal.aborted) throw timeoutFailure(asked);
      const { code, message } = error as AxiosError;
      throw new Failed(connectionFailure(asked, code, message), { code });
    } finally {
      isOver = true;
      clearTimeout(timeout);
    }
  }

  async #config(request: HttpRequest, onPart: () => void): Promise<AxiosRequestConfig> {
    const { method, path, query, json, body, headers } = request;
    const url = this.#url(path);
    const isOurs = url.origin === this.#base.origin;
    const authorization = isOurs ? await this.#options.authorization?.() : undefined;
    return {
      method,
      url: url.href,
      ...this.#connections.to(url),
      ...(query === undefined ? {} : { params: query }),
      ...(json === undefined ? {} : { data: JSON.stringify(json) }),
      ...(body === undefined ? {} : { data: telling(body(), onPart) }),
      headers: {
        Accept: 'application/json, */*',
        ...(json === undefined ? {} : { 'Content-Type': 'application/json' }),
        ...(isOurs ? this.#options.headers : {}),
        ...headers,
        ...(authorization === undefined ? {} : { Authorization: authorization }),
      },
    };
  }

  #url(path: string): URL {
    if (/^https?:\/\//.test(path)) return new URL(path);
    return new URL(`${this.#base.pathname.replace(/\/$/, '')}/${path.replace(/^\//, '')}`, this.#base.origin);
  }

  #asked({ method, path }: HttpRequest): Asked {
    const url = this.#url(path);
    const proxy = proxyFor(url, this.#options.env);
    return {
      what: this.#options.what,
      host: url.origin,
      method,
      path: url.pathname,
      proxy: proxy === false ? null : `${proxy.host}:${proxy.port}`,
      timeoutMs: this.#options.timeoutMs ?? TIMEOUT_MS,
      fixes: this.#options.fixes ?? {},
    };
  }

  async #read(answer: HttpAnswer, asked: Asked): Promise<string> {
    const bytes = await readBody(answer.body, { most: MOST_BYTES, wholeMs: asked.timeoutMs }).catch(
      (error: AxiosError) => {
        const told = brokenOff(error, asked, slowAnswerFailure);
        throw error.code === 'ETIMEDOUT' ? told : new Failed(told, { code: error.code });
      },
    );
    if (bytes.length > MOST_BYTES) throw answerFailure(asked, `sent more than ${MOST_BYTES} bytes`);
    const { 'content-length': length, 'content-encoding': encoding } = answer.headers;
    const isHalf = length !== undefined && encoding === undefined && bytes.length < Number(length);
    if (isHalf) throw new Failed(connectionFailure(asked, HALF, ''), { code: HALF });
    return bytes.toString('utf8');
  }
}

/** A failure with what decides whether the request is made again. */
class Failed extends Error {
  readonly error: EngineError;
  readonly status: number | null;
  readonly code: string | undefined;
  readonly retryAfter: string | undefined;
  readonly isPassing: boolean;

  constructor(error: EngineError, { status, code, retryAfter, isPassing = false }: Circumstances) {
    super(error.message);
    this.error = error;
    this.status = status ?? null;
    this.code = code;
    this.retryAfter = retryAfter;
    this.isPassing = isPassing;
  }
}

interface Circumstances {
  /** Of the answer, when there was one. */
  status?: number;
  /** Of the error, when there was none. */
  code?: string | undefined;
  retryAfter?: string | undefined;
  isPassing?: boolean;
}

/** Milliseconds until the request is made again; null when it is not. */
function waitAfter(
  { error, status, code, retryAfter, isPassing }: Failed,
  made: number,
  { isRepeatable, timeoutMs }: { isRepeatable: boolean; timeoutMs: number },
): number | null {
  // A server that fails and says why, other than that it cannot just now, fails again.
  if (status !== null && status >= 500 && error.reason !== 'unreachable') return null;
  if (!mayRepeat(status, code, isRepeatable) && !(isPassing && isRepeatable)) return null;
  const wait = pauseMs(made, retryAfter);
  // A server may ask to come back in an hour; nobody waits in front of a command for so long.
  return retryAfter !== undefined && wait > timeoutMs ? null : wait;
}

/** Why an answer that had begun did not come to its end. */
function brokenOff(error: unknown, asked: Asked, late: (asked: Asked) => EngineError): EngineError {
  const isLate = (error as NodeJS.ErrnoException).code === 'ETIMEDOUT';
  return isLate ? late(asked) : connectionFailure(asked, HALF, '');
}

function throwIfAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted) throw new EngineError('cancelled', 'Cancelled.');
}

function headersOf({ headers }: AxiosResponse): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), String(value)]));
}

/** Whom we ask answers with an object, always. */
function parseJson<T>(text: string, asked: Asked): T {
  const value = parsed(text);
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as T;
  throw answerFailure(asked, `answered with ${kindOf(value, text)}; is it the right address?`);
}

/** undefined for what is no JSON. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function kindOf(value: unknown, text: string): string {
  if (text.trim() === '') return 'nothing';
  if (text.trimStart().startsWith('<')) return 'a web page';
  return value === undefined ? 'something that is no JSON' : 'JSON that is no object';
}
