import { STATUS_CODES } from 'node:http';
import type { Asked, FailedAnswer } from '../http/failures.ts';
import { EngineError, type ErrorReason } from '../support/errors.ts';

/** What Databricks said no with, in any of the shapes that it has. */
export interface ApiErrorBody {
  code: string;
  message: string;
}

/** Codes count before the status. */
const BY_CODE: Record<string, ErrorReason> = {
  RESOURCE_DOES_NOT_EXIST: 'not-found',
  NOT_FOUND: 'not-found',
  ENDPOINT_NOT_FOUND: 'not-found',
  FEATURE_DISABLED: 'unauthorized',
  PERMISSION_DENIED: 'unauthorized',
  UNAUTHENTICATED: 'unauthorized',
  ALREADY_EXISTS: 'conflict',
  RESOURCE_ALREADY_EXISTS: 'conflict',
  RESOURCE_CONFLICT: 'conflict',
  ABORTED: 'conflict',
};

const BY_STATUS: Record<number, ErrorReason> = {
  401: 'unauthorized',
  403: 'unauthorized',
  409: 'conflict',
};

/** These are told with 400 and INVALID_PARAMETER_VALUE. */
const MISSING = /^(Job .* does not exist|Run .* does not exist|Run: .* in job: .* doesn't exist)/;

/** The error behind an answer that says no; null where the status alone tells more (redirects, proxies). */
export function explainDatabricks(
  { status, body }: FailedAnswer,
  { host, method, path, fixes }: Asked,
): EngineError | null {
  if (status < 400 || status === 407) return null;
  const { code, message } = readErrorBody(body.toString('utf8'), STATUS_CODES[status] ?? '');
  const reason = status === 404 ? missingOrWrong(code, method) : reasonOf(code, message, status);
  const fix = reason === 'unauthorized' || reason === 'unreachable' ? fixes[reason] : undefined;
  const details = { status, code, host, request: `${method} ${path}`, ...(fix ? { fix } : {}) };
  return new EngineError(
    reason,
    `Databricks at ${host} refused ${method} ${path}: ${message} (${code || status})`,
    details,
  );
}

/**
 * Databricks and the storage behind it say with a code that something is not there; only HEAD is answered without words. A 404 that
 * says anything else, such as a web page, comes from another server.
 */
function missingOrWrong(code: string, method: string): ErrorReason {
  return BY_CODE[code] ?? (code !== '' || method === 'HEAD' ? 'not-found' : 'unreachable');
}

function reasonOf(code: string, message: string, status: number): ErrorReason {
  if (MISSING.test(message)) return 'not-found';
  const known = BY_CODE[code] ?? BY_STATUS[status];
  if (known !== undefined) return known;
  return status >= 400 && status < 500 && status !== 408 && status !== 429 ? 'usage' : 'unreachable';
}

/** JSON of today, of API 1.2, of SCIM; `CODE: text`; the XML of cloud storage; a page; or nothing at all. */
export function readErrorBody(body: string, statusText: string): ApiErrorBody {
  return jsonError(body) ?? plainError(body) ?? { code: '', message: statusText || 'no reason was given' };
}

function jsonError(body: string): ApiErrorBody | null {
  let document: unknown;
  try {
    document = JSON.parse(body);
  } catch {
    return null;
  }
  if (typeof document !== 'object' || document === null) return null;
  const { error_code, message, error, error_description, detail, status, scimType } = document as Record<
    string,
    unknown
  >;
  const text = [message, error_description, detail, error].find((each) => typeof each === 'string' && each !== '');
  const code =
    error_code ?? (detail === undefined || status === undefined ? undefined : (scimType ?? `SCIM_${status}`)) ?? '';
  return text === undefined && code === '' ? null : { code: String(code), message: oneLine(String(text ?? code)) };
}

function plainError(body: string): ApiErrorBody | null {
  const [, code, message] = /^([A-Z_]+): (.*)/.exec(body) ?? [];
  if (code !== undefined) return { code, message: oneLine(message ?? '') };
  const [, storageCode] = /<Code>(\w+)<\/Code>/.exec(body) ?? [];
  if (storageCode !== undefined) {
    return { code: storageCode, message: oneLine(/<Message>([^<]*)/.exec(body)?.[1] ?? storageCode) };
  }
  const page = /<pre>([^<]*)<\/pre>|<title>([^<]*)<\/title>/i.exec(body);
  const text = page?.[1] ?? page?.[2];
  return text === undefined ? null : { code: '', message: oneLine(text) };
}

function oneLine(text: string): string {
  return text.replace(/\s+/g, ' ').trim().slice(0, 500);
}
