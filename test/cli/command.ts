// The built `gnu-mlops`, run as its users run it: in a process of its own.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { projectRoot } from '../../scripts/cache.ts';
import { copyExample, type Example } from '../harness/workspace.ts';

export interface CommandResult {
  /** null when a signal ended it. */
  code: number | null;
  stdout: string;
  stderr: string;
}

export interface CommandOptions {
  cwd: string;
  env?: Record<string, string>;
  /** Standard input; empty unless given. */
  input?: string;
  /** Folder with bin/ and dist/; the project itself unless given. */
  installation?: string;
  node?: string;
  /** Arguments of Node, before the program. */
  nodeArguments?: readonly string[];
  uid?: number;
}

/** Variables of this machine that would change what a command does. */
const FOREIGN = /^(MLFLOW_|DATABRICKS_|GNU_MLOPS__|AWS_|GITHUB_|CI$|NO_COLOR$|FORCE_COLOR$)/;

/** Starts a command; use {@link gnuMlops} unless it is to be killed. */
export function startCommand(args: readonly string[], options: CommandOptions): ChildProcess {
  const program = path.join(options.installation ?? projectRoot, 'bin/gnu-mlops.js');
  const inherited = Object.entries(process.env).filter(([name]) => !FOREIGN.test(name));
  return spawn(options.node ?? process.execPath, [...(options.nodeArguments ?? []), program, ...args], {
    cwd: options.cwd,
    env: { ...Object.fromEntries(inherited), NO_COLOR: '1', ...options.env },
    stdio: 'pipe',
    ...(options.uid === undefined ? {} : { uid: options.uid, gid: options.uid }),
  });
}

/** Runs a command to its end. */
export async function gnuMlops(args: readonly string[], options: CommandOptions): Promise<CommandResult> {
  const child = startCommand(args, options);
  const result: CommandResult = { code: null, stdout: '', stderr: '' };
  child.stdout!.setEncoding('utf8').on('data', (text: string) => {
    result.stdout += text;
  });
  child.stderr!.setEncoding('utf8').on('data', (text: string) => {
    result.stderr += text;
  });
  // A command that ends without reading its input closes the pipe.
  child.stdin!.on('error', () => undefined).end(options.input ?? '');
  const [code] = (await once(child, 'close')) as [number | null];
  return { ...result, code };
}

/** A copy of an example in a temporary folder, without what runs left in it. */
export function exampleProject(name: Example = 'breast-cancer'): TemporaryProject {
  const parent = mkdtempSync(path.join(tmpdir(), 'gnu-mlops-cli-'));
  const folder = path.join(parent, name);
  copyExample(name, folder);
  return {
    folder,
    run: (...args) => gnuMlops(args, { cwd: folder }),
    remove: () => rmSync(parent, { recursive: true, force: true }),
  };
}

export interface TemporaryProject {
  folder: string;
  run(...args: string[]): Promise<CommandResult>;
  remove(): void;
}
