import { EngineError, type ErrorReason, toEngineError } from '../../support/errors.ts';
import type { S3Address } from './address.ts';
import type { S3Settings } from './settings.ts';

/** What the AWS client throws, as far as it is looked at. */
interface Failure {
  name: string;
  code: string;
  message: string;
  status: number | undefined;
}

/** What the messages tell of: server, bucket and key. */
interface Scene {
  failure: Failure;
  server: string;
  bucket: string;
  place: string;
  profile: string | null;
}

interface Rule {
  applies: (failure: Failure) => boolean;
  reason: ErrorReason;
  text: (scene: Scene) => string;
  fix: (scene: Scene) => string;
}

const named =
  (...names: string[]) =>
  ({ name }: Failure) =>
    names.includes(name);

const SIGN_IN =
  'Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY (in env_file for schedules), or AWS_PROFILE, or sign in: aws sso login';
const NAME_REGION = 'Set data.s3.region or AWS_REGION.';

/** The first that applies tells what went wrong. */
const RULES: Rule[] = [
  {
    applies: named('NoSuchBucket'),
    reason: 'unreachable',
    text: ({ bucket, server }) => `There is no bucket ${bucket} at ${server}.`,
    fix: () => 'Make it, or correct its name.',
  },
  {
    // Any other 404 is no answer of S3: something else stands at the address.
    applies: named('NoSuchKey'),
    reason: 'not-found',
    text: ({ place }) => `There is no ${place}.`,
    fix: () => 'Correct its name, or put it there.',
  },
  {
    applies: named('CredentialsProviderError', 'TokenProviderError', 'ProviderError'),
    reason: 'unauthorized',
    text: ({ server, profile }) =>
      `No credentials for ${server} were found${profile === null ? '' : ` (AWS_PROFILE is ${profile})`}.`,
    fix: () => SIGN_IN,
  },
  {
    applies: named(
      'InvalidAccessKeyId',
      'SignatureDoesNotMatch',
      'ExpiredToken',
      'ExpiredTokenException',
      'InvalidToken',
      'TokenRefreshRequired',
      'UnrecognizedClientException',
    ),
    reason: 'unauthorized',
    text: ({ server, failure }) => `${server} does not accept the credentials (${failure.name}).`,
    fix: () => SIGN_IN,
  },
  {
    applies: ({ name, status }) =>
      ['PermanentRedirect', 'AuthorizationHeaderMalformed'].includes(name) || status === 301,
    reason: 'unreachable',
    text: ({ bucket }) => `The bucket ${bucket} is in another region.`,
    fix: () => NAME_REGION,
  },
  {
    applies: ({ message }) => message.startsWith('Region is missing'),
    reason: 'unreachable',
    text: ({ bucket }) => `Nobody says in which region the bucket ${bucket} is.`,
    fix: () => NAME_REGION,
  },
  {
    applies: ({ status }) => status === 401 || status === 403,
    reason: 'unauthorized',
    text: ({ server, place }) => `${server} does not let these credentials get at ${place} (access denied).`,
    fix: ({ bucket }) =>
      `Ask for s3:ListBucket on ${bucket} and s3:GetObject on its objects, to write also s3:PutObject; or use other credentials.`,
  },
  {
    applies: ({ name, code, status }) => status !== undefined || code !== '' || name === 'TimeoutError',
    reason: 'unreachable',
    text: ({ server, place, failure }) => `${server} does not answer as it should for ${place} (${why(failure)}).`,
    fix: () =>
      'Check the address (data.s3.endpoint, MLFLOW_S3_ENDPOINT_URL, AWS_ENDPOINT_URL_S3), the network and the server.',
  },
];

/** Of the disk, not of the server. */
const DISK = ['ENOSPC', 'EDQUOT', 'EACCES', 'EPERM', 'EROFS', 'ENOENT', 'EISDIR'];

/**
 * What went wrong at S3, for people: which bucket and key, and what to do. The client's own texts are left out: they may hold
 * credentials.
 */
export function s3Failure(error: unknown, { bucket, key }: S3Address, { endpoint, profile }: S3Settings): EngineError {
  const failure = readFailure(error);
  const rule = RULES.find(({ applies }) => applies(failure));
  if (rule === undefined || EngineError.is(error) || failure.name === 'AbortError' || DISK.includes(failure.code)) {
    return toEngineError(error);
  }
  const place = key === '' ? `the bucket ${bucket}` : `s3://${bucket}/${key}`;
  const scene = { failure, server: endpoint ?? 'Amazon S3', bucket, place, profile };
  return new EngineError(rule.reason, rule.text(scene), { fix: rule.fix(scene) }, { cause: error });
}

function readFailure(error: unknown): Failure {
  const {
    name = '',
    code = '',
    message = '',
    $metadata,
  } = error as Partial<Failure> & {
    $metadata?: { httpStatusCode?: number };
  };
  return { name, code, message, status: $metadata?.httpStatusCode };
}

function why({ name, code, status }: Failure): string {
  if (status === undefined || status < 300) return code || name || 'no answer';
  return `${name}, status ${status}`;
}
