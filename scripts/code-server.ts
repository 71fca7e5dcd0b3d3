// VS Code's own server from the npm registry: the editor ring, the e2e ring and `npm run code` use it.
import { copyFile, mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { cachedFolder } from './cache.ts';
import { runChecked } from './subprocess.ts';

/** The oldest editor that `engines.vscode` allows, and the newest that there was when this was written. */
export type EditorVersion = 'oldest' | 'newest';

interface EditorPackages {
  /** Version of VS Code, for people. */
  title: string;
  codeServer: string;
  /** What the desktop runner calls that version. */
  desktop: string;
  /** Version of Node that editor is built for; absent when it is the project's own. */
  node?: string;
  /** Version of the search program; absent when the editor brings its own instead of downloading it after installation. */
  ripgrep?: string;
}

export const editors: Record<EditorVersion, EditorPackages> = {
  oldest: { title: 'VS Code 1.110', codeServer: '4.110.0', desktop: '1.110.0', node: '22.23.3', ripgrep: '1.18.0' },
  newest: { title: 'VS Code 1.139', codeServer: '4.139.1', desktop: 'stable' },
};

export interface InstalledEditor {
  /** Node program to run the server with. */
  node: string;
  /** The server's entry file. */
  main: string;
}

/** Installs VS Code's server and the Node it needs into the cache (about 600 MB, ten seconds), once per version. */
export async function installEditor(version: EditorVersion): Promise<InstalledEditor> {
  const packages = editors[version];
  const folder = await cachedFolder(`vscode-${version}`, JSON.stringify(packages), (made) => install(made, packages));
  return {
    node: packages.node === undefined ? process.execPath : nodeProgram(folder),
    main: path.join(folder, serverFolder, 'out/server-main.js'),
  };
}

const serverFolder = 'node_modules/code-server/lib/vscode';

async function install(folder: string, { codeServer, node, ripgrep }: EditorPackages): Promise<void> {
  await writeFile(path.join(folder, 'package.json'), JSON.stringify({ private: true }));
  const wanted = [`code-server@${codeServer}`, ...(node === undefined ? [] : [`${nodePackage()}@${node}`])];
  if (ripgrep !== undefined) wanted.push(`${ripgrepPackage}@${ripgrep}`);
  await npmInstall(folder, wanted);
  // The editor's own dependencies are what code-server's postinstall would fetch; nothing needs its compiler steps.
  await npmInstall(path.join(folder, serverFolder), ['--omit=dev']);
  if (ripgrep !== undefined) await placeRipgrep(folder);
}

const ripgrepPackage = '@vscode/ripgrep-universal';

async function placeRipgrep(folder: string): Promise<void> {
  const program = process.platform === 'win32' ? 'rg.exe' : 'rg';
  const source = path.join(
    folder,
    'node_modules',
    ripgrepPackage,
    'bin',
    `${process.platform}-${process.arch}`,
    program,
  );
  const target = path.join(folder, serverFolder, 'node_modules/@vscode/ripgrep/bin', program);
  await mkdir(path.dirname(target), { recursive: true });
  await copyFile(source, target);
}

async function npmInstall(folder: string, args: readonly string[]): Promise<void> {
  const quiet = [
    '--ignore-scripts',
    '--no-audit',
    '--no-fund',
    '--loglevel=error',
    '--fetch-retry-mintimeout=2000',
    '--fetch-retry-maxtimeout=8000',
  ];
  const [command, ...before] = npmCommand();
  // Without --prefix, an npm that runs inside `npm test` would install into the project.
  await runChecked(command, [...before, 'install', '--prefix', folder, ...quiet, ...args], { cwd: folder });
}

function npmCommand(): [string, ...string[]] {
  const running = process.env.npm_execpath;
  return running?.endsWith('npm-cli.js') ? [process.execPath, running] : ['npm'];
}

function nodePackage(): string {
  return `node-${process.platform === 'win32' ? 'win' : process.platform}-${process.arch}`;
}

function nodeProgram(folder: string): string {
  const program = process.platform === 'win32' ? 'bin/node.exe' : 'bin/node';
  return path.join(folder, 'node_modules', nodePackage(), program);
}
