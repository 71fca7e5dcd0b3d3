import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { hasEnded } from '../../scripts/subprocess.ts';
import { type PythonEnvironment, pythonEnvironment } from './python.ts';

export interface MlflowServerOptions {
  /** Which MLflow. */
  python: PythonEnvironment;
  /** Its database; a SQLite file in the server's folder unless given. */
  backendStore?: string;
  /** Asks for user and password: those of {@link ADMIN} are known. */
  basicAuth?: boolean;
  /** Of `mlflow server`. */
  args?: string[];
  env?: Record<string, string>;
}

/** A real MLflow server on this machine, ended by `stop`. */
export interface MlflowServer {
  /** `http://127.0.0.1:PORT` */
  uri: string;
  /** Its working directory: `mlflow.db`, and `mlartifacts` with what was uploaded. */
  folder: string;
  pid: number;
  /** What it printed so far. */
  log(): string;
  stop(): Promise<void>;
}

/** Whom a server with `basicAuth` knows from the beginning. */
export const ADMIN = { username: 'admin', password: 'password1234-test-only' };

const PATIENCE_MS = 90_000;

/** Starts `mlflow server` in an empty folder, on a free port, with one worker. Resolves when it answers. */
export async function startMlflowServer(options: MlflowServerOptions): Promise<MlflowServer> {
  const folder = mkdtempSync(path.join(tmpdir(), 'gnu-mlops-server-'));
  const port = await freePort();
  const program = pythonEnvironment(options.python);
  const store = options.backendStore ?? `sqlite:///${path.join(folder, 'mlflow.db')}`;
  const args = ['--host', '127.0.0.1', '--port', String(port), '--workers', '1', '--backend-store-uri', store];
  const auth = options.basicAuth ? ['--app-name', 'basic-auth'] : [];
  const child = spawn(program, ['-m', 'mlflow', 'server', ...args, ...auth, ...(options.args ?? [])], {
    cwd: folder,
    // A group of its own, because the server is a family of processes.
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, ...serverEnvironment(folder, program, options), ...options.env },
  });
  let log = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      log += text;
    });
  }
  const stop = async () => {
    await endGroup(child);
    rmSync(folder, { recursive: true, force: true });
  };
  const uri = `http://127.0.0.1:${port}`;
  try {
    await answers(`${uri}/health`, child);
  } catch (error) {
    await stop();
    throw new Error(`${(error as Error).message}\n${log.slice(-3000)}`);
  }
  return { uri, folder, pid: child.pid!, log: () => log, stop };
}

function serverEnvironment(
  folder: string,
  program: string,
  { basicAuth }: MlflowServerOptions,
): Record<string, string> {
  const common = {
    // Its own programs, such as gunicorn, are looked for there.
    PATH: `${path.dirname(program)}${path.delimiter}${process.env.PATH}`,
    HOME: folder,
    MLFLOW_DISABLE_TELEMETRY: 'true',
    DO_NOT_TRACK: 'true',
    OMP_NUM_THREADS: '1',
    // Four more processes, for work that no test gives it.
    MLFLOW_SERVER_ENABLE_JOB_EXECUTION: 'false',
    // A key that a developer has set for servers of his own must not reach this one.
    MLFLOW_TRACKING_URI: '',
  };
  if (!basicAuth) return common;
  const config = path.join(folder, 'basic-auth.ini');
  writeAuthConfig(config, folder);
  return { ...common, MLFLOW_AUTH_CONFIG_PATH: config, MLFLOW_FLASK_SERVER_SECRET_KEY: 'test-only' };
}

function writeAuthConfig(file: string, folder: string): void {
  const lines = [
    '[mlflow]',
    'default_permission = READ',
    `database_uri = sqlite:///${path.join(folder, 'basic_auth.db')}`,
    `admin_username = ${ADMIN.username}`,
    `admin_password = ${ADMIN.password}`,
    'authorization_function = mlflow.server.auth:authenticate_request_basic_auth',
    '',
  ];
  writeFileSync(file, lines.join('\n'));
}

/** Waits until the address answers; gives up when the process has ended. */
async function answers(url: string, child: ChildProcess): Promise<void> {
  const deadline = Date.now() + PATIENCE_MS;
  for (;;) {
    if (hasEnded(child)) throw new Error(`The server ended with ${child.exitCode ?? child.signalCode}.`);
    if (Date.now() > deadline) throw new Error(`The server does not answer at ${url}.`);
    const answer = await fetch(url, { signal: AbortSignal.timeout(2000) }).catch(() => null);
    // A server that asks for a password answers too.
    if (answer !== null && (answer.ok || answer.status === 401)) return;
    await delay(100);
  }
}

async function endGroup(child: ChildProcess): Promise<void> {
  if (hasEnded(child)) return;
  const gone = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  signalGroup(child, 'SIGTERM');
  const force = setTimeout(() => signalGroup(child, 'SIGKILL'), 3000);
  await gone;
  clearTimeout(force);
  // Children that outlived their parent.
  signalGroup(child, 'SIGKILL');
}

function signalGroup(child: ChildProcess, signal: NodeJS.Signals): void {
  try {
    process.kill(process.platform === 'win32' ? child.pid! : -child.pid!, signal);
  } catch {
    // Nobody is left.
  }
}

/** A port that nobody listens on just now. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0));
    });
  });
}
