import * as assert from 'node:assert/strict';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { loadConfig } from '../../../src/engine/config/load.ts';
import { parseSetFlag } from '../../../src/engine/config/overrides.ts';
import { openProject } from '../../../src/engine/index.ts';
import { signIn } from '../../../src/engine/setup/sign-in.ts';
import { ProjectPool } from '../../../src/extension/engine/service/project-pool.ts';
import { rejects } from '../tracking/store-contract.ts';
import { temporaryFolder } from '../tracking/temporary-store.ts';

const USER = 'alice';
const PASSWORD = 'canary-password-8821';
const TOKEN = 'canary-token-8821';
const BASIC = { MLFLOW_TRACKING_USERNAME: USER, MLFLOW_TRACKING_PASSWORD: PASSWORD };
const BEARER = { MLFLOW_TRACKING_TOKEN: TOKEN };

const basicHeader = (user: string, password: string) =>
  `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;
/** What the server accepts. */
const GOOD = [basicHeader(USER, PASSWORD), `Bearer ${TOKEN}`];

describe('Signing in to an MLflow server', () => {
  const { folder, remove } = temporaryFolder();
  const configFile = path.join(folder, 'config.yaml');
  const envFile = path.join(folder, '.env');
  let server: Server;
  let address: string;
  let seen: (string | undefined)[] = [];

  before(async () => {
    server = createServer(({ headers, url }, response) => {
      const { authorization } = headers;
      seen.push(authorization);
      if (!GOOD.includes(authorization ?? '')) return void response.writeHead(401).end();
      if (url === '/version') return void response.end('3.17.2');
      response.writeHead(404).end(JSON.stringify({ error_code: 'RESOURCE_DOES_NOT_EXIST', message: 'There is none.' }));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });

  beforeEach(() => {
    seen = [];
    rmSync(envFile, { force: true });
    configure(address);
  });

  after(() => {
    server.closeAllConnections();
    server.close();
    remove();
  });

  function configure(uri: string, more = ''): void {
    writeFileSync(configFile, `${more}mlflow: { tracking_uri: "${uri}" }\n`);
  }

  const keep = (credentials: Record<string, string>, env: Record<string, string> = {}) =>
    signIn({ configFile, env, credentials, save: true });

  /** What a later command shows the server, with the environment that it has then. */
  async function shownLater(env: Record<string, string | undefined> = {}): Promise<string | undefined> {
    seen = [];
    const project = await openProject({ configFile, env, readOnly: true });
    await project.store.findExperiment('any').catch(() => undefined);
    await project.close();
    return seen[0];
  }

  async function refused(credentials: Record<string, string>, env: Record<string, string>): Promise<string> {
    const error = await rejects(keep(credentials, env), 'usage');
    assert.match(error.message, /would be used instead of what you typed/);
    assert.match(error.details.fix!, /^Remove .* and sign in again/);
    assert.deepEqual(seen, [], 'nobody is asked');
    assert.ok(!existsSync(envFile), 'nothing is kept');
    for (const secret of [TOKEN, PASSWORD, 'wrong']) assert.ok(!error.message.includes(secret));
    return error.message;
  }

  it('keeps what the server accepts, and every later command shows it', async () => {
    assert.equal((await keep(BEARER)).saved_to, '.env');
    assert.equal(await shownLater(), GOOD[1]);
    await keep(BASIC);
    assert.equal(await shownLater(), GOOD[0]);
  });

  it('keeps nothing that the server refuses', async () => {
    await rejects(keep({ MLFLOW_TRACKING_TOKEN: 'wrong' }), 'unauthorized');
    assert.ok(!existsSync(envFile));
  });

  it('does not take a wrong token for good because user and password of the environment are', async () => {
    assert.match(
      await refused({ MLFLOW_TRACKING_TOKEN: 'wrong' }, BASIC),
      /^MLFLOW_TRACKING_TOKEN: MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD of the environment/,
    );
  });

  it('does not keep what the environment hides, good or bad', async () => {
    assert.match(
      await refused(BEARER, { MLFLOW_TRACKING_TOKEN: 'wrong' }),
      /: MLFLOW_TRACKING_TOKEN of the environment/,
    );
    assert.match(
      await refused(BASIC, { MLFLOW_TRACKING_PASSWORD: '' }),
      /: MLFLOW_TRACKING_PASSWORD of the environment/,
    );
    assert.equal((await keep(BEARER, BEARER)).status, 'signed-in', 'the same value hides nothing');
  });

  it('does not keep what the address hides', async () => {
    configure(address.replace('//', `//bob:${PASSWORD}@`));
    assert.match(await refused(BASIC, {}), /what stands in the address mlflow\.tracking_uri/);
    await refused(BEARER, {});
    configure(address.replace('//', '//bob@'));
    await refused(BASIC, {});
    assert.match(
      await refused(BEARER, { MLFLOW_TRACKING_PASSWORD: 'x' }),
      /: MLFLOW_TRACKING_PASSWORD of the environment/,
    );
    configure(address.replace('//', `//${USER}@`));
    await keep(BASIC);
    assert.equal(await shownLater(), GOOD[0]);
  });

  it('refuses an address of whose password only a part stands before the host, or that is not escaped', async () => {
    for (const [userInfo, found] of [
      ['bob:a%x', 'its user or password holds a % that begins no escape'],
      [`bob:1/${PASSWORD}`, 'an @ stands behind its host'],
    ]) {
      configure(address.replace('//', `//${userInfo}@`));
      for (const asked of [keep(BASIC), openProject({ configFile, env: {} })]) {
        const error = await rejects(asked, 'invalid-config');
        assert.ok(error.message.endsWith(`mlflow.tracking_uri: ${found}`), error.message);
      }
    }
    assert.deepEqual(seen, [], 'nobody is asked');
  });

  it('with a token removes user and password from env_file, because they would be used instead', async () => {
    await keep(BASIC);
    writeFileSync(envFile, `OTHER=1\n${readFileSync(envFile, 'utf8')}`);
    const { replaces } = await keep(BEARER);
    assert.deepEqual(replaces, Object.keys(BASIC));
    assert.equal(readFileSync(envFile, 'utf8'), `OTHER=1\nMLFLOW_TRACKING_TOKEN=${TOKEN}\n`);
    assert.equal(await shownLater(), GOOD[1]);
  });

  it('without keeping checks a token as it would be used, whatever env_file holds', async () => {
    await keep(BASIC);
    seen = [];
    await rejects(signIn({ configFile, env: {}, credentials: { MLFLOW_TRACKING_TOKEN: 'wrong' } }), 'unauthorized');
    await signIn({ configFile, env: {}, credentials: BEARER });
    assert.deepEqual(new Set(seen), new Set(['Bearer wrong', GOOD[1]]));
    assert.equal(await shownLater(), GOOD[0], 'env_file is as it was');
  });

  it('in the editor means the same as in the check: a token there beats what env_file holds', async () => {
    await keep(BASIC);
    const pool = new ProjectPool(() => undefined);
    const { host } = await signIn({ configFile, env: {}, credentials: BEARER });
    await pool.useCredentials(configFile, { [host!]: BEARER });
    assert.equal(await shownLater(withoutForeign(pool.envOf(configFile))), GOOD[1]);
    await pool.close();
  });

  it('in the editor is good for the host that accepted it, whatever config.yaml says later', async () => {
    const pool = new ProjectPool(() => undefined);
    const { host } = await signIn({ configFile, env: {}, credentials: BEARER });
    assert.equal(host, address);
    await pool.useCredentials(configFile, { [host!]: BEARER, 'http://127.0.0.1:1': BASIC });
    // Without what is undefined, which hides the values of env_file.
    const used = () => JSON.parse(JSON.stringify(withoutForeign(pool.envOf(configFile))));
    configure(`${address}/below`);
    assert.deepEqual(used(), BEARER);
    configure(address.replace('127.0.0.1', 'localhost'));
    assert.deepEqual(used(), {}, 'another name is another host');
    assert.equal(await shownLater(used()), undefined);
    configure('http://127.0.0.1:1');
    assert.deepEqual(used(), BASIC);
    configure('sqlite:///mlflow.db');
    assert.deepEqual(used(), {});
    await pool.close();
  });

  it('in the editor keeps credentials of Databricks and S3 to the workspace and the endpoint that they are for', async () => {
    const pool = new ProjectPool(() => undefined);
    const [token, key] = [{ DATABRICKS_TOKEN: 'dapi-canary' }, { AWS_SECRET_ACCESS_KEY: 'canary' }];
    await pool.useCredentials(configFile, { 'https://one.example': token, 'https://s3.amazonaws.com': key });
    const used = () => {
      const { DATABRICKS_TOKEN, AWS_SECRET_ACCESS_KEY } = pool.envOf(configFile);
      return [DATABRICKS_TOKEN, AWS_SECRET_ACCESS_KEY];
    };
    configure('databricks', 'databricks: { host: one.example }\n');
    assert.deepEqual(used(), ['dapi-canary', 'canary']);
    configure('databricks', 'databricks: { host: two.example }\ndata: { s3: { endpoint: "https://two.example" } }\n');
    assert.deepEqual(used(), [undefined, undefined]);
    await pool.close();
  });

  it('in the editor gives the other side of a copy only what was kept for it', async () => {
    const pool = new ProjectPool(() => undefined);
    await pool.useCredentials(configFile, { [address]: BEARER });
    const shownTo = async (uri: string, kept: Record<string, Record<string, string>>) => {
      await pool.useCredentials(configFile, kept);
      const env = pool.envOfBoth(configFile, uri);
      return loadConfig({ file: configFile, env, overrides: [parseSetFlag(`mlflow.tracking_uri=${uri}`)] }).env;
    };
    const other = 'http://other.example';
    const alone = await shownTo(other, { [address]: BEARER });
    assert.equal(alone.MLFLOW_TRACKING_TOKEN, '');
    const both = await shownTo(other, { [address]: BEARER, [other]: BASIC });
    assert.deepEqual([both.MLFLOW_TRACKING_PASSWORD, both.MLFLOW_TRACKING_TOKEN], [PASSWORD, '']);
    assert.equal((await shownTo(address, { [address]: BEARER })).MLFLOW_TRACKING_TOKEN, TOKEN);
    await pool.close();
  });

  /** Without what this machine may have set itself. */
  function withoutForeign(env: Record<string, string | undefined>): Record<string, string | undefined> {
    const own = [...Object.keys(BASIC), ...Object.keys(BEARER)];
    return Object.fromEntries(Object.entries(env).filter(([name]) => own.includes(name)));
  }
});
