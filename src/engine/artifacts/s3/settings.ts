import type { Config } from '../../config/config.ts';

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
}

/**
 * The S3 server of configuration and environment: `data.s3.endpoint`, then MLFLOW_S3_ENDPOINT_URL, AWS_ENDPOINT_URL_S3 and
 * AWS_ENDPOINT_URL; `data.s3.region`, then AWS_REGION and AWS_DEFAULT_REGION.
 * @param env with the values of env_file
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
  };
}

function credentials(env: Environment): S3Settings['credentials'] {
  const { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey, AWS_SESSION_TOKEN: token } = env;
  if (!accessKeyId || !secretAccessKey) return null;
  return { accessKeyId, secretAccessKey, ...(token ? { sessionToken: token } : {}) };
}
