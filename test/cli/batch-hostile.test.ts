import * as assert from 'node:assert/strict';
import { existsSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { parquetWriteBuffer } from 'hyparquet-writer';
import { type BatchProject, batchProject, HEADER, ROW } from './batch-project.ts';

describe('What a batch finds in its input folder', () => {
  let project: BatchProject;

  before(async () => {
    project = await batchProject();
  });

  after(() => project.remove());

  afterEach(() => project.reset());

  it('takes names as they are: spaces, quotes, new lines, leading dashes', async () => {
    const names = ['-rf.csv', 'a "quoted" name.csv', "it's.csv", 'two\nlines.csv', '$(touch pwned).csv', 'ü.csv'];
    for (const name of names) project.put(name, `${HEADER}\n${ROW}\n`);
    const { files } = await project.result(0);
    assert.equal(files.filter(({ status }) => status === 'done').length, names.length);
    assert.equal(project.manifests().length, names.length);
    assert.deepEqual(project.names('data/batch_input'), []);
    assert.ok(!project.names('.').includes('pwned'));
  });

  it('follows no symbolic link', async () => {
    const outside = path.join(path.dirname(project.folder), 'outside.csv');
    writeFileSync(outside, `${HEADER}\n${ROW}\n`);
    symlinkSync(outside, path.join(project.folder, 'data/batch_input/link.csv'));
    const { files } = await project.result(1);
    assert.match(files[0]!.error!, /symbolic link/);
    assert.ok(existsSync(outside));
  });

  it('refuses lines without end and files that unpack without measure, within its limits', async () => {
    project.put('line.csv', `${HEADER}\n${ROW}\n"${'x'.repeat(300_000)}`);
    project.put('bomb.csv.gz', gzipSync(Buffer.concat([Buffer.from(`${HEADER}\n`), Buffer.alloc(80 << 20, '\n')])));
    const constant = { name: 'island', data: new Array<string>(3_000_000).fill('x') };
    const others = HEADER.split(',')
      .slice(1)
      .map((name) => ({ name, data: new Array<number>(3_000_000).fill(1) }));
    project.put('bomb.parquet', Buffer.from(parquetWriteBuffer({ columnData: [constant, ...others] })));
    project.put('no.parquet', 'PAR1 and nothing else PAR1');
    const limits = [
      '--set',
      'batch_inference.limits.max_line_bytes=100000',
      '--set',
      'batch_inference.limits.max_expansion=2',
    ];
    const { files } = await project.result(1, ...limits);
    const errors = Object.fromEntries(files.map(({ input, error }) => [path.basename(input), error ?? 'none']));
    assert.match(errors['line.csv']!, /longer than 100000 bytes/);
    assert.match(errors['bomb.csv.gz']!, /unpacks to more than 2 times/);
    assert.match(errors['bomb.parquet']!, /unpacks to more than 2 times/);
    assert.match(errors['no.parquet']!, /Not a Parquet file/);
    assert.deepEqual(project.names('data/batch_output'), []);
  });

  it('refuses a line of two gigabytes without holding it', async () => {
    const file = project.put('endless.csv', `${HEADER}\n`);
    truncateSync(file, 2 ** 31);
    const { files } = await project.result(1);
    assert.match(files[0]!.error!, /longer than 16777216 bytes/);
    rmSync(file);
  });
});
