import type { Readable } from 'node:stream';
import type { Config } from '../config/config.ts';
import { type DatabricksSettings, databricksSettings } from '../config/databricks-settings.ts';
import type { Environment } from '../config/load.ts';
import { HttpClient, type HttpRequest } from '../http/client.ts';
import { EngineError } from '../support/errors.ts';
import { explainDatabricks } from './api-error.ts';
import { parseLossless } from './lossless-json.ts';
import { type TokenSource, tokenSource } from './sign-in.ts';

/** One request to the API of a workspace. */
export interface ApiCall {
  method: HttpRequest['method'];
  /** Escaped already. */
  path: string;
  query?: Record<string, string | number | boolean | undefined> | undefined;
  /** Sent as JSON. Ids go through `numberText`. */
  body?: object | undefined;
  /** Whether sending it twice does no harm; unless given, every request but POST and PATCH. */
  isRepeatable?: boolean | undefined;
  signal?: AbortSignal | undefined;
}

/** Bytes of a file; a function, so that a repetition can read them again. */
export type Content = () => Buffer | Readable;

/** An address that permits one thing to whoever has it: it must never be printed, and never gets our token. */
interface SignedRequest {
  url: string;
  headers?: Record<string, string> | undefined;
  signal?: AbortSignal | undefined;
}

interface ConnectOptions {
  /** `databricks` or `databricks://PROFILE`; the tracking address unless given. */
  uri?: string;
  /** Ends what is under way. */
  signal?: AbortSignal | undefined;
}

/** The workspace that the configuration names. @throws EngineError `invalid-config`, `unsupported` */
export function connect(config: Config, env: Environment, options: ConnectOptions = {}): WorkspaceClient {
  const { uri = config.mlflow.tracking_uri, signal } = options;
  return new WorkspaceClient(databricksSettings(config.databricks, env, uri), env, signal);
}

/** Speaks with one workspace: signs in, repeats what may be repeated, and reads ids losslessly. */
export class WorkspaceClient {
  readonly host: string;
  readonly warehouseId: string | null;
  readonly #api: HttpClient;
  /** Has no credentials that it could send anywhere. */
  readonly #outside: HttpClient;
  readonly #token: TokenSource;

  constructor(settings: DatabricksSettings, env: Environment = {}, signal?: AbortSignal) {
    this.host = settings.host;
    this.warehouseId = settings.warehouseId;
    const common = {
      what: 'Databricks workspace',
      baseUrl: settings.host,
      env,
      signal,
      fixes: FIXES,
      timeoutMs: 60_000,
    };
    this.#outside = new HttpClient({ ...common, explain: explainDatabricks });
    this.#token = tokenSource(settings, {
      getJson: (path) => this.#outside.json({ method: 'GET', path }),
      postForm: (path, form, authorization) => {
        const headers = { Authorization: authorization, 'Content-Type': 'application/x-www-form-urlencoded' };
        const body = () => Buffer.from(new URLSearchParams(form).toString());
        return this.#outside.json({ method: 'POST', path, headers, body, isRepeatable: true });
      },
    });
    this.#api = new HttpClient({
      ...common,
      headers: { 'User-Agent': 'gnu-mlops' },
      authorization: async () => `Bearer ${await this.#token()}`,
      explain: explainDatabricks,
    });
  }

  close(): void {
    this.#api.close();
    this.#outside.close();
  }

  /** The JSON that answers; an empty answer is an empty object. @throws EngineError */
  async call<T = unknown>(call: ApiCall): Promise<T> {
    const text = await this.#api.text(asRequest(call));
    return readJson(this.host, text) as T;
  }

  /** What answers as it is. */
  text(call: ApiCall): Promise<string> {
    return this.#api.text(asRequest(call));
  }

  /** Puts the bytes of a file somewhere. */
  async upload(call: ApiCall, content: Content, size?: number): Promise<void> {
    const headers = { 'Content-Type': 'application/octet-stream', ...lengthOf(size) };
    await this.#api.text({ ...asRequest(call), body: content, headers });
  }

  /** A file as it begins to come, and its size when that is told. */
  async open(call: ApiCall): Promise<{ body: Readable; size: number | null }> {
    return sized(await this.#api.open(asRequest(call)));
  }

  /** What is behind a signed address. @throws EngineError `unauthorized` when it has expired */
  async openSigned({ url, headers, signal }: SignedRequest): Promise<{ body: Readable; size: number | null }> {
    return sized(await this.#outside.open({ method: 'GET', path: url, headers, signal }));
  }

  async uploadSigned({ url, headers, signal }: SignedRequest, content: Content, size?: number): Promise<void> {
    const own = { ...headers, ...lengthOf(size) };
    await this.#outside.text({ method: 'PUT', path: url, headers: own, signal, body: content, isRepeatable: true });
  }

  /** Who is signed in, and the number of the workspace when it tells. */
  async me(): Promise<{ userName: string; workspaceId: string | null }> {
    const answer = await this.#api.open({ method: 'GET', path: '/api/2.0/preview/scim/v2/Me' });
    const { userName = '' } = readJson(this.host, (await readAll(answer.body)).toString('utf8')) as {
      userName?: string;
    };
    return { userName, workspaceId: answer.headers['x-databricks-org-id'] ?? null };
  }
}

const FIXES = {
  unreachable: 'Check the address of the workspace (databricks.host, or the profile), then run the command again.',
  unauthorized:
    'Check DATABRICKS_TOKEN, the service principal or the profile; a permission is given by whoever administers the workspace.',
};

function asRequest({ method, path, query, body, isRepeatable, signal }: ApiCall): HttpRequest {
  const isSafe = isRepeatable ?? (method !== 'POST' && method !== 'PATCH');
  return { method, path, query, json: body, isRepeatable: isSafe, signal };
}

function lengthOf(size: number | undefined): Record<string, string> {
  return size === undefined ? {} : { 'Content-Length': String(size) };
}

function sized({ body, headers }: { body: Readable; headers: Record<string, string> }) {
  const length = headers['content-length'];
  return { body, size: length === undefined || headers['content-encoding'] ? null : Number(length) };
}

/** @throws EngineError `unreachable` when it breaks off */
export async function readAll(body: Readable): Promise<Buffer> {
  const parts: Buffer[] = [];
  for await (const part of body) parts.push(part as Buffer);
  return Buffer.concat(parts);
}

function readJson(host: string, text: string): unknown {
  if (text.trim() === '') return {};
  try {
    return parseLossless(text);
  } catch (error) {
    const fix = 'Correct databricks.host: another server, or something on the way to it, answered instead.';
    throw new EngineError('unreachable', `What ${host} answered is no JSON.`, { fix }, { cause: error });
  }
}
