import * as assert from 'node:assert/strict';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { MlflowApi } from '../../../src/engine/tracking/rest/api.ts';
import { mlflowHttpClient, serverClient } from '../../../src/engine/tracking/rest/server.ts';
import { rejects } from '../tracking/store-contract.ts';

interface Answer {
  status: number;
  text: string;
}

const PAGE = '<!doctype html><title>404 Not Found</title><h1>Not Found</h1>';
const MISSING = JSON.stringify({ error_code: 'RESOURCE_DOES_NOT_EXIST', message: 'There is none.' });

/** What other servers say of a path that they do not have. */
const OTHERS = [PAGE, '', 'not here', '{"detail":"Not Found"}', '{"message":"no such path"}', 'null', '[]'];

describe('What an MLflow server does not have', () => {
  let server: Server;
  let api: MlflowApi;
  let answer: Answer;
  let asked = 0;

  before(async () => {
    server = createServer((request, response) => {
      asked++;
      request.resume();
      response.writeHead(answer.status).end(answer.text);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const uri = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    api = new MlflowApi(serverClient(mlflowHttpClient(uri, { MLFLOW_HTTP_REQUEST_MAX_RETRIES: '1' })));
  });

  after(() => {
    api.close();
    server.closeAllConnections();
    server.close();
  });

  const find = (given: Answer, path = 'experiments/get-by-name') => {
    answer = given;
    return api.find(path, {});
  };

  it("does not exist when MLflow's own words say so", async () => {
    assert.equal(await find({ status: 404, text: MISSING }), null);
    assert.equal(await find({ status: 404, text: '{"error_code":"NOT_FOUND","message":"There is none."}' }), null);
  });

  it('is at another address when anything else answers that there is nothing', async () => {
    for (const text of OTHERS) {
      const error = await rejects(find({ status: 404, text }), 'unreachable');
      assert.match(error.message, /does not look like an MLflow server/, text);
      assert.match(error.message, /GET \/api\/2\.0\/mlflow\/experiments\/get-by-name: 404/);
      assert.match(error.details.fix!, /mlflow\.tracking_uri/);
    }
  });

  it('is at another address, too, when a server says yes and tells nothing', async () => {
    for (const text of ['{}', '{"status":"ok"}', '{"experiment":null}']) {
      assert.match((await rejects(find({ status: 200, text }), 'unreachable')).message, /tells no experiment/);
    }
  });

  it('was not made when a server says yes and tells nothing', async () => {
    for (const [path, member] of [
      ['runs/create', 'run'],
      ['model-versions/create', 'model_version'],
    ] as const) {
      answer = { status: 200, text: `{"${member}":null}` };
      assert.match((await rejects(api.create(path, {}), 'unreachable')).message, new RegExp(`tells no ${member}`));
    }
  });

  it('is asked for again when somebody else wrote the same row first, unless that may make two', async () => {
    for (const who of ['sqlite3.IntegrityError', 'psycopg2.errors.UniqueViolation', 'pymysql.err.IntegrityError']) {
      const message = `(${who}) UNIQUE constraint failed: model_version_tags.key\n[SQL: INSERT INTO model_version_tags]`;
      answer = { status: 400, text: JSON.stringify({ error_code: 'BAD_REQUEST', message }) };
      asked = 0;
      const error = await rejects(api.set('model-versions/set-tag', {}), 'conflict');
      assert.equal(asked, 2, who);
      assert.doesNotMatch(error.message, /INSERT/);
      await rejects(api.create('runs/create', {}), 'conflict');
      assert.equal(asked, 3, who);
    }
    answer = { status: 400, text: '{"error_code":"BAD_REQUEST","message":"(builtins.ValueError) no IntegrityError)"}' };
    asked = 0;
    await rejects(api.set('model-versions/set-tag', {}), 'usage');
    assert.equal(asked, 1);
  });

  it('was neither found, set nor made when an answer is empty', async () => {
    answer = { status: 200, text: '' };
    await rejects(api.search('runs/search', {}), 'unreachable');
    await rejects(api.set('runs/log-batch', {}), 'unreachable');
    await rejects(api.create('runs/create', {}), 'unreachable');
    await rejects(api.get('model-versions/search', {}), 'unreachable');
  });

  it('is what older servers never had, and newer ones may drop', async () => {
    assert.equal(await find({ status: 404, text: PAGE }, 'logged-models/m-0123'), null);
    answer = { status: 404, text: PAGE };
    await rejects(api.set('model-versions/transition-stage', {}), 'not-found');
    assert.equal(await api.version(), 'unknown');
  });

  it('is not looked for in a workspace that is not there, nor again and again where there are none', async () => {
    const missing = { error_code: 'RESOURCE_DOES_NOT_EXIST', message: "Workspace 'team-b' not found" };
    const none = { error_code: 'FEATURE_DISABLED', message: 'Workspace APIs are not available' };
    asked = 0;
    for (const [status, said, reason] of [
      [404, missing, 'usage'],
      [500, none, 'unsupported'],
    ] as const) {
      const error = await rejects(find({ status, text: JSON.stringify(said) }), reason);
      assert.match(error.details.fix!, /MLFLOW_WORKSPACE/);
    }
    assert.equal(asked, 2);
  });
});
