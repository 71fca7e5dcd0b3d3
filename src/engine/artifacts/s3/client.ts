import { readFileSync } from 'node:fs';
import https from 'node:https';
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
import { TunnelAgent } from '../../http/tunnel-agent.ts';
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

export function makeClient(settings: S3Settings): S3Client {
  const { endpoint, region, pathStyle, credentials, profile } = settings;
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
    requestHandler: { connectionTimeout: 10_000, socketTimeout: 60_000, httpsAgent: secureAgent(settings) },
  });
}

const SOCKETS = 16;

function secureAgent({ proxy, insecureTls, certificateFile }: S3Settings): https.Agent {
  const options = {
    keepAlive: true,
    maxSockets: SOCKETS,
    rejectUnauthorized: !insecureTls,
    ...(certificateFile === null ? {} : { ca: readFileSync(certificateFile) }),
  };
  return proxy === null ? new https.Agent(options) : new TunnelAgent(proxy, options);
}
