import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  S3Client,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import type { S3Settings } from './settings.ts';

/** The parts of the AWS client that are used; import this file lazily, because it is larger than the rest of the engine. */
export const commands = {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  UploadPartCommand,
};

export function makeClient({ endpoint, region, pathStyle, credentials, profile }: S3Settings): S3Client {
  return new S3Client({
    ...(endpoint === null ? {} : { endpoint }),
    ...(region === null ? {} : { region }),
    ...(credentials === null ? {} : { credentials }),
    ...(profile === null || credentials !== null ? {} : { profile }),
    forcePathStyle: pathStyle,
    followRegionRedirects: true,
    maxAttempts: 3,
    // Servers other than Amazon's do not know the newer checksums; TLS and ETags are there all the same.
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
    requestHandler: { connectionTimeout: 10_000, socketTimeout: 60_000, httpsAgent: { maxSockets: 16 } },
  });
}
