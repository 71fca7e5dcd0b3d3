import * as assert from 'node:assert/strict';
import { explainDatabricks, readErrorBody } from '../../../src/engine/databricks/api-error.ts';
import { numberText, parseLossless } from '../../../src/engine/databricks/lossless-json.ts';
import { tokenSource } from '../../../src/engine/databricks/sign-in.ts';
import { WorkspaceClient } from '../../../src/engine/databricks/workspace-client.ts';
import { rejects } from '../tracking/store-contract.ts';
import { settingsOf, useEmulator } from './emulated.ts';

describe('The client of a Databricks workspace', () => {
  const workspace = useEmulator();

  it('knows who is signed in, and where', async () => {
    const { client } = workspace();
    assert.deepEqual(await client.me(), { userName: 'alice@example.com', workspaceId: '7474645572615955' });
  });

  it('signs a service principal in once, and again when its token is about to end', async () => {
    const { emulator } = workspace();
    const { clientId, clientSecret } = emulator.workspace.principal;
    const settings = {
      ...settingsOf(emulator),
      credentials: { kind: 'service-principal' as const, clientId, clientSecret },
    };
    const client = new WorkspaceClient(settings);
    const [one, two] = await Promise.all([client.me(), client.me()]);
    assert.deepEqual([one.userName, two.userName], [clientId, clientId]);
    const signIns = () => emulator.requests.filter((request) => request === 'POST /oidc/v1/token').length;
    assert.equal(signIns(), 1);
  });

  it('asks for a new token when half of its life, or all but 20 minutes, are over', async () => {
    let now = 0;
    let given = 0;
    const source = tokenSource(
      {
        host: 'https://x',
        credentials: { kind: 'service-principal', clientId: 'a', clientSecret: 'b' },
        warehouseId: null,
      },
      {
        getJson: async () => ({ token_endpoint: 'https://x/token' }),
        postForm: async () => ({ access_token: `token ${++given}`, expires_in: 3600 }),
      },
      () => now,
    );
    assert.equal(await source(), 'token 1');
    now = 39 * 60_000;
    assert.equal(await source(), 'token 1');
    now = 41 * 60_000;
    assert.deepEqual(await Promise.all([source(), source()]), ['token 2', 'token 2']);
  });

  it('says so when it is not let in, and never what with', async () => {
    const { emulator } = workspace();
    const token = 'dapi-of-somebody-else';
    const client = new WorkspaceClient({ ...settingsOf(emulator), credentials: { kind: 'token', token } });
    const error = await rejects(client.me(), 'unauthorized');
    assert.doesNotMatch(JSON.stringify([error.message, error.details]), /somebody/);
    const secret = 'dose-of-somebody-else';
    const credentials = { kind: 'service-principal' as const, clientId: 'x', clientSecret: secret };
    const other = await rejects(new WorkspaceClient({ ...settingsOf(emulator), credentials }).me(), 'unauthorized');
    assert.match(other.message, /Client authentication failed/);
    assert.doesNotMatch(JSON.stringify([other.message, other.details]), /somebody/);
  });

  it('tells a job that is not there, which the service answers with 400, from a mistake', async () => {
    const { client } = workspace();
    const get = (id: string) => client.call({ method: 'GET', path: '/api/2.2/jobs/get', query: { job_id: id } });
    await rejects(get('11'), 'not-found');
    const create = client.call({
      method: 'POST',
      path: '/api/2.2/jobs/create',
      body: { name: 'x', tasks: [{ task_key: 'a' }] },
    });
    assert.match((await rejects(create, 'usage')).message, /exactly one kind of work/);
  });

  it('is not fooled by a server that is something else', async () => {
    const settings = { ...settingsOf(workspace().emulator), host: 'http://127.0.0.1:9' };
    await rejects(new WorkspaceClient(settings).me(), 'unreachable');
  });
});

describe('An error of Databricks', () => {
  const cases: [string, string, { code: string; message: string }][] = [
    [
      'of today',
      '{"error_code":"RESOURCE_DOES_NOT_EXIST","message":"Job 11\\n does not exist."}',
      { code: 'RESOURCE_DOES_NOT_EXIST', message: 'Job 11 does not exist.' },
    ],
    ['of API 1.2', '{"error":"no such cluster"}', { code: '', message: 'no such cluster' }],
    ['of SCIM', '{"detail":"no user","status":"404"}', { code: 'SCIM_404', message: 'no user' }],
    ['of OAuth', '{"error":"invalid_client","error_description":"bad"}', { code: '', message: 'bad' }],
    ['of another server', '{"detail":"Not Found"}', { code: '', message: 'Not Found' }],
    [
      'of cloud storage',
      '<?xml version="1.0"?><Error><Code>NoSuchKey</Code><Message>It is not there.</Message></Error>',
      { code: 'NoSuchKey', message: 'It is not there.' },
    ],
    ['in plain text', 'MALFORMED_REQUEST: bad json', { code: 'MALFORMED_REQUEST', message: 'bad json' }],
    ['on a page', '<html><title>Gateway</title></html>', { code: '', message: 'Gateway' }],
    ['without words', '', { code: '', message: 'Bad Gateway' }],
  ];
  for (const [name, body, expected] of cases) {
    it(`${name} is read`, () => assert.deepEqual(readErrorBody(body, 'Bad Gateway'), expected));
  }
});

describe('A 404', () => {
  const asked = { what: 'x', host: 'https://h', path: '/p', proxy: null, timeoutMs: 1, fixes: {} };
  const reasonOf = (body: string, method = 'GET') =>
    explainDatabricks({ status: 404, headers: {}, body: Buffer.from(body) }, { ...asked, method })?.reason;

  it('says that something is not there only in words of Databricks and of the storage behind it', () => {
    const missing = [
      '{"error_code":"RESOURCE_DOES_NOT_EXIST","message":"x"}',
      '{"error_code":"NOT_FOUND","message":"x"}',
      '{"error_code":"REGISTERED_MODEL_DOES_NOT_EXIST","message":"x"}',
      '{"detail":"no user","status":"404"}',
      '<?xml version="1.0"?><Error><Code>NoSuchKey</Code></Error>',
    ];
    for (const body of missing) assert.equal(reasonOf(body), 'not-found', body);
    assert.equal(reasonOf('', 'HEAD'), 'not-found', 'HEAD is answered without words');
  });

  it('is a wrong address when anybody could have said it', () => {
    for (const body of ['<html><title>Not Found</title></html>', '{"detail":"Not Found"}', 'nope', '']) {
      assert.equal(reasonOf(body), 'unreachable', body);
    }
  });
});

describe('Ids beyond 2^53', () => {
  it('come and go without losing a digit', () => {
    const text = '{"job_id":1152921504606846979,"limit":20,"share":0.5}';
    const document = parseLossless(text) as { job_id: string; limit: number; share: number };
    assert.deepEqual(document, { job_id: '1152921504606846979', limit: 20, share: 0.5 });
    assert.equal(JSON.stringify({ ...document, job_id: numberText(document.job_id) }), text);
  });

  it('are never anything but digits', () => {
    assert.throws(() => numberText('1,"x":2'), RangeError);
  });
});
