import { type ChildProcess, spawn } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { InstalledEditor } from './code-server.ts';
import { end, lastLines } from './subprocess.ts';

export interface EditorServerOptions {
  /** False opens folders in Restricted Mode until the user trusts them. */
  trusted?: boolean;
  /** User settings beyond those that keep the editor quiet. */
  settings?: Record<string, unknown>;
  /** Environment of the server, and so of the extension host. */
  env?: Record<string, string>;
  /** Folder of an extension that is there as if the user had installed it. */
  installedExtension?: string;
  /** Lets the page's address name an extension under development and its tests; the editor then shows no pop-ups. */
  development?: boolean;
}

export interface EditorServer {
  /** Host and port, as it stands in vscode-remote:// addresses. */
  authority: string;
  /** Everything the server printed so far. */
  log(): string;
  /** Ends the server and removes its data; may be called twice. */
  close(): Promise<void>;
}

const quietSettings = {
  'chat.disableAIFeatures': true,
  'workbench.startupEditor': 'none',
  'workbench.secondarySideBar.defaultVisibility': 'hidden',
  'telemetry.telemetryLevel': 'off',
  'extensions.autoCheckUpdates': false,
  'git.openRepositoryInParentFolders': 'never',
};

/** Starts VS Code's server on a free port of this machine only, with data of its own that vanishes at the end. */
export async function startEditorServer(
  editor: InstalledEditor,
  options: EditorServerOptions = {},
): Promise<EditorServer> {
  const data = await mkdtemp(path.join(tmpdir(), 'gnu-mlops-editor-'));
  await mkdir(path.join(data, 'data/User'), { recursive: true });
  const settings = { ...quietSettings, ...options.settings };
  await writeFile(path.join(data, 'data/User/settings.json'), JSON.stringify(settings, null, 2));
  if (options.installedExtension !== undefined) await installExtension(data, options.installedExtension);
  const port = await freePort();
  const child = spawn(editor.node, [editor.main, ...serverArguments(port, data, options)], {
    env: { ...cleanEnvironment(), ...options.env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  return listeningServer(child, port, data);
}

/** A link in the folder of installed extensions: the editor takes it up when it starts with that folder. */
async function installExtension(data: string, source: string): Promise<void> {
  const manifest = JSON.parse(await readFile(path.join(source, 'package.json'), 'utf8')) as Record<string, string>;
  await mkdir(path.join(data, 'extensions'));
  const name = `${manifest.publisher}.${manifest.name}-${manifest.version}`;
  await symlink(source, path.join(data, 'extensions', name), 'junction');
}

async function listeningServer(child: ChildProcess, port: number, data: string): Promise<EditorServer> {
  let printed = '';
  const killChild = () => child.kill();
  process.once('exit', killChild);
  const close = async () => {
    process.removeListener('exit', killChild);
    await end(child);
    await rm(data, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
  };
  const record = (text: Buffer) => {
    printed += text.toString();
  };
  child.stdout?.on('data', record);
  child.stderr?.on('data', record);
  try {
    await untilListening(child, () => printed);
  } catch (error) {
    await close();
    throw error;
  }
  return { authority: `127.0.0.1:${port}`, log: () => printed, close };
}

function untilListening(child: ChildProcess, printed: () => string): Promise<void> {
  return new Promise((resolve, reject) => {
    const fail = (why: string) => reject(new Error(`VS Code's server ${why}:\n${lastLines(printed(), 20)}`));
    const patience = setTimeout(() => fail('did not listen within a minute'), 60_000);
    child.once('error', reject);
    child.once('exit', (code) => fail(`ended with ${code}`));
    child.stdout?.on('data', () => {
      if (!printed().includes('listening')) return;
      clearTimeout(patience);
      resolve();
    });
  });
}

function serverArguments(
  port: number,
  data: string,
  { trusted = true, development = false }: EditorServerOptions,
): string[] {
  return [
    ...['--host', '127.0.0.1', '--port', String(port), '--without-connection-token', '--accept-server-license-terms'],
    ...['--server-data-dir', data, '--telemetry-level', 'off'],
    ...(trusted ? ['--disable-workspace-trust'] : []),
    // Without this flag a built workbench ignores the address' payload, and with it the extension under development.
    ...(development ? ['--enable-smoke-test-driver'] : []),
  ];
}

/** Without what npm and a surrounding VS Code put into the environment, which would change how the server behaves. */
function cleanEnvironment(): NodeJS.ProcessEnv {
  const foreign = /^(npm_|VSCODE_|ELECTRON_|NODE_OPTIONS$)/;
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !foreign.test(name)));
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer().once('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address();
      probe.close(() => resolve(typeof address === 'object' && address ? address.port : 0));
    });
  });
}

/** The page that opens `folder`, optionally with an extension under development and a test suite for its host. */
export function workbenchAddress(
  { authority }: EditorServer,
  open: { folder: string; extension?: string; tests?: string },
): string {
  const remote = (file: string) => `vscode-remote://${authority}${posixPath(file)}`;
  const payload: [string, string][] = [];
  if (open.extension !== undefined) payload.push(['extensionDevelopmentPath', remote(open.extension)]);
  if (open.tests !== undefined) payload.push(['extensionTestsPath', remote(open.tests)]);
  const query = new URLSearchParams({ folder: posixPath(open.folder) });
  if (payload.length > 0) query.set('payload', JSON.stringify([...payload, ['skipWelcome', 'true']]));
  return `http://${authority}/?${query}`;
}

function posixPath(file: string): string {
  return process.platform === 'win32' ? `/${file.replaceAll('\\', '/')}` : file;
}
