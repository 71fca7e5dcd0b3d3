import * as assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, readFileSync, realpathSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import { parquetWriteBuffer } from 'hyparquet-writer';
import type { PredictResult, RunsResult } from '../../src/engine/index.ts';
import { type BatchProject, batchProject, HEADER, ROW } from './batch-project.ts';
import { startCommand } from './command.ts';
import { parseDocument } from './documents.ts';

const OUR_COLUMNS = [
  ...['prediction', 'probability', 'probability_Adelie', 'probability_Chinstrap', 'probability_Gentoo'],
  ...['model_name', 'model_version', 'prediction_timestamp'],
];

describe('A batch', () => {
  let project: BatchProject;

  before(async () => {
    project = await batchProject();
  });

  after(() => project.remove());

  afterEach(() => project.reset());

  const output = () => {
    const [name] = project.names('data/batch_output').filter((each) => /__[0-9a-f]{8}\.csv$/.test(each));
    return project.text(`data/batch_output/${name}`);
  };

  it('has nothing to do without inputs, and says so with exit code 0', async () => {
    const { status, run_id, files } = await project.result(0);
    assert.deepEqual([status, run_id, files], ['nothing-to-do', null, []]);
    assert.equal((await project.batch()).stdout, 'Nothing to score.\n');
  });

  it('keeps every byte of the rows, adds our columns, archives the input and leaves a manifest', async () => {
    const rows = [`${ROW}`, '"Dream",,17.3 ,"195",3800,,2008', 'Torgersen,39.1,18.7,181,3750,male,2009'];
    const file = project.put('rows of today.csv', `\ufeff${HEADER}\r\n${rows.join('\r\n')}\r\n`);
    const sha256 = createHash('sha256').update(readFileSync(file)).digest('hex');
    const { files, status } = await project.result(0);
    assert.equal(status, 'done');
    const lines = output().split('\r\n');
    assert.equal(lines[0], `\ufeff${HEADER},${OUR_COLUMNS.join(',')}`);
    for (const [i, row] of rows.entries()) assert.ok(lines[i + 1]!.startsWith(`${row},`));
    assert.match(lines[1]!, /,Gentoo,[\d.]+,[\d.e-]+,[\d.e-]+,[\d.e-]+,penguin_species,1,\d{4}-\d\d-\d\dT[\d:.]+Z$/);
    const [manifest] = project.manifests();
    assert.deepEqual([manifest!.input.name, manifest!.input.sha256], ['rows of today.csv', sha256]);
    assert.deepEqual([manifest!.rows, manifest!.refused, manifest!.refused_file], [3, 0, null]);
    const archived = readFileSync(files[0]!.archived!);
    assert.equal(createHash('sha256').update(archived).digest('hex'), sha256);
    assert.equal(existsSync(file), false);
    assert.match(path.basename(files[0]!.output!), /^rows of today__\d{8}T\d{6}Z__[0-9a-f]{8}\.csv$/);
  });

  it('predicts what predict predicts', async () => {
    const rows = project.text('data/new_rows.csv');
    project.put('new.csv', rows);
    await project.result(0);
    const single = await project.run('predict', 'data/new_rows.csv', '--json');
    const { predictions } = parseDocument<PredictResult>(single, 'predict');
    const scored = output()
      .trim()
      .split('\n')
      .slice(1)
      .map((line) => line.split(',').slice(-8, -3));
    assert.deepEqual(
      scored,
      predictions.map(({ prediction, probability, probabilities }) =>
        [prediction, probability, ...Object.values(probabilities)].map(String),
      ),
    );
  });

  it('reads gzip and Parquet, and every delimiter, into CSV', async () => {
    project.put('zipped.csv.gz', gzipSync(`${HEADER}\n${ROW}\n`));
    project.put('semicolons.csv', `${HEADER};when\n${ROW};now\n`.replaceAll(',', ';').replace(/(\d)\.(\d)/g, '$1,$2'));
    const columns = Object.entries({
      island: ['Biscoe', 'Dream'],
      bill_length_mm: [46.1, null],
      bill_depth_mm: [13.2, 18.25],
      flipper_length_mm: [211, 195],
      body_mass_g: [4500, 3800],
      sex: ['female', null],
      when: [new Date('2026-11-25T13:30:00Z'), new Date('2026-11-25T00:00:00Z')],
    }).map(([name, data]) => ({ name, data }));
    const year = { name: 'year', data: [2007n, 2008n], type: 'INT64' as const };
    const parquet = parquetWriteBuffer({ columnData: [...columns, year] } as Parameters<typeof parquetWriteBuffer>[0]);
    project.put('table.parquet', Buffer.from(parquet));
    const { files } = await project.result(0);
    assert.deepEqual(
      files.map(({ status, rows }) => [status, rows]),
      [
        ['done', 1],
        ['done', 2],
        ['done', 1],
      ],
    );
    const texts = files.map(({ output: name }) => readFileSync(name!, 'utf8').split('\n'));
    assert.match(texts[0]![1]!, /^Biscoe;46,1;13,2;.*;now;Gentoo;/);
    assert.match(texts[1]![1]!, /^Biscoe,46\.1,13\.2,211,4500,female,2026-11-25T13:30:00\.000Z,2007,Gentoo,/);
    assert.match(texts[1]![2]!, /^Dream,,18\.25,195,3800,,2026-11-25,2008,/);
    assert.match(texts[2]![1]!, /^Biscoe,.*,Gentoo,/);
    assert.ok(files.every(({ output: name }) => name!.endsWith('.csv')));
  });

  it('puts rows that do not fit aside with line and reason, and scores the rest', async () => {
    const wrong = ['Biscoe,wide,13.2,211,4500,female,2007', 'Biscoe,46.1', 'Biscoe,46.1,13.2,211,4500,female,'];
    const good = Array.from({ length: 97 }, () => ROW);
    project.put('mixed.csv', `${[HEADER, ...good, ...wrong].join('\n')}\n`);
    const { files } = await project.result(0);
    assert.deepEqual([files[0]!.rows, files[0]!.refused], [100, 3]);
    const [manifest] = project.manifests();
    const refused = project.text(`data/batch_output/${manifest!.refused_file}`);
    assert.equal(
      refused,
      [
        'line,reason,row',
        '99,"column ""bill_length_mm"": found ""wide""; expected a number","Biscoe,wide,13.2,211,4500,female,2007"',
        '100,found 2 fields; the header has 7,"Biscoe,46.1"',
        '101,"column ""year"": found no value; expected a whole number","Biscoe,46.1,13.2,211,4500,female,"',
        '',
      ].join('\n'),
    );
    assert.equal(
      Object.values(manifest!.refused_reasons).reduce((sum, count) => sum + count, 0),
      3,
    );
    assert.equal(output().trim().split('\n').length, 98);
  });

  it('fails a file with too many such rows, leaves it, and goes on with the others', async () => {
    project.put('bad.csv', `${HEADER}\n${ROW}\nBiscoe,wide,13.2,211,4500,female,2007\n`);
    project.put('empty.csv', '');
    project.put('good.csv', `${HEADER}\n${ROW}\n`);
    project.put('lacking.csv', 'island,bill_length_mm\nBiscoe,46.1\n');
    const { files, status } = await project.result(1);
    assert.equal(status, 'failed');
    const errors = Object.fromEntries(files.map(({ input, error }) => [path.basename(input), error]));
    assert.match(errors['bad.csv']!, /1 of 2 rows do not fit the model: line 3: column "bill_length_mm": found "wide"/);
    assert.match(errors['empty.csv']!, /empty/);
    assert.match(errors['lacking.csv']!, /lacks the column/);
    assert.equal(errors['good.csv'], null);
    assert.deepEqual(project.names('data/batch_input'), ['bad.csv', 'empty.csv', 'lacking.csv']);
    const outputs = project.names('data/batch_output').filter((name) => name !== 'bad.csv.refused.csv');
    assert.equal(outputs.length, 2);
    assert.deepEqual(project.journal(), []);
  });

  it('tells all rows for which it failed a file, until that is tried again', async () => {
    const refusals = 'data/batch_output/day.csv.gz.refused.csv';
    const try1 = [HEADER, ROW, ...Array.from({ length: 7 }, (_, i) => `Biscoe,wide${i},1,1,1,female,2007`)];
    project.put('day.csv.gz', gzipSync(`${try1.join('\n')}\n`));
    const { files } = await project.result(1);
    assert.ok(files[0]!.error!.endsWith(`All of them are in ${path.join(realpathSync(project.folder), refusals)}.`));
    const told = Array.from(
      { length: 7 },
      (_, i) =>
        `${i + 3},"column ""bill_length_mm"": found ""wide${i}""; expected a number","Biscoe,wide${i},1,1,1,female,2007"`,
    );
    assert.equal(project.text(refusals), `${['line,reason,row', ...told].join('\n')}\n`);
    assert.deepEqual(project.names('data/batch_output'), ['day.csv.gz.refused.csv']);

    project.put('day.csv.gz', gzipSync(`${HEADER}\n${ROW}\nBiscoe,46.1\n`));
    await project.result(1);
    assert.equal(project.text(refusals), 'line,reason,row\n3,found 2 fields; the header has 7,"Biscoe,46.1"\n');

    project.put('day.csv.gz', gzipSync('island\nBiscoe\n'));
    await project.result(1);
    assert.deepEqual(project.names('data/batch_output'), []);

    project.put('day.csv.gz', gzipSync(`${try1.join('\n')}\n`));
    await project.result(1);
    project.put('day.csv.gz', gzipSync(`${HEADER}\n${ROW}\n`));
    await project.result(0);
    assert.deepEqual(
      project.names('data/batch_output').filter((name) => name.includes('refused')),
      [],
    );
  });

  it('fails a file in which a quote is never closed, because all rows behind it would be lost', async () => {
    const rows = Array.from({ length: 100 }, (_, i) => (i === 80 ? `"${ROW}` : ROW));
    project.put('quote.csv', `${[HEADER, ...rows].join('\n')}\n`);
    const { files } = await project.result(1);
    assert.match(files[0]!.error!, /line 82: a quote is opened and never closed/);
    assert.deepEqual(project.names('data/batch_output'), []);
  });

  it('leaves a file whose name is too long for an output, and goes on with the others', async () => {
    project.put(`${'x'.repeat(200)}.csv`, `${HEADER}\n${ROW}\n`);
    project.put('short.csv', `${HEADER}\n${ROW}\n`);
    const { files } = await project.result(1);
    assert.deepEqual(files.map(({ status }) => status).sort(), ['done', 'failed']);
    assert.match(files.find(({ status }) => status === 'failed')!.error!, /longer than 180 bytes/);
    assert.deepEqual(project.journal(), []);
  });

  it('warns of a file that has a header and no row', async () => {
    project.put('none.csv', `${HEADER}\n`);
    const { files } = await project.result(0);
    assert.deepEqual(files[0]!.warnings, ['the file has a header and no row.']);
  });

  it('is cancelled with 130: the run is KILLED, and every input stays', async () => {
    project.put('large.csv', `${HEADER}\n${`${ROW}\n`.repeat(400_000)}`);
    const child = startCommand(['batch', '--json'], { cwd: project.folder });
    const exit = once(child, 'exit') as Promise<[number | null]>;
    child.stdout!.resume();
    child.stderr!.resume();
    const isScoring = () => project.names('data/batch_output').some((name) => name.endsWith('.partial'));
    while (!isScoring() && child.exitCode === null) await delay(10);
    child.kill('SIGINT');
    assert.deepEqual(await exit, [130, null]);
    assert.deepEqual(project.names('data/batch_input'), ['large.csv']);
    assert.deepEqual(project.names('data/batch_output'), []);
    const found = await project.run('runs', '--json', '--limit', '1', '--set', 'mlflow.experiment_name=penguins_batch');
    assert.equal(parseDocument<RunsResult>(found, 'runs').runs[0]!.status, 'KILLED');
  });

  it('scores unknown categories as unknown and says how many', async () => {
    project.put('new.csv', `${HEADER}\n${ROW}\n${ROW.replace('Biscoe', 'Atlantis')}\n`);
    const { files } = await project.result(0);
    assert.deepEqual(files[0]!.warnings, [
      'column "island": 1 rows hold categories the model was not trained on; they are scored as unknown.',
    ]);
  });

  it('takes another prefix when a column is called like one of ours, and refuses its own output', async () => {
    project.put('clash.csv', `${HEADER},prediction\n${ROW},mine\n`);
    await project.result(0);
    assert.equal(project.manifests()[0]!.prefix, 'gnu_mlops_');
    assert.match(output(), /,prediction,gnu_mlops_prediction,gnu_mlops_probability,.*\n.*,mine,Gentoo,/);
    const clash = output();
    project.put('again.csv', clash);
    const { files } = await project.result(1);
    assert.match(files[0]!.error!, /already/);
  });

  it('makes formulas in text harmless when that is asked for, and touches nothing otherwise', async () => {
    const row = `=cmd|' /C calc'!A1,46.1,13.2,211,4500,"@sum(1)",2007`;
    project.put('formulas.csv', `${HEADER}\n${row}\n`);
    await project.result(0);
    assert.ok(output().includes(`\n${row},`));
    rmSync(path.join(project.folder, 'data/batch_output'), { recursive: true });
    project.put('formulas.csv', `${HEADER}\n${row}\n${ROW.replace('46.1', '-46.1')}\n`);
    await project.result(0, '--set', 'batch_inference.escape_formulas=true');
    assert.ok(output().includes(`\n'=cmd|' /C calc'!A1,46.1,13.2,211,4500,"'@sum(1)",2007,`));
    assert.ok(output().includes('\nBiscoe,-46.1,'));
    rmSync(path.join(project.folder, 'data/batch_output'), { recursive: true });
    const comma = ROW.replaceAll(',', ';').replaceAll('.', ',').replace('46,1', '-46,1');
    project.put('comma.csv', `${HEADER.replaceAll(',', ';')};"=1+1"\n${comma};-\n`);
    await project.result(0, '--set', 'batch_inference.escape_formulas=true');
    assert.ok(output().startsWith(`${HEADER.replaceAll(',', ';')};"'=1+1";`), 'a header is text as well');
    assert.ok(output().includes(`\n${comma};'-;`), 'a number with a comma is none');
    rmSync(path.join(project.folder, 'data/batch_output'), { recursive: true });
    project.put('refused.csv', `${HEADER}\n=SUM(A1),wide,1,1,1,x,2007\n${`${ROW}\n`.repeat(30)}`);
    await project.result(0, '--set', 'batch_inference.escape_formulas=true');
    const [manifest] = project.manifests();
    assert.match(project.text(`data/batch_output/${manifest!.refused_file}`), /,"'=SUM\(A1\),wide/);
  });

  it('takes the same content again later for a new input', async () => {
    for (const day of [1, 2]) {
      const file = project.put('daily.csv', `${HEADER}\n${ROW}\n`);
      utimesSync(file, day, day);
      assert.equal((await project.result(0)).files[0]!.status, 'done');
    }
    assert.equal(project.names('data/batch_archive').length, 2);
    assert.equal(project.manifests().length, 2);
  });

  it('leaves inputs where they are when nothing is to be archived, and scores them once', async () => {
    project.put('stays.csv', `${HEADER}\n${ROW}\n`);
    const stay = ['--set', 'batch_inference.archive_processed=false'];
    assert.equal((await project.result(0, ...stay)).status, 'done');
    assert.deepEqual(project.names('data/batch_input'), ['stays.csv']);
    assert.equal((await project.result(0, ...stay)).status, 'nothing-to-do');
    assert.equal(project.manifests().length, 1);
  });

  it('scores one file when it is named, and tells with --dry-run what it would do', async () => {
    project.put('a.csv', `${HEADER}\n${ROW}\n`);
    const named = project.put('b.csv', `${HEADER}\n${ROW}\n`);
    const plan = await project.result(0, named, '--dry-run');
    assert.deepEqual([plan.status, plan.files.length, plan.files[0]!.status], ['dry-run', 1, 'ready']);
    assert.deepEqual(project.names('data/batch_output'), []);
    await project.result(0, named);
    assert.deepEqual(project.names('data/batch_input'), ['a.csv']);
  });

  it('waits for a file that changed a moment ago, and leaves one that does not stand still', async () => {
    const file = project.put('growing.csv', `${HEADER}\n${ROW}\n`);
    const grow = setInterval(() => writeFileSync(file, `${readFileSync(file, 'utf8')}${ROW}\n`), 50);
    try {
      const { files } = await project.result(0, '--set', 'batch_inference.settle_seconds=1');
      assert.equal(files[0]!.status, 'growing');
    } finally {
      clearInterval(grow);
    }
    assert.deepEqual(project.names('data/batch_input'), ['growing.csv']);
    assert.deepEqual(project.names('data/batch_output'), []);
    const { files } = await project.result(0, '--set', 'batch_inference.settle_seconds=0.2');
    assert.equal(files[0]!.status, 'done');
  });

  it('watches a file whose time lies in the future, because the clock was set back', async () => {
    const file = project.put('future.csv', `${HEADER}\n${ROW}\n`);
    const tomorrow = Date.now() / 1000 + 86_400;
    utimesSync(file, tomorrow, tomorrow);
    const { files } = await project.result(0, '--set', 'batch_inference.settle_seconds=0.2');
    assert.equal(files[0]!.status, 'done');
  });

  it('works on several files at a time when it may, each by itself', async () => {
    const names = Array.from({ length: 12 }, (_, i) => `part-${i}.csv`);
    // Too large to share a group, so that there are several.
    for (const [i, name] of names.entries()) project.put(name, `${HEADER}\n${`${ROW}\n`.repeat(30_000 + i)}`);
    const { files, status } = await project.result(0, '--set', 'batch_inference.parallel_files=3');
    assert.equal(status, 'done');
    assert.deepEqual(
      files.map(({ rows }) => rows).sort(),
      names.map((_, i) => 30_000 + i),
    );
    assert.equal(project.manifests().length, names.length);
    assert.equal(project.names('data/batch_archive').length, names.length);
  });

  it('runs once at a time in a folder: a second one is told with exit code 5', async () => {
    project.put('large.csv', `${HEADER}\n${`${ROW}\n`.repeat(200_000)}`);
    const results = await Promise.all(Array.from({ length: 5 }, () => project.batch()));
    const codes = results.map(({ code }) => code).sort();
    assert.equal(codes[0], 0);
    assert.ok(
      codes.every((code) => code === 0 || code === 5),
      codes.join(' '),
    );
    assert.equal(project.manifests().length, 1);
    assert.equal(project.names('data/batch_archive').length, 1);
  });
});
