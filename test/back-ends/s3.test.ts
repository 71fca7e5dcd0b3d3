import { randomBytes } from 'node:crypto';
import { S3Objects } from '../../src/engine/artifacts/s3/objects.ts';
import { S3Repository } from '../../src/engine/artifacts/s3/repository.ts';
import { s3Settings } from '../../src/engine/artifacts/s3/settings.ts';
import { repositoryContract } from '../engine/artifacts/repository-contract.ts';
import { inspectText } from '../engine/config/config-text.ts';
import { type S3Server, startS3Server } from '../harness/s3-server.ts';

describe('S3', () => {
  let server: S3Server;

  before(async () => {
    server = await startS3Server();
    await server.makeBucket('artifacts');
  });

  after(() => server.stop());

  const objects = () => new S3Objects(s3Settings(inspectText('').config, server.env));

  repositoryContract('A prefix of a bucket', async () => {
    const key = `mlruns/${randomBytes(4).toString('hex')}`;
    return {
      repository: new S3Repository(objects(), { bucket: 'artifacts', key }),
      dispose: async () => undefined,
    };
  });
});
