import * as assert from 'node:assert/strict';
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { parquetWriteBuffer } from 'hyparquet-writer';
import { columnNames } from '../../../src/engine/data/sources/first-rows.ts';
import { readSource } from '../../../src/engine/data/sources/source.ts';
import { generateTable, SYNTHETIC_DEFAULTS } from '../../../src/engine/data/sources/synthetic.ts';
import { EngineError } from '../../../src/engine/support/errors.ts';
import { inspectText } from '../config/config-text.ts';
import { temporaryFolder } from '../tracking/temporary-store.ts';
import { valuesOf } from './tables.ts';

const NOWHERE = { baseDir: '/', env: {} };

describe('The local source', () => {
  let folder: string;
  let remove: () => void;
  beforeEach(() => {
    ({ folder, remove } = temporaryFolder());
    mkdirSync(path.join(folder, 'data'));
    write('b.csv', 'x,t\n3,c\n');
    write('a.csv', 'x,t\n1,a\n\n2,b\n');
    write('notes.md', 'not data');
  });
  afterEach(() => remove());

  const write = (name: string, text: string) => writeFileSync(path.join(folder, 'data', name), text);
  const read = (pattern: string, set: string[] = []) => {
    return readSource(inspectText('', [`data.path=${JSON.stringify(pattern)}`, ...set]).config, {
      baseDir: folder,
      env: {},
    });
  };
  const refused = (pattern: string, reason: string, message: RegExp) =>
    assert.rejects(
      read(pattern),
      (error) => EngineError.is(error) && error.reason === reason && message.test(error.message),
    );

  it('reads a file, a folder in name order, and a glob', async () => {
    assert.deepEqual(valuesOf((await read('data/a.csv')).table), { x: [1, 2], t: ['a', 'b'] });
    for (const pattern of ['data', 'data/', path.join(folder, 'data'), 'data/*.csv', 'd*/[ab].csv', 'data/{b,a}.csv']) {
      assert.deepEqual(valuesOf((await read(pattern)).table), { x: [1, 2, 3], t: ['a', 'b', 'c'] }, pattern);
    }
  });

  it('tells where each row stands', async () => {
    const { originOf } = await read('data');
    assert.deepEqual([0, 1, 2].map(originOf), [
      { file: path.join('data', 'a.csv'), line: 2 },
      { file: path.join('data', 'a.csv'), line: 4 },
      { file: path.join('data', 'b.csv'), line: 2 },
    ]);
  });

  it('has a digest of what was read, and nothing else', async () => {
    const { digest } = await read('data');
    assert.match(digest, /^[0-9a-f]{32}$/);
    write('notes.md', 'other words');
    assert.equal((await read('data')).digest, digest);
    write('b.csv', 'x,t\n4,c\n');
    assert.notEqual((await read('data')).digest, digest);
  });

  it('names the file where types or columns do not fit', async () => {
    write('b.csv', 'x,t\n3,c\nfour,c\n');
    const { conflicts } = await read('data');
    assert.deepEqual(
      conflicts.map(({ file, line, value }) => [file, line, value]),
      [[path.join('data', 'b.csv'), 3, 'four']],
    );
    write('b.csv', 'y,t\n3,c\n');
    await refused('data', 'invalid-data', /^data.b\.csv: lacks the column "x", has a column "y" of its own/);
  });

  it('uses delimiter, decimal mark and encoding of the configuration', async () => {
    writeFileSync(path.join(folder, 'odd.csv'), Buffer.from('x:t\n1,5:\xe9\n', 'latin1'));
    const { table } = await read('odd.csv', ['data.delimiter=":"', 'data.decimal=","', 'data.encoding=latin1']);
    assert.deepEqual(valuesOf(table), { x: [1.5], t: ['é'] });
  });

  it('that is not there is unreachable', async () => {
    await refused('data/c.csv', 'unreachable', /c\.csv does not exist/);
    await refused('data/*.tsv', 'unreachable', /does not exist/);
    mkdirSync(path.join(folder, 'empty'));
    await refused('empty', 'unreachable', /holds no CSV or Parquet file/);
  });

  it('that may not be read is unreachable', async () => {
    if (process.getuid?.() === 0) {
      // Root reads everything: a path below a file fails alike.
      await refused('data/a.csv/b.csv', 'unreachable', /does not exist|cannot be read/);
      return;
    }
    chmodSync(path.join(folder, 'data', 'a.csv'), 0o000);
    await refused('data/a.csv', 'unreachable', /a\.csv cannot be read: this user may not/);
  });

  it('with a path no system can hold is unreachable', async () => {
    await refused('x'.repeat(5000), 'unreachable', /cannot be read: its name is too long/);
  });

  it('reads Parquet, also beside CSV files', async () => {
    const columnData = [
      { name: 'x', data: [7.5, 8], type: 'DOUBLE' as const },
      { name: 't', data: ['a', null], type: 'STRING' as const, nullable: true },
    ];
    writeFileSync(path.join(folder, 'data', 'c.parquet'), Buffer.from(parquetWriteBuffer({ columnData })));
    const alone = await read('data/c.parquet');
    assert.deepEqual(valuesOf(alone.table), { x: [7.5, 8], t: ['a', null] });
    assert.deepEqual(alone.originOf(1), { file: path.join('data', 'c.parquet'), line: 2 });
    assert.equal((await read('data')).table.rowCount, 5);
    const data = { path: 'data/c.parquet', delimiter: null, encoding: null };
    assert.deepEqual(columnNames({ data }, folder), ['x', 't']);
    write('d.parquet', 'no Parquet at all');
    await refused('data/d.parquet', 'invalid-data', /d\.parquet: Not a Parquet file/);
    assert.throws(
      () => columnNames({ data: { ...data, path: 'data/d.parquet' } }, folder),
      /d\.parquet is not a Parquet/,
    );
  });

  it('names the source for addresses in S3', async () => {
    await refused('s3://bucket/train.csv', 'invalid-config', /no file of this machine/);
  });
});

