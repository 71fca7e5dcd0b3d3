import { EngineError } from '../../support/errors.ts';

/** A place in S3. */
export interface S3Address {
  bucket: string;
  /** Without a slash at its beginning; empty for the whole bucket. */
  key: string;
}

export function isS3Uri(uri: string): boolean {
  return /^s3:/i.test(uri);
}

/**
 * `s3://bucket/key`; what stands in it is taken as it is: nothing is escaped in these addresses.
 * @throws EngineError `usage`
 */
export function parseS3Uri(uri: string): S3Address {
  const [, bucket, key = ''] = /^s3:\/\/([^/?#\s]+)(?:\/(.*))?$/is.exec(uri) ?? [];
  if (bucket !== undefined) return { bucket, key: key.replace(/^\/+/, '') };
  throw new EngineError('usage', `"${uri}" is no address in S3; expected s3://bucket/key.`);
}
