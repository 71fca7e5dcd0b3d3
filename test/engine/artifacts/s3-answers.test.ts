import * as assert from 'node:assert/strict';
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { S3Objects } from '../../../src/engine/artifacts/s3/objects.ts';
import { s3Settings } from '../../../src/engine/artifacts/s3/settings.ts';
import { inspectText } from '../config/config-text.ts';
import { rejects } from '../tracking/store-contract.ts';

const PAGE = '<html><head><title>404</title></head><body>There is no such page.</body></html>';
const MISSING = '<?xml version="1.0"?><Error><Code>NoSuchKey</Code><Message>It is not there.</Message></Error>';
const ADDRESS = { bucket: 'lake', key: 'train.csv' };

describe('What an S3 server answers', () => {
  let server: Server;
  let objects: S3Objects;
  let answer: (response: ServerResponse) => void;

  before(async () => {
    server = createServer((request, response) => {
      request.resume();
      answer(response);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const env = {
      AWS_ENDPOINT_URL_S3: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
      AWS_REGION: 'us-east-1',
      AWS_ACCESS_KEY_ID: 'test-only',
      AWS_SECRET_ACCESS_KEY: 'test-only',
    };
    objects = new S3Objects(s3Settings(inspectText('').config, env), 100);
  });

  after(() => {
    server.closeAllConnections();
    server.close();
  });

  const missing = (text: string) => (response: ServerResponse) => void response.writeHead(404).end(text);

  it('is that an object is missing only in the words of S3, or when it was asked for no words', async () => {
    answer = missing(MISSING);
    await rejects(objects.read(ADDRESS), 'not-found');
    answer = missing('');
    assert.equal(await objects.find(ADDRESS), null);
  });

  it('is from another server when it says so in other words', async () => {
    for (const text of [PAGE, '{"detail":"Not Found"}', 'nothing here', '']) {
      answer = missing(text);
      for (const ask of [() => objects.read(ADDRESS), () => objects.list(ADDRESS)]) {
        const error = await rejects(ask(), 'unreachable');
        assert.match(error.message, /does not answer as it should for s3:\/\/lake\/train\.csv .*status 404/);
        assert.match(error.details.fix!, /AWS_ENDPOINT_URL_S3/);
      }
    }
  });

  it('is given up when a byte comes now and then', async () => {
    answer = (response) => {
      response.writeHead(200);
      const drip = setInterval(() => response.write(' '), 10);
      response.once('close', () => clearInterval(drip));
    };
    await rejects(objects.read(ADDRESS).then(buffer), 'unreachable');
  });
});
