import * as assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import path from 'node:path';
import type { RunsResult } from '../../src/engine/index.ts';
import { type BatchProject, batchProject, HEADER, ROW } from './batch-project.ts';
import { parseDocument } from './documents.ts';

describe('What a batch tells', () => {
  let project: BatchProject;

  before(async () => {
    project = await batchProject();
  });

  after(() => project.remove());

  afterEach(() => project.reset());

  it('is recorded as a run with counts, and logs what came for monitoring', async () => {
    project.put('rows.csv', `${HEADER}\n${ROW}\n${ROW}\n`);
    const { run_id } = await project.result(0);
    const found = await project.run('runs', '--json', '--set', 'mlflow.experiment_name=penguins_batch');
    const { runs } = parseDocument<RunsResult>(found, 'runs');
    const run = runs.find((each) => each.run_id === run_id)!;
    assert.deepEqual(
      [run.status, run.metrics.rows, run.metrics.files, run.params.model_version],
      ['FINISHED', 2, 1, '1'],
    );
    const inputs = await project.withStore((store) => store.datasetInputs(run_id!));
    assert.deepEqual(
      inputs.map(({ name, digest, context }) => [name, digest, context]),
      [['rows.csv', project.manifests()[0]!.input.sha256.slice(0, 32), 'batch']],
    );
    const [day] = readdirSync(path.join(project.folder, 'data/prediction_log'));
    const [line] = project.text(`data/prediction_log/${day}`).trim().split('\n');
    const entry = JSON.parse(line!);
    assert.equal(entry.distribution.rows, 2);
    assert.deepEqual(entry.distribution.predictions, { Gentoo: 2 });
    assert.equal(entry.distribution.features.island.categories.Biscoe, 2);
    assert.equal(
      entry.distribution.features.bill_length_mm.bins.reduce((sum: number, bin: number) => sum + bin, 0),
      2,
    );
  });

  it('shows the first files of which there is nothing to say, all others, and sums', async () => {
    const name = (i: number) => `part-${String(i).padStart(2, '0')}.csv`;
    for (let i = 0; i < 40; i++) project.put(name(i), `${HEADER.replace(',sex', '')}\n${ROW.replace(',female', '')}\n`);
    const bad = ROW.replace('46.1', 'wide').replace(',female', '');
    const [header, good] = [HEADER.replace(',sex', ''), ROW.replace(',female', '')];
    project.put('part-30.csv', `${header}\n${`${good}\n`.repeat(200)}${bad}\n`);
    project.put('part-31.csv', `${header}\n${bad}\n`);
    project.put('part-32.csv', 'something else\n');
    const { code, stdout } = await project.batch();
    assert.equal(code, 1);
    const told = stdout.split('\n');
    const names = told.map((line) => /^part-\d\d\.csv(?= +(done|failed))/.exec(line)?.[0]).filter(Boolean);
    assert.deepEqual(names, [...Array.from({ length: 20 }, (_, i) => name(i)), name(30), name(31), name(32)]);
    assert.ok(told.includes('... and 17 more like these; --json tells all.'), stdout);
    const once = told.filter((line) => line.startsWith('warning: '));
    assert.deepEqual(once, ['warning: part-00.csv and 37 more: column "sex" is absent; it is scored as missing.']);
    const failed = told.filter((line) => /^part-3[12]\.csv: /.test(line));
    assert.equal(failed.length, 2);
    assert.match(told.at(-2)!, /^40 files: 38 done, 2 failed; 239 rows, 2 of them refused\. Took \d+\.\d s\.$/);
  });

  it('counts what a dry run found', async () => {
    project.put('a.csv', `${HEADER}\n${ROW}\n`);
    const { stdout } = await project.batch(['--dry-run']);
    assert.match(stdout, /\n1 file: 1 ready\. Dry run: nothing was written\.\n$/);
  });
});
