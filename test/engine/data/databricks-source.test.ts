import * as assert from 'node:assert/strict';
import type { Config } from '../../../src/engine/config/config.ts';
import { readSource } from '../../../src/engine/data/sources/source.ts';
import { valueAt } from '../../../src/engine/data/table.ts';
import { inspectText } from '../config/config-text.ts';
import { useEmulator } from '../databricks/emulated.ts';
import { rejects } from '../tracking/store-contract.ts';

describe('A table of Databricks as data source', () => {
  const workspace = useEmulator();
  let rows: (string | null)[][];

  beforeEach(() => {
    rows = Array.from({ length: 230 }, (_, row) => [
      String(row),
      row === 7 ? null : `${row}.50`,
      row % 2 === 0 ? 'true' : 'false',
      row === 9 ? null : `city ${row % 3}`,
      `2026-10-${10 + (row % 20)}`,
    ]);
    fill(rows);
  });

  function fill(next: (string | null)[][]): void {
    workspace().emulator.workspace.tables.set('main.ml.churn', {
      columns: [
        { name: 'id', type_name: 'LONG', type_text: 'BIGINT' },
        { name: 'monthly fee', type_name: 'DECIMAL', type_text: 'DECIMAL(10,2)' },
        { name: 'active', type_name: 'BOOLEAN', type_text: 'BOOLEAN' },
        { name: 'city', type_name: 'STRING', type_text: 'STRING' },
        { name: 'since', type_name: 'DATE', type_text: 'DATE' },
      ],
      rows: next,
    });
  }

  const read = (data: Partial<Config['data']> = {}, more: Partial<Config['databricks']> = {}) => {
    const { url, workspace: inside } = workspace().emulator;
    const { config } = inspectText('data: { source: databricks, table: main.ml.churn }', [], {});
    const databricks = { host: url, token: inside.token, warehouse_id: 'abc123def4567890', ...more };
    const own = { ...config, databricks: { ...config.databricks, ...databricks }, data: { ...config.data, ...data } };
    return readSource(own, { baseDir: '/', env: { DATABRICKS_CONFIG_FILE: '/nonexistent' } });
  };

  it('has typed columns, with gaps where a value is null', async () => {
    const { table, sourceType, description } = await read();
    assert.deepEqual(
      table.columns.map(({ name, type }) => [name, type]),
      [
        ['id', 'long'],
        ['monthly fee', 'double'],
        ['active', 'boolean'],
        ['city', 'string'],
        ['since', 'string'],
      ],
    );
    const byId = new Map(
      Array.from({ length: table.rowCount }, (_, row) => table.columns.map((column) => valueAt(column, row))).map(
        (row) => [row[0], row],
      ),
    );
    assert.equal(byId.size, 230);
    assert.deepEqual(byId.get(7), [7, null, false, 'city 1', '2026-10-17']);
    assert.deepEqual(byId.get(9), [9, 9.5, false, null, '2026-10-19']);
    assert.equal(sourceType, 'databricks');
    assert.ok(description.endsWith('/main.ml.churn'));
  });

  it('gives the same rows and digest in whatever order the warehouse sends them', async () => {
    const one = await read();
    fill(rows.toReversed());
    const other = await read();
    assert.deepEqual(other.table, one.table);
    assert.equal(other.digest, one.digest);
    fill(rows.slice(1));
    assert.notEqual((await read()).digest, one.digest);
  });

  it('reads only the columns that are asked for', async () => {
    const { table } = await read({ feature_columns: ['monthly fee', 'city'], target_column: 'active' });
    assert.deepEqual(
      table.columns.map(({ name }) => name),
      ['monthly fee', 'city', 'active'],
    );
  });

  it('says which warehouses there are when none is named', async () => {
    const error = await rejects(read({}, { warehouse_id: null }), 'invalid-config');
    assert.match(error.message, /^databricks\.warehouse_id: found none/);
    assert.match(String(error.details.fix), /abc123def4567890 \(Starter\)/);
  });

  it('that is not there is a source that cannot be reached, for which another may stand in', async () => {
    const error = await rejects(read({ table: 'main.ml.nothing' }), 'unreachable');
    assert.match(error.message, /^data\.table: .*TABLE_OR_VIEW_NOT_FOUND/);
    const { sourceType, fallbackReason } = await read({ table: 'main.ml.nothing', fallback: 'synthetic' });
    assert.deepEqual([sourceType, fallbackReason === error.message], ['synthetic', true]);
  });

  it('that is not named, or empty, is refused', async () => {
    await rejects(read({ table: null }), 'invalid-config');
    fill([]);
    await rejects(read(), 'data-quality');
  });
});
