import * as assert from 'node:assert/strict';
import { s3Failure } from '../../../src/engine/artifacts/s3/failures.ts';
import { s3Settings } from '../../../src/engine/artifacts/s3/settings.ts';
import type { ErrorReason } from '../../../src/engine/support/errors.ts';
import { inspectText } from '../config/config-text.ts';

const SECRET = 'AKIASECRETKEY';

const settings = (env: Record<string, string>, set: string[] = []) => s3Settings(inspectText('', set).config, env);

/** An error of the AWS client. */
function awsError(name: string, status?: number, code?: string): Error {
  const error = Object.assign(new Error(`The key ${SECRET} is not known.`), { name });
  return Object.assign(error, status ? { $metadata: { httpStatusCode: status } } : {}, code ? { code } : {});
}

describe('What goes wrong at S3', () => {
  const tell = (error: unknown, env: Record<string, string> = {}) =>
    s3Failure(error, { bucket: 'lake', key: 'train.csv' }, settings(env));

  const cases: [what: string, error: Error, reason: ErrorReason, message: RegExp][] = [
    ['a bucket that is missing', awsError('NoSuchBucket', 404), 'unreachable', /no bucket lake at Amazon S3/],
    ['an object that is missing', awsError('NoSuchKey', 404), 'not-found', /no s3:\/\/lake\/train\.csv/],
    ['a page of another server', awsError('NotFound', 404), 'unreachable', /does not answer as it should .*status 404/],
    ['JSON of another server', awsError('Error', 404), 'unreachable', /does not answer as it should .*status 404/],
    ['no credentials', awsError('CredentialsProviderError'), 'unauthorized', /No credentials for Amazon S3/],
    ['wrong credentials', awsError('SignatureDoesNotMatch', 403), 'unauthorized', /does not accept the credentials/],
    ['expired credentials', awsError('ExpiredToken', 400), 'unauthorized', /ExpiredToken/],
    ['no permission', awsError('AccessDenied', 403), 'unauthorized', /s3:\/\/lake\/train\.csv \(access denied\)/],
    ['another region', awsError('PermanentRedirect', 301), 'unreachable', /in another region/],
    ['a server in trouble', awsError('SlowDown', 503), 'unreachable', /SlowDown, status 503/],
    ['a server that is gone', awsError('Error', undefined, 'ECONNREFUSED'), 'unreachable', /ECONNREFUSED/],
    ['a server that is slow', awsError('TimeoutError'), 'unreachable', /TimeoutError/],
    ['a cancelled request', awsError('AbortError'), 'cancelled', /Cancelled/],
    ['a full disk', awsError('Error', undefined, 'ENOSPC'), 'disk-full', /No space/],
    ['a bug', new TypeError('x is not a function'), 'internal', /x is not a function/],
  ];
  for (const [what, error, reason, message] of cases) {
    it(`is told of ${what}, without keys`, () => {
      const failure = tell(error);
      assert.equal(failure.reason, reason);
      assert.match(failure.message, message);
      assert.ok(!`${failure.message} ${failure.details.fix}`.includes(SECRET));
    });
  }

  it('names profile and server', () => {
    const env = { AWS_PROFILE: 'team', MLFLOW_S3_ENDPOINT_URL: 'https://minio.example.org' };
    assert.match(tell(awsError('CredentialsProviderError'), env).message, /minio\.example\.org .*AWS_PROFILE is team/);
  });
});

describe('The settings of S3', () => {
  it('come from config.yaml, then MLflow’s variables, then those of AWS', () => {
    const env = { MLFLOW_S3_ENDPOINT_URL: 'http://b', AWS_ENDPOINT_URL_S3: 'http://c', AWS_ENDPOINT_URL: 'http://d' };
    assert.equal(settings(env, ['data.s3.endpoint=http://a']).endpoint, 'http://a');
    assert.equal(settings(env).endpoint, 'http://b');
    assert.equal(settings({ ...env, MLFLOW_S3_ENDPOINT_URL: '' }).endpoint, 'http://c');
    assert.equal(settings({ AWS_ENDPOINT_URL: 'http://d' }).endpoint, 'http://d');
    assert.deepEqual([settings({}).endpoint, settings({}).region], [null, null]);
    assert.equal(settings({ AWS_DEFAULT_REGION: 'eu-west-1' }, ['data.s3.region=eu-north-1']).region, 'eu-north-1');
    assert.equal(settings({ AWS_DEFAULT_REGION: 'eu-west-1' }).region, 'eu-west-1');
  });

  it('put the bucket into the path for every server but Amazon’s', () => {
    assert.equal(settings({ AWS_ENDPOINT_URL_S3: 'https://minio.example.org' }).pathStyle, true);
    assert.equal(settings({ AWS_ENDPOINT_URL_S3: 'https://s3.eu-west-1.amazonaws.com' }).pathStyle, false);
    assert.equal(settings({}, ['data.s3.path_style=true']).pathStyle, true);
    assert.equal(settings({}).pathStyle, false);
  });

  it('hold keys only when both are there', () => {
    assert.equal(settings({ AWS_ACCESS_KEY_ID: 'a' }).credentials, null);
    assert.deepEqual(
      settings({ AWS_ACCESS_KEY_ID: 'a', AWS_SECRET_ACCESS_KEY: 'b', AWS_SESSION_TOKEN: 'c' }).credentials,
      {
        accessKeyId: 'a',
        secretAccessKey: 'b',
        sessionToken: 'c',
      },
    );
  });
});
