import * as assert from 'node:assert/strict';
// Runs the scripts of a written pipeline as its CI system would: one shell per step, variables from outside.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { projectRoot } from '../../scripts/cache.ts';

/** A step or a job of a GitHub workflow, as far as the tests look at it. */
export interface GithubStep {
  id?: string;
  name?: string;
  if?: string;
  uses?: string;
  run?: string;
  env?: Record<string, string>;
  with?: Record<string, unknown>;
}
export interface GithubJob {
  needs?: string;
  if?: string;
  environment?: string;
  outputs?: Record<string, string>;
  steps: GithubStep[];
}
export interface GithubFile {
  on: Record<string, unknown>;
  permissions: Record<string, string>;
  concurrency: { group: string };
  defaults: { run: { shell: string; 'working-directory': string } };
  env: Record<string, string>;
  jobs: Record<string, GithubJob>;
}

/** Where scripts run: a repository, a PATH with this clone's `gnu-mlops`, and files that a runner gives. */
export class PipelineRunner {
  readonly repository: string;
  readonly #temp: string;

  constructor(repository: string, temp: string) {
    this.repository = repository;
    this.#temp = temp;
    mkdirSync(path.join(temp, 'bin'), { recursive: true });
    symlinkSync(path.join(projectRoot, 'bin/gnu-mlops.js'), path.join(temp, 'bin/gnu-mlops'));
    for (const name of ['output', 'summary']) writeFileSync(path.join(temp, name), '');
  }

  file(name: 'output' | 'summary'): string {
    return readFileSync(path.join(this.#temp, name), 'utf8');
  }

  /** Runs a script with GitHub's and GitLab's flags of bash. */
  async script(
    text: string,
    env: Record<string, string>,
    folder = '.',
  ): Promise<{ code: number; stdout: string; stderr: string }> {
    const child = spawn('bash', ['--noprofile', '--norc', '-eo', 'pipefail', '-c', text], {
      cwd: path.join(this.repository, folder),
      env: { ...this.#environment(), ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const result = { code: 0, stdout: '', stderr: '' };
    for (const name of ['stdout', 'stderr'] as const) {
      child[name].setEncoding('utf8').on('data', (part: string) => {
        result[name] += part;
      });
    }
    const [code] = (await once(child, 'close')) as [number];
    return { ...result, code };
  }

  #environment(): Record<string, string> {
    const paths = [path.join(this.#temp, 'bin'), path.dirname(process.execPath), process.env.PATH ?? ''];
    return {
      ...{ HOME: this.#temp, PATH: paths.join(path.delimiter), CI: 'true', GITHUB_ACTOR: 'ada' },
      ...{ RUNNER_TEMP: this.#temp, GITHUB_OUTPUT: path.join(this.#temp, 'output') },
      ...{ GITHUB_STEP_SUMMARY: path.join(this.#temp, 'summary'), GITHUB_RUN_NUMBER: '7', GITHUB_RUN_ID: '42' },
      ...{ GITHUB_SHA: 'c0ffee', CI_PIPELINE_IID: '7', CI_PIPELINE_ID: '42', CI_COMMIT_SHA: 'c0ffee' },
    };
  }
}

/** An action by its full commit, with the version for people. */
const PINNED = /^\s*-?\s*uses: [\w-]+\/[\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/;

/** Every action of a workflow is named by its commit. */
export function assertPinned(text: string, file: string): void {
  const uses = text.split('\n').filter((line) => /\buses:/.test(line));
  assert.ok(uses.length >= 3, file);
  for (const line of uses) assert.match(line, PINNED, file);
}
