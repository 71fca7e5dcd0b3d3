import { EngineError, type ErrorReason } from '../support/errors.ts';
import { CONNECT_TIMEOUT } from './agents.ts';
import { PROXY_ASKS_WHO, PROXY_REFUSED } from './tunnel-agent.ts';

/** Who was asked for what: everything that a message may say of a request. */
export interface Asked {
  /** What stands behind the address: "MLflow server". */
  what: string;
  /** `https://host:port`, without credentials. */
  host: string;
  method: string;
  /** Without the query, which may hold a signature. */
  path: string;
  /** The proxy's host, when one was used. */
  proxy: string | null;
  timeoutMs: number;
  fixes: Partial<Record<'unreachable' | 'unauthorized', string>>;
}

/** An answer that is no success. */
export interface FailedAnswer {
  status: number;
  headers: Record<string, string>;
  /** The start of it. */
  body: Buffer;
}

const CAUSES: Record<string, string> = {
  ECONNREFUSED: 'the connection was refused: nothing listens there',
  ENOTFOUND: 'there is no host of that name',
  EAI_AGAIN: 'the name of the host cannot be looked up now',
  ECONNRESET: 'the connection broke off',
  ECONNABORTED: 'the connection broke off',
  ERR_BAD_RESPONSE: 'the answer broke off half-way',
  EPIPE: 'the connection broke off',
  ETIMEDOUT: 'the connection took too long',
  [CONNECT_TIMEOUT]: 'the connection took too long',
  EHOSTUNREACH: 'there is no way to that host',
  ENETUNREACH: 'there is no way to that network',
};

const CERTIFICATE = /^(CERT_|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO|ERR_TLS_CERT|HOSTNAME_MISMATCH)/;

/** What TLS says when the server does not know who we are. */
const OUR_CERTIFICATE = /^ERR_SSL_\w*ALERT_(CERTIFICATE_REQUIRED|BAD_CERTIFICATE|UNKNOWN_CA|CERTIFICATE_UNKNOWN)$/;

/** Why there was no answer, or only half of one. Says nothing of credentials; the original error would, so it is not kept. */
export function connectionFailure(asked: Asked, code: string | undefined, message: string): EngineError {
  if (CERTIFICATE.test(code ?? '')) {
    return failure('unreachable', asked, `shows a certificate that is not trusted (${code})`, {
      fix: 'Name the certificate of your authority in NODE_EXTRA_CA_CERTS or MLFLOW_TRACKING_SERVER_CERT_PATH, or have the certificate corrected.',
    });
  }
  if (OUR_CERTIFICATE.test(code ?? '')) {
    return failure('unauthorized', asked, `asks for a certificate of ours, and accepts none or another one (${code})`, {
      fix: 'Name a PEM file with a certificate and its key in MLFLOW_TRACKING_CLIENT_CERT_PATH.',
    });
  }
  if (code === PROXY_ASKS_WHO) return proxyAsksWho(asked);
  if (/^(EPROTO|ERR_SSL)/.test(code ?? '')) {
    return failure('unreachable', asked, `does not speak TLS as expected (${code})`, {
      fix: 'Check whether the address begins with http:// or https://, and the port.',
    });
  }
  const why = CAUSES[code ?? ''] ?? (code && code !== PROXY_REFUSED ? `${message} (${code})` : message);
  return failure('unreachable', asked, `cannot be reached: ${why}`);
}

export function timeoutFailure(asked: Asked): EngineError {
  return failure('unreachable', asked, `did not answer within ${asked.timeoutMs / 1000} s`);
}

export function slowAnswerFailure(asked: Asked): EngineError {
  return failure('unreachable', asked, `did not end its answer within ${asked.timeoutMs / 1000} s`);
}

export function slowTransferFailure(asked: Asked): EngineError {
  return failure('unreachable', asked, `sent next to nothing for ${asked.timeoutMs / 1000} s`);
}

/** What was not as it should be in an answer that came. */
export function answerFailure(asked: Asked, complaint: string): EngineError {
  return failure('unreachable', asked, complaint);
}

/** What an answer with an error status says, by the status alone. */
export function statusFailure(asked: Asked, answer: FailedAnswer): EngineError {
  const { status } = answer;
  const said = excerpt(answer);
  if (status === 407) return proxyAsksWho(asked);
  if (status === 401) return failure('unauthorized', asked, `does not know our credentials (401)${said}`, { status });
  if (status === 403) return failure('unauthorized', asked, `does not permit this (403)${said}`, { status });
  if (status >= 300 && status < 400) {
    return failure('unreachable', asked, `sends us elsewhere (${status}), to ${elsewhere(answer)}`, {
      fix: 'Correct the address: it probably begins with https://, or the server wants a sign-in that is not for programs.',
      status,
    });
  }
  // Whether a thing is missing, or its whole address wrong, only the server's own words can tell: `explain` knows them.
  if (status === 404) return failure('unreachable', asked, `has nothing there (404)${said}`, { status });
  if (status >= 500 || status === 429) return failure('unreachable', asked, `answered ${status}${said}`, { status });
  return failure('usage', asked, `refused the request (${status})${said}`, { status });
}

function proxyAsksWho(asked: Asked): EngineError {
  return failure('unauthorized', asked, 'is behind a proxy that asks for credentials (407)', {
    // Not as an example of an address: what stands before a host is cut out of everything that is printed.
    fix: 'Write user:password@ before the host of the proxy, in HTTPS_PROXY.',
  });
}

function elsewhere({ headers }: FailedAnswer): string {
  const url = URL.parse(headers.location ?? '');
  return url === null ? 'another address' : `${url.origin}${url.pathname}`;
}

/** One line of a text that a server sent; a web page has nothing to say. */
function excerpt({ body, headers }: FailedAnswer): string {
  const text = body.toString('utf8').trim();
  if (text === '' || text.startsWith('<') || (headers['content-type'] ?? '').includes('html')) return '';
  const line = text.replaceAll(/\s+/g, ' ');
  return `: ${line.length > 300 ? `${line.slice(0, 300)}...` : line}`;
}

function failure(reason: ErrorReason, asked: Asked, complaint: string, details: Record<string, unknown> = {}) {
  const { what, host, method, path, proxy } = asked;
  const through = proxy === null ? '' : ` through the proxy ${proxy}`;
  const fix = reason === 'unreachable' || reason === 'unauthorized' ? asked.fixes[reason] : undefined;
  const request = `${method} ${path}`;
  return new EngineError(reason, `The ${what} at ${host}${through} ${complaint} (${request}).`, {
    host,
    request,
    ...(fix ? { fix } : {}),
    ...details,
  });
}
