// Python environments of the interop ring, made from requirements files and kept in .test-cache/.
import { readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { cachedFolder, cachedPath, projectRoot } from '../../scripts/cache.ts';
import { lastLines, type ProcessResult, run, runChecked } from '../../scripts/subprocess.ts';
import { Unavailable } from './unavailable.ts';

/** Folder of each environment's requirements file. */
const environments = {
  /** The newest MLflow, and the oldest whose stores and servers we work with. */
  mlflow3: 'test/interop',
  mlflow2: 'test/interop',
  /** The oldest whose stores and servers are read at all. */
  mlflow29: 'test/back-ends',
  /** Databricks' own clients. */
  databricks: 'test/back-ends',
  /** An S3 server, and a colleague who reads what is kept there. */
  s3: 'test/back-ends',
};
export type PythonEnvironment = keyof typeof environments;

const uvVersion = '0.13.9';
const isWindows = process.platform === 'win32';

/** Path of the environment's Python; throws when the runner has not made it yet. */
export function pythonEnvironment(name: PythonEnvironment): string {
  const requirements = readFileSync(requirementsFile(name), 'utf8');
  const environment = cachedPath(cacheName(name), requirements);
  if (environment !== undefined) return programIn(environment, 'python');
  throw new Error(`The Python environment ${name} is not there yet: run "node test/run.ts interop back-ends" once.`);
}

/** Runs a Python file (a path that ends in .py) or Python code to its end, whatever its exit code. */
export function runPython(
  name: PythonEnvironment,
  source: string,
  args: readonly string[] = [],
  options: { cwd?: string; env?: Record<string, string> } = {},
): Promise<ProcessResult> {
  const program = source.endsWith('.py') ? [source] : ['-c', source];
  const env = {
    ...process.env,
    PYTHONUTF8: '1',
    DO_NOT_TRACK: 'true',
    MLFLOW_DISABLE_TELEMETRY: 'true',
    ...options.env,
  };
  return run(pythonEnvironment(name), [...program, ...args], { ...options, env });
}

/** Makes the environment unless it is in the cache. */
export async function installPythonEnvironment(name: PythonEnvironment): Promise<void> {
  const file = requirementsFile(name);
  const requirements = await readFile(file, 'utf8');
  await cachedFolder(cacheName(name), requirements, async (folder) => {
    await python(systemPython(), ['-m', 'venv', folder]);
    await installRequirements(programIn(folder, 'python'), file);
  });
}

/** By uv, in seconds; pip is slower but also finds a package index that only pip's own configuration names. */
async function installRequirements(interpreter: string, file: string): Promise<void> {
  const uv = programIn(await bootstrap(), 'uv');
  const quick = ['pip', 'install', '--quiet', '--system-certs', '--python', interpreter, '--requirement', file];
  const { code } = await run(uv, quick);
  if (code !== 0) await python(interpreter, ['-m', 'pip', 'install', '--quiet', '--requirement', file]);
}

/** A small environment with uv, which fills the large ones in seconds. */
function bootstrap(): Promise<string> {
  return cachedFolder('uv', uvVersion, async (folder) => {
    await python(systemPython(), ['-m', 'venv', folder]);
    await python(programIn(folder, 'python'), ['-m', 'pip', 'install', '--quiet', `uv==${uvVersion}`]);
  });
}

async function python(command: string, args: readonly string[]): Promise<void> {
  try {
    await runChecked(command, args);
  } catch (error) {
    const why = lastLines(error instanceof Error ? error.message : String(error), 5);
    throw new Unavailable(
      `Install Python 3.11 or newer with its venv module and let it reach a package index. (${why})`,
    );
  }
}

function systemPython(): string {
  return process.env.PYTHON ?? (isWindows ? 'python' : 'python3');
}

function programIn(environment: string, program: string): string {
  return path.join(environment, isWindows ? `Scripts/${program}.exe` : `bin/${program}`);
}

function cacheName(name: PythonEnvironment): string {
  return `python-${name}`;
}

function requirementsFile(name: PythonEnvironment): string {
  return path.join(projectRoot, environments[name], `requirements-${name}.txt`);
}
