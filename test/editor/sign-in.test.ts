import * as assert from 'node:assert/strict';
import { existsSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import * as vscode from 'vscode';
import { proxyEnvironment } from '../../src/extension/editor/proxy-settings.ts';
import type { ExtensionForTests } from '../../src/extension/extension.ts';
import type { CredentialKind, ProjectRef } from '../../src/protocol/engine-api.ts';
import { activated, projectOf, runScripted, ScriptedPerson, workspaceFolder } from './extension-under-test.ts';

const USER = 'ops';
const PASSWORD = 'canary-editor-83';
const EXPECTED = `Basic ${Buffer.from(`${USER}:${PASSWORD}`).toString('base64')}`;

describe("The editor's proxy settings", () => {
  const http = () => vscode.workspace.getConfiguration('http');
  const set = (name: string, value: unknown) => http().update(name, value, vscode.ConfigurationTarget.Global);

  after(async () => {
    await set('proxy', undefined);
    await set('noProxy', undefined);
  });

  it('reach the engine, unless the environment names a proxy itself', async () => {
    assert.deepEqual(proxyEnvironment({}), {});
    await set('proxy', 'http://proxy.example.com:3128');
    await set('noProxy', ['.corp.example', '10.0.0.0/8']);
    assert.deepEqual(proxyEnvironment({}), {
      HTTPS_PROXY: 'http://proxy.example.com:3128',
      HTTP_PROXY: 'http://proxy.example.com:3128',
      NO_PROXY: '.corp.example,10.0.0.0/8',
    });
    assert.deepEqual(proxyEnvironment({ https_proxy: 'http://other:1' }), {});
  });
});

/** What is tested is the editor's part; the back-ends ring signs in to real servers. */
describe('Signing in, in the editor', () => {
  let tested: ExtensionForTests;
  let project: ProjectRef;
  let server: Server;
  let original: string;
  let uri: string;
  const configFile = () => path.join(workspaceFolder(), 'config.yaml');

  before(async () => {
    tested = await activated();
    project = projectOf(tested);
    server = createServer((request, response) => {
      const isKnown = request.headers.authorization === EXPECTED;
      const isVersion = request.url === '/version';
      const nothing = JSON.stringify({ error_code: 'RESOURCE_DOES_NOT_EXIST', message: 'There is none.' });
      response.writeHead(isVersion ? 200 : isKnown ? 404 : 401).end(isVersion ? '3.17.2' : isKnown ? nothing : '');
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    original = readFileSync(configFile(), 'utf8');
    uri = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    useServer(uri);
  });

  function useServer(address: string): void {
    writeFileSync(configFile(), original.replace(/tracking_uri: .*/, `tracking_uri: ${address}`));
  }

  after(() => {
    writeFileSync(configFile(), original);
    server.closeAllConnections();
    server.close();
    tested.answerWith(undefined);
  });

  const findsNothing = () => tested.session.engine.api.info(project, {});

  async function kind(): Promise<CredentialKind> {
    const kinds = await tested.session.engine.api.waysToSignIn(project);
    return kinds.find(({ id }) => id === 'mlflow-password')!;
  }

  it('keeps nothing of what the server refuses', async () => {
    await assert.rejects(findsNothing(), { reason: 'unauthorized' });
    const person = new ScriptedPerson({ pick: [await kind()], ask: [USER, 'wrong'] });
    tested.answerWith(person.dialogs);
    assert.equal(await vscode.commands.executeCommand('gnuMlops.signIn'), undefined);
    assert.match(person.complaints[0] ?? '', /does not know our credentials/);
    assert.equal(await tested.session.vault.get(project.configFile), undefined);
  });

  it("keeps what it accepts in the editor's secret storage, where the engine finds it", async () => {
    const { person } = await runScripted(tested, 'gnuMlops.signIn', { pick: [await kind()], ask: [USER, PASSWORD] });
    assert.match(person.said[0] ?? '', /Signed in to http:\/\/127\.0\.0\.1/);
    assert.deepEqual(await tested.session.vault.get(project.configFile), {
      [uri]: { MLFLOW_TRACKING_USERNAME: USER, MLFLOW_TRACKING_PASSWORD: PASSWORD },
    });
    await assert.rejects(findsNothing(), { reason: 'not-found' });
    // Another name of the same server: what a colleague's change of config.yaml names is not who was signed in to.
    useServer(uri.replace('127.0.0.1', 'localhost'));
    await assert.rejects(findsNothing(), { reason: 'unauthorized' });
    useServer(uri);
    await assert.rejects(findsNothing(), { reason: 'not-found' });
    assert.equal(existsSync(path.join(workspaceFolder(), '.env')), false);
  });

  it('writes it into env_file for schedules when that is wanted, for its owner alone', async () => {
    const person = new ScriptedPerson({ pick: [await kind()], ask: [USER, PASSWORD] });
    tested.answerWith({ ...person.dialogs, say: async (_message, ...actions) => actions[0] });
    const result = await vscode.commands.executeCommand<{ saved_to: string }>('gnuMlops.signIn');
    const file = path.join(workspaceFolder(), '.env');
    assert.equal(result.saved_to, '.env');
    assert.match(readFileSync(file, 'utf8'), new RegExp(`MLFLOW_TRACKING_PASSWORD=${PASSWORD}`));
    if (process.platform !== 'win32') assert.equal(statSync(file).mode & 0o777, 0o600);
    assert.match(readFileSync(configFile(), 'utf8'), /^env_file: \.env$/m);
    writeFileSync(configFile(), readFileSync(configFile(), 'utf8').replace('env_file: .env\n', ''));
    rmSync(file);
  });

  it('has it again after the engine was started anew, and not for a workspace that is not trusted', async () => {
    const { engine } = tested.session;
    process.kill(engine.pid!, 'SIGKILL');
    await assert.rejects(
      async () => {
        // The first request may still meet the process that ends.
        await findsNothing().catch((error) => {
          if (error.reason !== 'internal') throw error;
        });
        await findsNothing();
      },
      { reason: 'not-found' },
    );
    await assert.rejects(engine.api.info({ ...project, trusted: false }, {}), { reason: 'untrusted-workspace' });
  });

  it('forgets it when somebody signs out', async () => {
    await runScripted(tested, 'gnuMlops.signOut', {});
    assert.equal(await tested.session.vault.get(project.configFile), undefined);
    await assert.rejects(findsNothing(), { reason: 'unauthorized' });
  });
});
