import * as assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { type PythonEnvironment, runPython } from '../harness/python.ts';

/** A column of MLflow's signature, in the words of model-client.py. */
export interface ColumnInPython {
  name: string;
  type: string;
  required: boolean;
}

export interface ScoreAnswer {
  outputs: Record<string, (number | string | boolean)[]>;
  signature: ColumnInPython[];
  output_signature: ColumnInPython[];
  inferred: ColumnInPython[];
}

export type Job = [name: string, ...args: (string | undefined)[]];

/** Lets Python do jobs of model-client.py; fails when one of them fails. `store` is a SQLite file or a tracking URI. */
export async function askPython<T>(
  python: PythonEnvironment,
  folder: string,
  jobs: Job[],
  store = '',
  env = {},
): Promise<T[]> {
  const request = path.join(folder, 'jobs.json');
  writeFileSync(request, JSON.stringify(jobs));
  const client = path.join(import.meta.dirname, 'model-client.py');
  const uri = store.includes('://') ? store : `sqlite:///${store || path.join(folder, 'none.db')}`;
  const { code, stdout, stderr } = await runPython(python, client, [request, uri], { cwd: folder, env });
  assert.equal(code, 0, stderr);
  const answers = JSON.parse(stdout.trim().split('\n').at(-1)!) as (T & { error?: string })[];
  for (const [i, answer] of answers.entries()) assert.equal(answer.error, undefined, `${jobs[i]}: ${answer.error}`);
  return answers;
}
