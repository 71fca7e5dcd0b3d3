import { randomUUID } from 'node:crypto';
import { type Answer, ApiError, type Call, done, invalid, json, missing, type Route } from './call.ts';
import { digits, filled, int64, list, object, oneOf, text } from './shape.ts';
import type { Workspace } from './workspace.ts';

export interface Warehouse {
  id: string;
  name: string;
  state: 'STARTING' | 'RUNNING' | 'STOPPED' | 'DELETED';
  /** How often it is still asked for before it has started. */
  polls: number;
}

export interface SqlTable {
  columns: { name: string; type_name: string; type_text: string }[];
  /** Every value a text or null, as they are sent. */
  rows: (string | null)[][];
}

export interface Statement {
  id: string;
  warehouseId: string;
  state: 'PENDING' | 'RUNNING' | 'SUCCEEDED' | 'FAILED' | 'CANCELED' | 'CLOSED';
  /** How often it is still asked for before it goes on. */
  polls: number;
  disposition: 'INLINE' | 'EXTERNAL_LINKS';
  columns: SqlTable['columns'];
  chunks: SqlTable['rows'][];
  error: { error_code: string; message: string; sql_state: string } | null;
}

/** Rows in a chunk: few, so that small tables have several. */
const CHUNK_ROWS = 100;
const STATEMENT = '/api/2.0/sql/statements/{id}';
const WAREHOUSE = '/api/2.0/sql/warehouses/{id}';

/** SQL statements on a warehouse: `SELECT ... FROM table [LIMIT n]` of the tables that a test has put there. */
export const sqlRoutes: Route[] = [
  {
    method: 'POST',
    path: '/api/2.0/sql/statements',
    body: object(
      { statement: filled, warehouse_id: filled },
      {
        catalog: text,
        schema: text,
        disposition: oneOf('INLINE', 'EXTERNAL_LINKS'),
        format: oneOf('JSON_ARRAY', 'ARROW_STREAM', 'CSV'),
        wait_timeout: { type: 'string', pattern: '^(0|[5-9]|[1-4]\\d|50)s$' },
        on_wait_timeout: oneOf('CONTINUE', 'CANCEL'),
        parameters: list(object({ name: filled }, { value: text, type: text })),
        row_limit: int64,
        byte_limit: int64,
        query_tags: list(object({ key: filled }, { value: text })),
      },
    ),
    answer: execute,
  },
  {
    method: 'GET',
    path: STATEMENT,
    answer: ({ params, origin }, workspace) => {
      const statement = find(workspace, params.id!);
      goOn(statement, workspace);
      return json(response(statement, workspace, origin));
    },
  },
  {
    method: 'GET',
    path: `${STATEMENT}/result/chunks/{chunk}`,
    query: object({}, { row_offset: digits }),
    answer: ({ params, origin }, workspace) =>
      json(chunk(find(workspace, params.id!), Number(params.chunk), workspace, origin)),
  },
  {
    method: 'POST',
    path: `${STATEMENT}/cancel`,
    body: object({}, { statement_id: text }),
    answer: ({ params }, workspace) => {
      const statement = find(workspace, params.id!);
      if (statement.state === 'PENDING' || statement.state === 'RUNNING') statement.state = 'CANCELED';
      return {};
    },
  },
  {
    method: 'GET',
    path: '/api/2.0/sql/warehouses',
    query: object({}, { page_size: digits, page_token: text, run_as_user_id: text }),
    answer: (_call, { warehouses }) => json({ warehouses: [...warehouses.values()].map(document) }),
  },
  {
    method: 'GET',
    path: WAREHOUSE,
    answer: ({ params }, workspace) => {
      const warehouse = findWarehouse(workspace, params.id!);
      const answer = json(document(warehouse));
      warm(warehouse);
      return answer;
    },
  },
  {
    method: 'POST',
    path: `${WAREHOUSE}/start`,
    body: object({}),
    answer: ({ params }, workspace) => {
      const warehouse = findWarehouse(workspace, params.id!);
      if (warehouse.state === 'STOPPED') Object.assign(warehouse, { state: 'STARTING', polls: 2 });
      return done;
    },
  },
];

function execute({ body, origin }: Call, workspace: Workspace): Answer {
  const warehouse = findWarehouse(workspace, body.warehouse_id as string);
  const disposition = (body.disposition ?? 'INLINE') as Statement['disposition'];
  const format = body.format ?? 'JSON_ARRAY';
  if (format !== 'JSON_ARRAY' && disposition === 'INLINE') throw invalid(`${format} needs EXTERNAL_LINKS`);
  if (format !== 'JSON_ARRAY') throw invalid('this emulator knows JSON_ARRAY only');
  // A stopped warehouse starts by itself on the first statement.
  if (warehouse.state === 'STOPPED') Object.assign(warehouse, { state: 'STARTING', polls: 2 });
  const result = evaluate(body.statement as string, workspace, Number(body.row_limit ?? Number.POSITIVE_INFINITY));
  const statement: Statement = {
    id: `01f0${randomUUID().slice(4)}`,
    warehouseId: warehouse.id,
    state: 'PENDING',
    polls: warehouse.state === 'RUNNING' && body.wait_timeout !== '0s' ? 0 : 2,
    disposition,
    ...result,
  };
  workspace.statements.set(statement.id, statement);
  if (statement.polls === 0) goOn(statement, workspace);
  return json(response(statement, workspace, origin));
}

