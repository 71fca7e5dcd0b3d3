import { spawn } from 'node:child_process';
import { chmodSync, chownSync, cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { end, runChecked } from '../../scripts/subprocess.ts';
import { freePort } from './mlflow-server.ts';
import { pythonEnvironment } from './python.ts';

/** A real PostgreSQL on this machine, ended by `stop`. */
export interface Postgres {
  /** For SQLAlchemy: the database `mlflow`, which is empty. */
  uri: string;
  stop(): Promise<void>;
}

/** PostgreSQL refuses to run as root: "nobody" does it then. */
const NOBODY = 65534;

/** The programs come from the PyPI package `pgserver`. */
export async function startPostgres(): Promise<Postgres> {
  const folder = mkdtempSync(path.join(tmpdir(), 'gnu-mlops-postgres-'));
  const isRoot = process.getuid?.() === 0;
  const programs = path.join(folder, 'pgserver/pginstall/bin');
  // Where the package lies, others may not look. Its libraries lie beside it.
  const packages = await packagesFolder();
  for (const name of ['pgserver/pginstall', 'pgserver.libs']) {
    cpSync(path.join(packages, name), path.join(folder, name), { recursive: true });
  }
  if (isRoot) chownSync(folder, NOBODY, NOBODY);
  chmodSync(folder, 0o700);
  const user = isRoot ? { uid: NOBODY, gid: NOBODY } : {};
  const options = { ...user, cwd: folder, env: { ...process.env, HOME: folder } };
  const data = path.join(folder, 'data');
  await runChecked(
    path.join(programs, 'initdb'),
    ['-D', data, '-U', 'mlflow', '--auth', 'trust', '--no-sync'],
    options,
  );
  const port = await freePort();
  const settings = { listen_addresses: '127.0.0.1', port, unix_socket_directories: folder, fsync: 'off' };
  const flags = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  const child = spawn(path.join(programs, 'postgres'), ['-D', data, ...flags], {
    ...options,
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  for await (const line of createInterface({ input: child.stderr })) {
    if (line.includes('ready to accept connections')) break;
  }
  child.stderr.resume();
  const connection = ['-h', '127.0.0.1', '-p', String(port), '-U', 'mlflow', '-d', 'postgres'];
  await runChecked(path.join(programs, 'psql'), [...connection, '-c', 'CREATE DATABASE mlflow'], options);
  return {
    uri: `postgresql+psycopg2://mlflow@127.0.0.1:${port}/mlflow`,
    stop: async () => {
      await end(child);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

async function packagesFolder(): Promise<string> {
  const code = 'import importlib.util; print(importlib.util.find_spec("pgserver").submodule_search_locations[0])';
  const found = await runChecked(pythonEnvironment('mlflow3'), ['-c', code]);
  return path.dirname(found.trim());
}
