import * as assert from 'node:assert/strict';
import { concatenateTables } from '../../../src/engine/data/concatenation.ts';
import { EngineError } from '../../../src/engine/support/errors.ts';
import { csv, typesOf, valuesOf } from './tables.ts';

const named = (...texts: string[]) => texts.map((text, i) => ({ name: `${'abc'[i]}.csv`, table: csv(text) }));

describe('Tables put together', () => {
  const cases: [name: string, texts: string[], type: string, values: unknown[]][] = [
    ['whole numbers stay whole', ['x,y\n1,0', 'x,y\n2,0'], 'long', [1, 2]],
    ['whole numbers and fractions are numbers', ['x,y\n1,0', 'x,y\n2.5,0'], 'double', [1, 2.5]],
    ['numbers and text are text', ['x,y\n1,0', 'x,y\na,0'], 'string', ['1', 'a']],
    ['booleans stay booleans, with gaps too', ['x,y\ntrue,0', 'x,y\nFalse,0\n,0'], 'boolean', [true, false, null]],
    ['booleans and numbers are text as pandas prints it', ['x,y\ntrue,0', 'x,y\n1,0'], 'string', ['True', '1']],
    ['a file without rows changes nothing', ['x,y\n1,0', 'x,y\n'], 'long', [1]],
    ['a file without rows changes nothing for booleans', ['x,y\n', 'x,y\ntrue,0'], 'boolean', [true]],
    ['a file without values makes gaps', ['x,y\n1,0', 'x,y\n,0'], 'double', [1, null]],
    ['a file without values makes gaps in text', ['x,y\n,0', 'x,y\na,0'], 'string', [null, 'a']],
    ['files without values stay numbers', ['x,y\n,0', 'x,y\n,0'], 'double', [null, null]],
  ];
  for (const [name, texts, type, values] of cases) {
    it(`keep their types: ${name}`, () => {
      const table = concatenateTables(named(...texts));
      assert.deepEqual([typesOf(table).x, valuesOf(table).x], [type, values]);
      assert.equal(table.rowCount, values.length);
    });
  }

  it('match columns by name, not by place', () => {
    assert.deepEqual(valuesOf(concatenateTables(named('x,y\n1,a', 'y,x\nb,2'))), { x: [1, 2], y: ['a', 'b'] });
  });

  it('are refused when columns differ, naming the file and the columns', () => {
    assert.throws(
      () => concatenateTables(named('x,y\n1,a', 'x,z\n1,a')),
      (error) => {
        assert.ok(EngineError.is(error, 'invalid-data'));
        assert.equal(
          error.message,
          'b.csv: lacks the column "y", has a column "z" of its own; the columns of a.csv are expected.',
        );
        return true;
      },
    );
  });
});