const SELECT = /^\s*SELECT\s+(.+?)\s+FROM\s+([\w.`]+)(?:\s+LIMIT\s+(\d+))?\s*;?\s*$/is;

function evaluate(
  sql: string,
  { tables }: Workspace,
  rowLimit: number,
): Pick<Statement, 'columns' | 'chunks' | 'error'> {
  const failed = (code: string, message: string, sql_state: string) => ({
    columns: [],
    chunks: [],
    error: { error_code: code, message, sql_state },
  });
  if (/^\s*SELECT\s+1\s*;?\s*$/i.test(sql)) {
    return { columns: [{ name: '1', type_name: 'INT', type_text: 'INT' }], chunks: [[['1']]], error: null };
  }
  const match = SELECT.exec(sql);
  if (match === null) return failed('BAD_REQUEST', '[PARSE_SYNTAX_ERROR] Syntax error', '42601');
  const name = match[2]!.replaceAll('`', '');
  const table = tables.get(name);
  if (table === undefined)
    return failed('BAD_REQUEST', `[TABLE_OR_VIEW_NOT_FOUND] The table or view \`${name}\` cannot be found.`, '42P01');
  const wanted =
    match[1] === '*'
      ? table.columns.map((each) => each.name)
      : match[1]!.split(',').map((each) => each.trim().replace(/^`|`$/g, '').replaceAll('``', '`'));
  const places = wanted.map((column) => table.columns.findIndex((each) => each.name === column));
  const unknown = places.indexOf(-1);
  if (unknown >= 0)
    return failed(
      'BAD_REQUEST',
      `[UNRESOLVED_COLUMN] A column with name \`${wanted[unknown]}\` cannot be resolved.`,
      '42703',
    );
  const rows = table.rows.slice(0, Math.min(Number(match[3] ?? table.rows.length), rowLimit));
  const picked = rows.map((row) => places.map((place) => row[place]!));
  const chunks = [];
  for (let start = 0; start < picked.length; start += CHUNK_ROWS) chunks.push(picked.slice(start, start + CHUNK_ROWS));
  return { columns: places.map((place) => table.columns[place]!), chunks, error: null };
}

/** One step further, when its warehouse is there. */
function goOn(statement: Statement, workspace: Workspace): void {
  const warehouse = workspace.warehouses.get(statement.warehouseId)!;
  warm(warehouse);
  if (statement.state !== 'PENDING' && statement.state !== 'RUNNING') return;
  if (warehouse.state !== 'RUNNING') return;
  statement.polls -= 1;
  if (statement.polls > 0) statement.state = 'RUNNING';
  else statement.state = statement.error === null ? 'SUCCEEDED' : 'FAILED';
}

function warm(warehouse: Warehouse): void {
  if (warehouse.state !== 'STARTING') return;
  warehouse.polls -= 1;
  if (warehouse.polls <= 0) warehouse.state = 'RUNNING';
}

function find({ statements }: Workspace, id: string): Statement {
  const statement = statements.get(id);
  if (statement === undefined) throw new ApiError(404, 'NOT_FOUND', `The statement ${id} was not found.`);
  return statement;
}

function findWarehouse({ warehouses }: Workspace, id: string): Warehouse {
  const warehouse = warehouses.get(id);
  if (warehouse === undefined) throw missing(`SQL warehouse ${id}`);
  return warehouse;
}

function document({ id, name, state }: Warehouse): object {
  return { id, name, state, cluster_size: 'Small', warehouse_type: 'PRO', auto_stop_mins: 10 };
}

/** A statement that failed is told with 200. */
function response(statement: Statement, workspace: Workspace, origin: string): object {
  const { id, state, error, columns, chunks } = statement;
  if (state === 'FAILED') {
    const { sql_state, ...why } = error!;
    return { statement_id: id, status: { state, sql_state, error: why } };
  }
  if (state !== 'SUCCEEDED') return { statement_id: id, status: { state } };
  let offset = 0;
  const about = chunks.map((rows, chunk_index) => {
    const row_offset = offset;
    offset += rows.length;
    return { chunk_index, row_offset, row_count: rows.length, byte_count: JSON.stringify(rows).length };
  });
  return {
    statement_id: id,
    status: { state },
    manifest: {
      format: 'JSON_ARRAY',
      schema: {
        column_count: columns.length,
        columns: columns.map((column, position) => ({ ...column, position })),
      },
      total_chunk_count: chunks.length,
      total_row_count: offset,
      truncated: false,
      ...(about.length === 0 ? {} : { chunks: about }),
    },
    result: chunks.length === 0 ? {} : chunk(statement, 0, workspace, origin),
  };
}

function chunk({ id, chunks, disposition }: Statement, index: number, workspace: Workspace, origin: string): object {
  const rows = chunks[index];
  if (rows === undefined) throw invalid(`There is no chunk ${index}`);
  const row_offset = chunks.slice(0, index).reduce((sum, each) => sum + each.length, 0);
  const next =
    index + 1 < chunks.length
      ? {
          next_chunk_index: index + 1,
          next_chunk_internal_link: `/api/2.0/sql/statements/${id}/result/chunks/${index + 1}?row_offset=${row_offset + rows.length}`,
        }
      : {};
  const about = { chunk_index: index, row_offset, row_count: rows.length, ...next };
  if (disposition === 'INLINE') return { ...about, data_array: rows };
  const file = `/results/${id}/${index}`;
  workspace.files.set(file, Buffer.from(JSON.stringify(rows)));
  const link = workspace.sign(origin, file, 'read');
  return {
    external_links: [{ ...about, external_link: link, expiration: '2026-11-24T04:15:00.000Z', http_headers: {} }],
  };
}
