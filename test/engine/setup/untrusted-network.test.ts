import * as assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { validate } from '../../../src/engine/index.ts';
import { operations } from '../../../src/extension/engine/service/operations.ts';
import { ProjectPool } from '../../../src/extension/engine/service/project-pool.ts';
import { queries } from '../../../src/extension/engine/service/queries.ts';
import { Requests } from '../../../src/extension/engine/service/requests.ts';
import { temporaryFolder } from '../tracking/temporary-store.ts';

describe('A workspace that is not trusted', () => {
  const { folder, remove } = temporaryFolder();
  const configFile = path.join(folder, 'config.yaml');
  let server: Server;
  let asked = 0;

  before((done) => {
    server = createServer((_request, response) => {
      asked++;
      response.writeHead(404).end();
    });
    server.listen(0, '127.0.0.1', () => {
      const address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
      const data = `data: { source: s3, path: "s3://bucket/train.csv", s3: { endpoint: "${address}", region: r, path_style: true } }`;
      const workspace = `databricks: { host: "${address}" }`;
      writeFileSync(configFile, `mlflow: { tracking_uri: "${address}" }\n${data}\n${workspace}\n`);
      done();
    });
  });

  after(() => {
    server.closeAllConnections();
    server.close();
    remove();
  });

  const env = { AWS_ACCESS_KEY_ID: 'AKIATESTONLY00000001', AWS_SECRET_ACCESS_KEY: 'test-only' };

  it('asks nothing of the servers that its configuration names, whatever is looked at', async () => {
    const pool = new ProjectPool(() => undefined);
    const ref = { configFile, trusted: false };
    const read = queries(pool);
    const act = operations(pool, new Requests(() => undefined));
    const refused = { reason: 'untrusted-workspace' };
    await assert.rejects(read.experiments(ref), refused);
    await assert.rejects(read.models(ref), refused);
    await assert.rejects(act.info(ref, {}), refused);
    await assert.rejects(act.train(ref, {}, 'id'), refused);
    for (const name of ['MLFLOW_TRACKING_TOKEN', 'DATABRICKS_TOKEN', 'AWS_ACCESS_KEY_ID'])
      for (const save of [true, false]) await assert.rejects(act.signIn(ref, { [name]: 'x' }, save), refused, name);
    const { checks } = await act.validate(ref);
    assert.deepEqual(
      checks.filter(({ status }) => status === 'error').map(({ id, reason }) => `${id} ${reason}`),
      ['data untrusted-workspace', 'store untrusted-workspace'],
    );
    await pool.close();
    assert.equal(asked, 0);
  });

  it('would ask them if it were trusted', async () => {
    await validate({ configFile, env });
    assert.ok(asked > 1);
  });
});
