import type { IncomingHttpHeaders } from 'node:http';
import type { Shape } from './shape.ts';
import type { Workspace } from './workspace.ts';

type Method = 'GET' | 'HEAD' | 'PUT' | 'POST' | 'PATCH' | 'DELETE';

/** One request as a handler sees it, checked already against the shapes of its route. */
export interface Call {
  method: Method;
  /** Path as it came, without the query. */
  path: string;
  /** Decoded parts of the path that the route names. */
  params: Record<string, string>;
  query: Record<string, string>;
  headers: IncomingHttpHeaders;
  /** The JSON body; numbers beyond 2^53 are BigInt. */
  body: Record<string, unknown>;
  bytes: Buffer;
  /** userName of whoever signed in. */
  user: string;
  /** `http://127.0.0.1:PORT` */
  origin: string;
}

export interface Answer {
  status?: number;
  headers?: Record<string, string>;
  /** Sent as JSON; `bytes` as they are; neither: an empty answer. */
  json?: unknown;
  bytes?: Buffer;
}

/** One method and path of the API and what it takes. */
export interface Route {
  method: Method;
  /** `/api/2.0/x/{id}/y`, or `/api/2.0/fs/files{path*}` for the rest of the path. */
  path: string;
  query?: Shape;
  /** JSON body; without it a body is refused. */
  body?: Shape;
  /** The body is the bytes of a file. */
  takesBytes?: boolean;
  /** `token` unless given; `none` may carry none (discovery), `signed` must not: the address is the permission. */
  permission?: 'token' | 'none' | 'signed';
  answer(call: Call, workspace: Workspace): Answer | Promise<Answer>;
}

/** An answer that says no, in the shape of Databricks' errors. */
export class ApiError extends Error {
  readonly status: number;
  readonly code: string;

  constructor(status: number, code: string, message: string) {
    super(message);
    this.status = status;
    this.code = code;
  }
}

export const missing = (what: string): ApiError =>
  new ApiError(404, 'RESOURCE_DOES_NOT_EXIST', `${what} does not exist.`);
export const invalid = (message: string): ApiError => new ApiError(400, 'INVALID_PARAMETER_VALUE', message);
export const exists = (what: string): ApiError =>
  new ApiError(409, 'RESOURCE_ALREADY_EXISTS', `${what} already exists.`);

export const json = (document: unknown): Answer => ({ json: document });
export const done: Answer = { json: {} };

/** One page of `items` and the token of the next; an absent token is the end. */
export function page<T>(items: readonly T[], size: number, token: string | undefined): { items: T[]; next?: string } {
  const start = token === undefined || token === '' ? 0 : Number(token);
  if (!Number.isInteger(start)) throw invalid(`page_token ${token} is none of ours`);
  const end = start + size;
  return { items: items.slice(start, end), ...(end < items.length ? { next: String(end) } : {}) };
}
