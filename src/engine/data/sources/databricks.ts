import { createHash } from 'node:crypto';
import type { Config } from '../../config/config.ts';
import { configError } from '../../config/config-error.ts';
import { listWarehouses, type ResultColumn, type ResultRow, runStatement } from '../../databricks/statements.ts';
import { connect, type WorkspaceClient } from '../../databricks/workspace-client.ts';
import { EngineError } from '../../support/errors.ts';
import type { OperationControl } from '../../support/progress.ts';
import { ResultColumnBuilder } from '../result-column.ts';
import type { DataPlace, SourceData } from './source.ts';

/**
 * Reads `data.table` of a Databricks workspace by a SQL statement: the configured columns, or all of them. A table has no order, so
 * rows are put into the order of their contents' digests: the same rows give the same training, and the same digest.
 * @throws EngineError `invalid-config` (no table, no warehouse), `unreachable`, `unauthorized`, `permission`, `invalid-data`
 */
export async function readDatabricks(
  config: Config,
  { env }: DataPlace,
  control: OperationControl,
): Promise<SourceData> {
  const { table } = config.data;
  if (table === null) {
    throw configError(['data', 'table'], 'found none; expected catalog.schema.table', {
      fix: 'Name the table that holds the training data.',
    });
  }
  const client = connect(config, env, { signal: control.signal });
  const warehouseId = client.warehouseId ?? (await askForWarehouse(client));
  const statement = `SELECT ${selection(config)} FROM ${quotedName(table)}`;
  const result = await runStatement(client, { statement, warehouseId }, control).catch((error: unknown) => {
    throw EngineError.is(error, 'invalid-data') ? configError(['data', 'table'], error.message, tableProblem) : error;
  });
  const rows = await collect(result.columns, result.chunks());
  if (rows.count === 0)
    throw new EngineError('data-quality', `${table} has no rows.`, { fix: 'Choose another data.table.' });
  return {
    table: { columns: rows.builders.map((builder) => builder.build(rows.order)), rowCount: rows.count },
    description: `${client.host}/${table}`,
    sourceType: 'databricks',
    digest: rows.digest,
    conflicts: [],
    originOf: (row) => ({ file: table, line: row + 1 }),
  };
}

const tableProblem = { reason: 'unreachable', fix: 'Correct data.table, or ask for SELECT on it.' } as const;

async function askForWarehouse(client: WorkspaceClient): Promise<never> {
  const there = (await listWarehouses(client)).map(({ id, name }) => `${id} (${name})`);
  throw configError(['databricks', 'warehouse_id'], 'found none; expected the SQL warehouse that reads data.table', {
    fix: there.length === 0 ? 'Make one in the workspace.' : `Set it to one of: ${there.join(', ')}.`,
  });
}

function selection({ data, training }: Config): string {
  if (data.feature_columns.length === 0) return '*';
  const others = [data.target_column, training.weights_column, training.time_column].filter((name) => name !== null);
  return [...new Set([...data.feature_columns, ...others])].map(quoted).join(', ');
}

/** `main.ml.churn` part by part, unless the parts are quoted already. */
function quotedName(table: string): string {
  const parts = table.match(/`(?:[^`]|``)+`|[^.`]+/g) ?? [];
  return parts.map((part) => (part.startsWith('`') ? part : quoted(part))).join('.');
}

function quoted(name: string): string {
  return `\`${name.replaceAll('`', '``')}\``;
}

interface CollectedRows {
  builders: ResultColumnBuilder[];
  count: number;
  /** Numbers of the rows in the order of their contents. */
  order: Int32Array;
  digest: string;
}

async function collect(columns: ResultColumn[], chunks: AsyncIterable<ResultRow[]>): Promise<CollectedRows> {
  const builders = columns.map(({ name, type_name }) => new ResultColumnBuilder(name, type_name));
  const keys: bigint[] = [];
  for await (const rows of chunks) {
    for (const row of rows) {
      for (const [i, builder] of builders.entries()) builder.add(row[i] ?? null);
      keys.push(createHash('sha256').update(JSON.stringify(row)).digest().readBigUInt64BE());
    }
  }
  const order = Int32Array.from(keys.keys()).sort((a, b) =>
    keys[a]! < keys[b]! ? -1 : keys[a]! > keys[b]! ? 1 : a - b,
  );
  const hash = createHash('sha256').update(JSON.stringify(columns.map(({ name, type_name }) => [name, type_name])));
  const bytes = Buffer.alloc(8);
  for (const row of order) {
    bytes.writeBigUInt64BE(keys[row]!);
    hash.update(bytes);
  }
  return { builders, count: keys.length, order, digest: hash.digest('hex').slice(0, 32) };
}
