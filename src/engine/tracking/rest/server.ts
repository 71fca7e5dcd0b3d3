import { credentialsInAddress } from '../../config/address-credentials.ts';
import { HttpClient } from '../../http/client.ts';
import type { Asked, FailedAnswer } from '../../http/failures.ts';
import { EngineError, type ErrorReason } from '../../support/errors.ts';
import type { ApiRequest, ServerClient } from './api.ts';
import { authorityOf, identityOf, numberOf } from './variables.ts';

type Environment = Record<string, string | undefined>;

const API = '/api/2.0/mlflow/';

/**
 * Two wrote the same row for the first time at the same moment, and the database kept one: asked again, MLflow finds it there.
 * It calls this BAD_REQUEST (mlflow/store/db/utils.py).
 */
const SAME_ROW = /^\([\w.]*(IntegrityError|UniqueViolation)\)/;

/** What MLflow says of workspaces: of one that is missing, and that there are none at all. */
const WORKSPACE = /^Workspace /;

const TIMEOUT = {
  expected: 'seconds, more than 0 and at most 86400',
  isRight: (value: number) => value > 0 && value <= 86_400,
};
/** MLflow's own client makes at most ten, too. */
const RETRIES = {
  expected: 'a whole number from 0 to 10',
  isRight: (value: number) => Number.isInteger(value) && value >= 0 && value <= 10,
};

/** What not every MLflow server has: models beside runs came with MLflow 3, and stages are said to go. */
const OPTIONAL = /\/(logged-models\/[^/]+|model-versions\/transition-stage)$/;

/** MLflow's error codes (mlflow/protos/databricks.proto); what is not here goes by its status. */
const REASONS: Record<string, ErrorReason> = {
  RESOURCE_DOES_NOT_EXIST: 'not-found',
  NOT_FOUND: 'not-found',
  RESOURCE_ALREADY_EXISTS: 'conflict',
  INVALID_PARAMETER_VALUE: 'usage',
  INVALID_STATE: 'conflict',
  BAD_REQUEST: 'usage',
  PERMISSION_DENIED: 'unauthorized',
  UNAUTHENTICATED: 'unauthorized',
  FEATURE_DISABLED: 'unsupported',
};

/**
 * A client of the MLflow server at `uri`, configured by the variables that MLflow's own client reads: MLFLOW_TRACKING_USERNAME and
 * _PASSWORD, or MLFLOW_TRACKING_TOKEN; MLFLOW_TRACKING_INSECURE_TLS, MLFLOW_TRACKING_SERVER_CERT_PATH, MLFLOW_TRACKING_CLIENT_CERT_PATH,
 * MLFLOW_HTTP_REQUEST_TIMEOUT (seconds), MLFLOW_HTTP_REQUEST_MAX_RETRIES, MLFLOW_WORKSPACE; and those of proxies.
 * @throws EngineError `usage` for a variable that is no number where one is expected, or names no certificate; `invalid-config` for
 *   an address whose user or password is not escaped
 */
export function mlflowHttpClient(uri: string, env: Environment, signal?: AbortSignal): HttpClient {
  const address = new URL(uri);
  const authorization = authorizationOf(address, env);
  address.username = '';
  address.password = '';
  const seconds = numberOf(env, 'MLFLOW_HTTP_REQUEST_TIMEOUT', TIMEOUT);
  const retries = numberOf(env, 'MLFLOW_HTTP_REQUEST_MAX_RETRIES', RETRIES);
  const authority = authorityOf(env, 'MLFLOW_TRACKING_SERVER_CERT_PATH');
  const identity = identityOf(env, 'MLFLOW_TRACKING_CLIENT_CERT_PATH');
  return new HttpClient({
    what: 'MLflow server',
    baseUrl: address.href,
    env,
    signal,
    authorization: async () => authorization,
    insecureTls: /^(1|true)$/i.test(env.MLFLOW_TRACKING_INSECURE_TLS ?? ''),
    certificates: authority,
    clientCertificate: identity,
    ...(seconds === undefined ? {} : { timeoutMs: seconds * 1000 }),
    ...(retries === undefined ? {} : { attempts: 1 + retries }),
    ...(env.MLFLOW_WORKSPACE ? { headers: { 'X-MLFLOW-WORKSPACE': env.MLFLOW_WORKSPACE } } : {}),
    fixes: {
      unreachable:
        'Check that the server runs and that mlflow.tracking_uri is its address, then run the command again.',
      unauthorized:
        'Sign in: gnu-mlops sign-in; or set MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD, or MLFLOW_TRACKING_TOKEN.',
    },
    isPassing: ({ body }) => SAME_ROW.test(wordsOf(body)?.message ?? ''),
    explain: explainMlflow,
  });
}