describe('A source that cannot be reached', () => {
  const unreachable = 'data.path=nowhere.csv';

  it('is an error when there is no fallback', async () => {
    await assert.rejects(readSource(inspectText('', [unreachable]).config, NOWHERE), (error) =>
      EngineError.is(error, 'unreachable'),
    );
  });

  it('gives way to the fallback, which says why', async () => {
    const source = await readSource(inspectText('', [unreachable, 'data.fallback=synthetic']).config, NOWHERE);
    assert.equal(source.sourceType, 'synthetic');
    assert.match(source.fallbackReason!, /nowhere\.csv does not exist/);
  });

  it('does not give way for anything but reach', async () => {
    const { folder, remove } = temporaryFolder();
    writeFileSync(path.join(folder, 'bad.csv'), 'a,b\n1\n');
    const { config } = inspectText('', ['data.path=bad.csv', 'data.fallback=synthetic']);
    await assert.rejects(readSource(config, { baseDir: folder, env: {} }), (error) =>
      EngineError.is(error, 'invalid-data'),
    );
    remove();
  });
});

describe('The synthetic source', () => {
  const options = { ...SYNTHETIC_DEFAULTS, rows: 500, targetColumn: 'target' };

  it('is the same for the same seed, and another for another', () => {
    assert.deepEqual(generateTable(options), generateTable(options));
    assert.notDeepEqual(generateTable({ ...options, seed: 43 }), generateTable(options));
  });

  it('has the rows, features and classes that are asked for', () => {
    const table = generateTable({ ...options, features: 3, classes: 4 });
    const values = valuesOf(table);
    assert.deepEqual(Object.keys(values), ['feature_1', 'feature_2', 'feature_3', 'target']);
    assert.equal(table.rowCount, 500);
    assert.deepEqual([...new Set(values.target)].sort(), ['class_0', 'class_1', 'class_2', 'class_3']);
  });

  it('can drift by standard deviations without changing what tells classes apart', () => {
    const still = valuesOf(generateTable(options));
    const moved = valuesOf(generateTable({ ...options, drift: 2 }));
    assert.deepEqual(moved.target, still.target);
    const differences = (moved.feature_1 as number[]).map((value, row) => value - (still.feature_1![row] as number));
    for (const difference of differences) assert.ok(Math.abs(difference - 2) < 1e-5);
  });

  it('uses the seed and target of the configuration', async () => {
    const set = ['data.source=synthetic', 'data.target_column=label', 'training.random_seed=7'];
    const { table, digest } = await readSource(inspectText('', set).config, NOWHERE);
    const expected = generateTable({ ...SYNTHETIC_DEFAULTS, seed: 7, targetColumn: 'label' });
    assert.deepEqual(table, expected);
    const again = await readSource(inspectText('', set).config, NOWHERE);
    assert.equal(again.digest, digest);
  });
});
