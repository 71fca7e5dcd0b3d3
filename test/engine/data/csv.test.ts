import * as assert from 'node:assert/strict';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { csvText } from '../../../src/engine/data/csv-text.ts';
import { EngineError, type ErrorReason } from '../../../src/engine/support/errors.ts';
import { csv, typesOf, valuesOf } from './tables.ts';

describe('A CSV file', () => {
  const rows = { a: [1, 3], b: ['x', 'y'] };

  it('may have a byte order mark, Windows or old Mac line ends, and no line end at the end', () => {
    for (const text of ['\uFEFFa,b\n1,x\n3,y\n', 'a,b\r\n1,x\r\n3,y\r\n', 'a,b\r1,x\r3,y\r', 'a,b\n1,x\n3,y']) {
      assert.deepEqual(valuesOf(csv(text)), rows, JSON.stringify(text));
    }
  });

  it('may have blank lines, which are skipped, and keeps the numbers of the others', () => {
    const table = csv('\na,b\n\n1,x\n \t \n3,y\n\n   ');
    assert.deepEqual(valuesOf(table), rows);
    assert.deepEqual([...table.lines], [4, 6]);
  });

  it('may be separated by a semicolon, a tab or a bar', () => {
    for (const delimiter of [';', '\t', '|']) {
      const text = 'a,b\n1,x\n3,y'.replaceAll(',', delimiter);
      assert.deepEqual(valuesOf(csv(text)), rows);
      assert.deepEqual(valuesOf(csv(text, { delimiter })), rows);
    }
    assert.deepEqual(valuesOf(csv('a:b\n1:x\n3:y', { delimiter: ':' })), rows);
  });

  it('separated by tabs may have rows of empty fields', () => {
    assert.deepEqual(valuesOf(csv('a\tb\n\t\n1\tx')), { a: [null, 1], b: [null, 'x'] });
  });

  it('may have delimiters, quotes and line ends in quoted fields', () => {
    const table = csv('a,"b ""c"""\n"x, y","line 1\nline 2"\n"say ""hi""","p\r\nq"\nlast,""\n');
    assert.deepEqual(valuesOf(table), {
      a: ['x, y', 'say "hi"', 'last'],
      'b "c"': ['line 1\nline 2', 'p\r\nq', null],
    });
    assert.deepEqual([...table.lines], [2, 4, 6]);
  });

  it('may have a comma as decimal mark where it is not the delimiter', () => {
    assert.deepEqual(valuesOf(csv('a;b\n1,5;2\n-0,25;3')), { a: [1.5, -0.25], b: [2, 3] });
    assert.deepEqual(valuesOf(csv('a;b\n1,5;2\n2.5;3')), { a: ['1,5', '2.5'], b: [2, 3] });
    assert.deepEqual(valuesOf(csv('a,b\n"1,5",2', { decimal: ',' })), { a: [1.5], b: [2] });
  });

  it('may be compressed by gzip', () => {
    assert.deepEqual(valuesOf(csv(gzipSync('a,b\n1,x\n3,y\n'))), rows);
  });

  it('may be in windows-1252, UTF-16 or any encoding that is named', () => {
    const expected = { a: ['é', 'ü'] };
    assert.deepEqual(valuesOf(csv(Buffer.from('a\né\nü', 'latin1'))), expected);
    assert.deepEqual(valuesOf(csv(Buffer.from('\uFEFFa\né\nü', 'utf16le'))), expected);
    assert.deepEqual(valuesOf(csv(Buffer.from('\uFEFFa\né\nü', 'utf16le').swap16())), expected);
    const cyrillic = Buffer.from([0x61, 0x0a, 0xc4, 0xc1]);
    assert.deepEqual(valuesOf(csv(cyrillic, { encoding: 'koi8-r' })), { a: ['да'] });
    assert.deepEqual(valuesOf(csv('a\né\nü', { encoding: 'UTF-8' })), expected);
  });

  it('names columns without a name by their place, as pandas', () => {
    assert.deepEqual(Object.keys(valuesOf(csv(',a,\n1,2,3'))), ['Unnamed: 0', 'a', 'Unnamed: 2']);
  });

  it('of a header only has columns and no rows', () => {
    const table = csv('a,b\n');
    assert.deepEqual([typesOf(table), table.rowCount], [{ a: 'double', b: 'double' }, 0]);
  });

  it('with more rows than fit the first buffers is read whole', () => {
    const table = csv(`a,b\n${Array.from({ length: 5000 }, (_, row) => `${row},t${row}`).join('\n')}`);
    assert.deepEqual([table.rowCount, valuesOf(table).a![4999], valuesOf(table).b![1025]], [5000, 4999, 't1025']);
  });

  it('may have hundreds of columns', () => {
    const names = Array.from({ length: 300 }, (_, column) => `c${column}`);
    assert.equal(valuesOf(csv(`${names.join(',')}\n${names.map((_, i) => i).join(',')}`)).c299![0], 299);
  });

  it('is read back as it was written, whatever stands in its fields', () => {
    const field = fc.string({ unit: 'binary' }).map((text) => `t${text.replaceAll('\uFEFF', '')}`);
    const matrix = fc.integer({ min: 1, max: 4 }).chain((width) => {
      return fc.array(fc.array(field, { minLength: width, maxLength: width }), { minLength: 1, maxLength: 6 });
    });
    fc.assert(
      fc.property(matrix, (lines) => {
        const names = lines[0]!.map((_, column) => `column ${column}`);
        const table = csv(csvText([names, ...lines]), { delimiter: ',' });
        const expected = names.map((name, column) => [name, lines.map((line) => line[column])]);
        assert.deepEqual(valuesOf(table), Object.fromEntries(expected));
      }),
    );
  });
});

