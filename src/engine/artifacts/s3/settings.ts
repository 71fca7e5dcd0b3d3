import type { Config } from '../../config/config.ts';
import { type Proxy as HttpProxy, proxyFor } from '../../http/proxy.ts';
import { EngineError } from '../../support/errors.ts';

type Environment = Record<string, string | undefined>;

/** Where S3 is and who asks, as boto3 and MLflow would find out. */
export interface S3Settings {
  /** Of a server other than Amazon's, such as MinIO. */
  endpoint: string | null;
  /** null: what the AWS profile says. */
  region: string | null;
  /** The bucket in the path instead of the host name. */
  pathStyle: boolean;
  /** null: whatever the AWS client finds: a profile, single sign-on, the role of the machine. */
  credentials: { accessKeyId: string; secretAccessKey: string; sessionToken?: string } | null;
  profile: string | null;
  /** For HTTPS only. */
  proxy: HttpProxy | null;
  /** Does not check the server's certificate: MLFLOW_S3_IGNORE_TLS. */
  insecureTls: boolean;
  /** Certificates (PEM) to trust instead of the system's: AWS_CA_BUNDLE. */
  certificateFile: string | null;
  /** What is said with every upload, as MLFLOW_S3_UPLOAD_EXTRA_ARGS: encryption, storage class. */
  uploadOptions: Record<string, string>;
}

/**
 * The S3 server of configuration and environment: `data.s3.endpoint`, then MLFLOW_S3_ENDPOINT_URL, AWS_ENDPOINT_URL_S3 and
 * AWS_ENDPOINT_URL; `data.s3.region`, then AWS_REGION and AWS_DEFAULT_REGION. Proxies and certificates too.
 * @param env with the values of env_file
 * @throws EngineError `usage` for a variable that cannot be read
 */
export function s3Settings({ data }: Pick<Config, 'data'>, env: Environment): S3Settings {
  const first = (...values: (string | null | undefined)[]) => values.find(Boolean) ?? null;
  const endpoint = first(data.s3.endpoint, env.MLFLOW_S3_ENDPOINT_URL, env.AWS_ENDPOINT_URL_S3, env.AWS_ENDPOINT_URL);
  return {
    endpoint,
    region: first(data.s3.region, env.AWS_REGION, env.AWS_DEFAULT_REGION, endpoint === null ? null : 'us-east-1'),
    // Servers other than Amazon's seldom have a host name per bucket; boto3 decides the same way.
    pathStyle: data.s3.path_style || (endpoint !== null && !/amazonaws\.com/i.test(endpoint)),
    credentials: credentials(env),
    profile: first(env.AWS_PROFILE, env.AWS_DEFAULT_PROFILE),
    proxy: proxyOf(endpoint ?? 'https://s3.amazonaws.com', env),
    insecureTls: /^(1|true)$/i.test(env.MLFLOW_S3_IGNORE_TLS ?? ''),
    certificateFile: first(env.AWS_CA_BUNDLE),
    uploadOptions: uploadOptions(env.MLFLOW_S3_UPLOAD_EXTRA_ARGS),
  };
}

function proxyOf(endpoint: string, env: Environment): HttpProxy | null {
  const address = URL.parse(endpoint);
  return address?.protocol === 'https:' ? proxyFor(address, env) || null : null;
}

/** @throws EngineError `usage` */
function uploadOptions(text: string | undefined): Record<string, string> {
  if (!text) return {};
  try {
    const options: unknown = JSON.parse(text);
    if (typeof options === 'object' && options !== null) return options as Record<string, string>;
  } catch {
    // Told below, as everything else that is no object.
  }
  throw new EngineError('usage', 'MLFLOW_S3_UPLOAD_EXTRA_ARGS is no JSON object.', {
    fix: 'Write it as {"ServerSideEncryption": "aws:kms"}, or leave it out.',
  });
}

function credentials(env: Environment): S3Settings['credentials'] {
  const { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey, AWS_SESSION_TOKEN: token } = env;
  if (!accessKeyId || !secretAccessKey) return null;
  return { accessKeyId, secretAccessKey, ...(token ? { sessionToken: token } : {}) };
}
