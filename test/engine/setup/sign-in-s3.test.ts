import * as assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { signIn, waysToSignIn } from '../../../src/engine/setup/sign-in.ts';
import { openSqliteStore } from '../../../src/engine/tracking/sqlite/store.ts';
import { rejects } from '../tracking/store-contract.ts';
import { temporaryFolder } from '../tracking/temporary-store.ts';

const KEYS = { AWS_ACCESS_KEY_ID: 'AKIATESTONLY00000001', AWS_SECRET_ACCESS_KEY: 'test-only-secret' };
const EMPTY =
  '<ListBucketResult><Name>lake</Name><KeyCount>0</KeyCount><IsTruncated>false</IsTruncated></ListBucketResult>';
const DENIED = '<Error><Code>InvalidAccessKeyId</Code><Message>It does not exist.</Message></Error>';

describe('Signing in to S3, where artifacts lie there', () => {
  const { folder, remove } = temporaryFolder();
  const configFile = path.join(folder, 'config.yaml');
  const asked: string[] = [];
  let server: Server;

  before(async () => {
    server = createServer(({ url = '', headers }, response) => {
      asked.push(url);
      const isKnown = headers.authorization?.includes(KEYS.AWS_ACCESS_KEY_ID);
      response.writeHead(isKnown ? 200 : 403, { 'content-type': 'application/xml' }).end(isKnown ? EMPTY : DENIED);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const data = `data: { s3: { endpoint: "${endpoint}", region: r } }`;
    writeFileSync(configFile, `mlflow: { experiment_name: churn }\n${data}\n`);
    const store = await openSqliteStore({ path: 'mlflow.db', baseDir: folder });
    await store.ensureExperiment('churn');
    await store.close();
  });

  beforeEach(() => artifactsAt('s3://lake/churn'));

  after(() => {
    server.closeAllConnections();
    server.close();
    remove();
  });

  function artifactsAt(location: string): void {
    const database = new DatabaseSync(path.join(folder, 'mlflow.db'));
    database.prepare('UPDATE experiments SET artifact_location = ? WHERE name = ?').run(location, 'churn');
    database.close();
  }

  it('is offered, and not for artifacts on this machine', async () => {
    const ways = await waysToSignIn({ configFile, env: {} });
    assert.deepEqual(
      ways.map(({ id }) => id),
      ['s3'],
    );
    artifactsAt(path.join(folder, 'mlruns'));
    await rejects(waysToSignIn({ configFile, env: {} }), 'usage');
    assert.deepEqual(asked, [], 'nobody is asked for that');
  });

  it('asks the place where they lie, and is for its endpoint', async () => {
    const { place, host } = await signIn({ configFile, env: {}, credentials: KEYS });
    assert.deepEqual([place, host], [place, place]);
    assert.match(place, /^http:\/\/127\.0\.0\.1:/);
    assert.ok(asked.length > 0 && asked.every((url) => url.startsWith('/lake/?')), asked.join());
    const wrong = { ...KEYS, AWS_ACCESS_KEY_ID: 'AKIAWRONG00000000001' };
    await rejects(signIn({ configFile, env: {}, credentials: wrong }), 'unauthorized');
  });

  it('says so where there is nothing in S3 that could be asked', async () => {
    artifactsAt(path.join(folder, 'mlruns'));
    const error = await rejects(signIn({ configFile, env: {}, credentials: KEYS }), 'usage');
    assert.match(error.message, /^Nothing in S3 could be asked .*: artifacts lie at /);
  });
});