describe('A bad CSV file', () => {
  const bad: [name: string, content: string | Uint8Array, message: RegExp, reason?: ErrorReason][] = [
    ['that is empty', '', /^rows\.csv: the file is empty; expected a header line\.$/],
    ['of blank lines', '\n\n  \n', /^rows\.csv: the file is empty/],
    ['of a byte order mark', '\uFEFF', /^rows\.csv: the file is empty/],
    ['with a short row', 'a,b\n1,2\n\n3\n', /^rows\.csv:4: found 1 fields; the header has 2\.$/],
    ['with a long row', 'a,b\n1,2,3\n', /^rows\.csv:2: found 3 fields; the header has 2\.$/],
    ['with a name twice', 'a,b,a\n1,2,3\n', /^rows\.csv:1: two columns are called "a"\.$/],
    ['with an open quote in a row', 'a,b\n"1,2\n3,4\n', /^rows\.csv:2: a quote is opened and never closed\.$/],
    ['with an open quote in the last field', 'a,b\n1,2\n3,"4\n', /^rows\.csv:3: a quote is opened/],
    ['with an open quote in the header', '"a,b\n1,2\n', /^rows\.csv:1: a quote is opened/],
    ['that is cut off gzip', gzipSync('a,b\n1,2\n').subarray(0, 15), /^rows\.csv: not valid gzip, or cut off/],
  ];
  for (const [name, content, message, reason = 'invalid-data'] of bad) {
    it(`${name} is refused with its place`, () => {
      assert.throws(
        () => csv(content),
        (error) => EngineError.is(error, reason) && message.test(error.message),
      );
    });
  }

  it('that is not in the encoding that is configured is refused', () => {
    assert.throws(
      () => csv(Buffer.from('a\né', 'latin1'), { encoding: 'utf-8' }),
      (error) => EngineError.is(error, 'invalid-data') && /not valid UTF-8/.test(error.message),
    );
    assert.throws(
      () => csv('a\n1', { encoding: 'klingon' }),
      (error) => EngineError.is(error, 'invalid-config') && /data\.encoding/.test(error.message),
    );
  });

  it('cannot be asked for with a delimiter that cannot delimit', () => {
    for (const delimiter of ['"', '\n', '§']) {
      assert.throws(
        () => csv('a\n1', { delimiter }),
        (error) => EngineError.is(error, 'invalid-config') && /data\.delimiter/.test(error.message),
      );
    }
  });
});
