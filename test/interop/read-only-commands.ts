// What somebody can still do with a store that is only read: the commands, over and above the store's own contract.
import * as assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import type { CompareResult, InfoResult, RunsResult } from '../../src/engine/index.ts';
import { gnuMlops } from '../cli/command.ts';
import { parseDocument } from '../cli/documents.ts';

/**
 * Lists, filters and compares the runs of experiment "trials", and shows the model with its history.
 * @param folder gets a config.yaml
 */
export async function requireReadable(folder: string, uri: string, model: string): Promise<void> {
  const config = `mlflow: { tracking_uri: "${uri}", experiment_name: trials, model_name: ${model} }\n`;
  writeFileSync(path.join(folder, 'config.yaml'), config);
  const run = async <T>(schema: string, args: string[]) => {
    const result = await gnuMlops([...args, '--json'], { cwd: folder });
    assert.equal(result.code, 0, `${args.join(' ')}: ${result.stdout}${result.stderr}`);
    return parseDocument<T>(result, schema);
  };
  const { runs } = await run<RunsResult>('runs', ['runs']);
  assert.ok(runs.length > 2);
  const without = await run<RunsResult>('runs', ['runs', '--filter', 'params.`deep/er` IS NULL']);
  assert.deepEqual(
    without.runs.map(({ run_id }) => run_id),
    runs.filter(({ params }) => !('deep/er' in params)).map(({ run_id }) => run_id),
  );
  assert.ok(without.runs.length > 0 && without.runs.length < runs.length);
  const [a, b] = runs as [RunsResult['runs'][number], RunsResult['runs'][number]];
  const compared = await run<CompareResult>('compare', ['compare', a.run_id, b.run_id]);
  assert.deepEqual(
    compared.runs.map(({ run_id }) => run_id),
    [a.run_id, b.run_id],
  );
  const { history, changed_outside, stages } = await run<InfoResult>('info', ['info', '--history']);
  assert.deepEqual([history, changed_outside, Object.values(stages).filter(Boolean)], [[], [], []]);
  const then = await run<InfoResult>('info', ['info', '--at', '2020-01-01T00:00:00Z']);
  assert.deepEqual(Object.values(then.stages).filter(Boolean), []);
}