/** MLflow's REST API over an HTTP client. */
export function serverClient(http: HttpClient): ServerClient {
  return {
    location: http.location,
    json: ({ method, path, query, body, isRepeatable }: ApiRequest) =>
      http.json({ method, path: API + path, query, json: body, isRepeatable }),
    text: (path) => http.text({ method: 'GET', path }),
    close: () => http.close(),
  };
}

function authorizationOf(address: URL, env: Environment): string | undefined {
  const inAddress = credentialsInAddress(address);
  const username = inAddress.username || env.MLFLOW_TRACKING_USERNAME;
  const password = inAddress.password || env.MLFLOW_TRACKING_PASSWORD;
  if (username && password) return `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;
  return env.MLFLOW_TRACKING_TOKEN ? `Bearer ${env.MLFLOW_TRACKING_TOKEN}` : undefined;
}

/** MLflow says what is wrong in `{"error_code", "message"}`; null for answers of another kind. */
export function explainMlflow(answer: FailedAnswer, asked: Asked): EngineError | null {
  const words = wordsOf(answer.body);
  const known = words === null ? undefined : SAME_ROW.test(words.message) ? 'conflict' : REASONS[words.error_code];
  if (words === null || known === undefined) return answer.status === 404 ? noSuchPath(asked) : null;
  const { error_code, message } = words;
  const { host, method, path, fixes } = asked;
  const isWorkspace = WORKSPACE.test(message);
  // A workspace that is not there is no empty one.
  const reason = isWorkspace && known === 'not-found' ? 'usage' : known;
  const fix = isWorkspace
    ? 'Correct MLFLOW_WORKSPACE, or remove it.'
    : reason === 'unauthorized'
      ? fixes.unauthorized
      : null;
  const details = { host, request: `${method} ${path}`, status: answer.status, error_code, ...(fix ? { fix } : {}) };
  return new EngineError(reason, `The MLflow server says: ${firstSentence(message)}`, details);
}

/** A 404 that is not MLflow's own knows nothing of runs and models: it is about the path, not about what is looked for. */
function noSuchPath({ host, method, path }: Asked): EngineError {
  const request = `${method} ${path}`;
  const details = { host, request, status: 404 };
  if (OPTIONAL.test(path)) return new EngineError('not-found', `The MLflow server at ${host} has no ${path}.`, details);
  return new EngineError(
    'unreachable',
    `What answers at ${host} does not look like an MLflow server: it has nothing at ${path} (${request}: 404).`,
    {
      ...details,
      fix: 'Check host and port of mlflow.tracking_uri, and the path when the server lies behind one (https://host/mlflow).',
    },
  );
}

/** null for what is not in MLflow's words. */
function wordsOf(body: Buffer): { error_code: string; message: string } | null {
  try {
    const { error_code, message } = JSON.parse(body.toString('utf8')) ?? {};
    return typeof error_code === 'string' && typeof message === 'string' ? { error_code, message } : null;
  } catch {
    return null;
  }
}

/** Without the SQL that MLflow adds to some. */
function firstSentence(message: string): string {
  const text = message.split(/ Error: \(|\n|\[SQL:/)[0]!.trim();
  return text.length > 500 ? `${text.slice(0, 500)}...` : text;
}
