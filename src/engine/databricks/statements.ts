import { EngineError } from '../support/errors.ts';
import type { OperationControl } from '../support/progress.ts';
import { poll } from './polling.ts';
import { readAll, type WorkspaceClient } from './workspace-client.ts';

/** A column of a statement's result, in Databricks' terms: `LONG`, `DECIMAL(10,2)`. */
export interface ResultColumn {
  name: string;
  type_name: string;
  type_text?: string;
}

/** Rows as they arrive: every value a text or null, whatever its type. */
export type ResultRow = (string | null)[];

export interface StatementResult {
  columns: ResultColumn[];
  rowCount: number;
  /** The rows, chunk by chunk, fetched as they are asked for. @throws EngineError `unreachable` when some do not come */
  chunks(): AsyncGenerator<ResultRow[]>;
}

interface StatementAnswer {
  statement_id?: string;
  status?: { state?: string; error?: { error_code?: string; message?: string } };
  manifest?: {
    schema?: { columns?: ResultColumn[] };
    total_row_count?: number | string;
    truncated?: boolean;
  };
  result?: ResultData;
}

interface ResultData {
  data_array?: ResultRow[];
  next_chunk_index?: number;
  external_links?: ExternalLink[];
}

interface ExternalLink {
  chunk_index: number;
  external_link: string;
  http_headers?: Record<string, string>;
  next_chunk_index?: number;
}

const STATEMENTS = '/api/2.0/sql/statements';
const RUNNING = new Set(['PENDING', 'RUNNING']);

/**
 * Runs one SQL statement on a warehouse, which starts by itself when it has stopped, and gives its rows. Results go by links into
 * cloud storage, because others end at 25 MiB. Cancelling cancels the statement, which would go on (and cost) otherwise.
 * @throws EngineError `unreachable` (also a warehouse that does not start), `invalid-data` for what the statement itself did wrong
 */
export async function runStatement(
  client: WorkspaceClient,
  { statement, warehouseId }: { statement: string; warehouseId: string },
  control: OperationControl = {},
): Promise<StatementResult> {
  const body = {
    statement,
    warehouse_id: warehouseId,
    disposition: 'EXTERNAL_LINKS',
    format: 'JSON_ARRAY',
    wait_timeout: '30s',
    on_wait_timeout: 'CONTINUE',
  };
  const first = await client.call<StatementAnswer>({ method: 'POST', path: STATEMENTS, body, signal: control.signal });
  const answer = await waitFor(client, first, warehouseId, control);
  requireSuccess(answer);
  const { manifest } = answer;
  return {
    columns: manifest?.schema?.columns ?? [],
    rowCount: Number(manifest?.total_row_count ?? 0),
    chunks: () => fetchChunks(client, answer, control),
  };
}

async function waitFor(
  client: WorkspaceClient,
  first: StatementAnswer,
  warehouseId: string,
  control: OperationControl,
): Promise<StatementAnswer> {
  if (!isRunning(first)) return first;
  const path = `${STATEMENTS}/${encodeURIComponent(first.statement_id ?? '')}`;
  try {
    return await poll({
      ask: () => client.call<StatementAnswer>({ method: 'GET', path, signal: control.signal }),
      until: (answer) => !isRunning(answer),
      tell: async () => {
        const phase = await phaseOf(client, warehouseId);
        control.onProgress?.({ phase, done: 0, total: 0 });
      },
      signal: control.signal,
    });
  } catch (error) {
    // Stopping to ask does not stop the statement.
    await client.call({ method: 'POST', path: `${path}/cancel`, body: {} }).catch(() => undefined);
    throw error;
  }
}

function isRunning({ status }: StatementAnswer): boolean {
  return RUNNING.has(status?.state ?? '');
}

/** What is being waited for: a warehouse that was stopped takes minutes. */
async function phaseOf(client: WorkspaceClient, warehouseId: string): Promise<string> {
  try {
    const { state } = await warehouse(client, warehouseId);
    return state === 'RUNNING' ? 'Waiting for the statement' : `Waiting for the SQL warehouse (${state.toLowerCase()})`;
  } catch {
    return 'Waiting for the statement';
  }
}

/** A statement that failed is answered with 200. */
function requireSuccess({ status, manifest, statement_id }: StatementAnswer): void {
  if (status?.state !== 'SUCCEEDED') {
    const { error_code: code = '', message = `it ended as ${status?.state ?? 'unknown'}` } = status?.error ?? {};
    const reason = PASSING.has(code) ? 'unreachable' : 'invalid-data';
    throw new EngineError(reason, `The SQL statement failed: ${message}`, { statementId: statement_id, code });
  }
  if (manifest?.truncated) {
    throw new EngineError('invalid-data', 'The result is larger than Databricks gives at once, and was cut off.', {
      fix: 'Read fewer rows or columns: data.table may name a view.',
    });
  }
}

/** Failures that are not the statement's fault. */
const PASSING = new Set([
  'ABORTED',
  'CANCELLED',
  'DEADLINE_EXCEEDED',
  'INTERNAL_ERROR',
  'IO_ERROR',
  'RESOURCE_EXHAUSTED',
  'SERVICE_UNDER_MAINTENANCE',
  'TEMPORARILY_UNAVAILABLE',
  'WORKSPACE_TEMPORARILY_UNAVAILABLE',
]);

async function* fetchChunks(
  client: WorkspaceClient,
  { result, statement_id, manifest }: StatementAnswer,
  { signal, onProgress }: OperationControl,
): AsyncGenerator<ResultRow[]> {
  let data = result;
  let done = 0;
  while (data !== undefined) {
    let next = data.next_chunk_index;
    if (data.data_array) {
      done += data.data_array.length;
      yield data.data_array;
    }
    for (const link of data.external_links ?? []) {
      const rows = await fetchLink(client, link, statement_id ?? '', signal);
      done += rows.length;
      onProgress?.({ phase: 'Reading rows', done, total: 0 });
      yield rows;
      next = link.next_chunk_index;
    }
    data = next === undefined ? undefined : await chunk(client, statement_id ?? '', next, signal);
  }
  requireAll(done, manifest?.total_row_count);
}

/** A chunk that is missing looks like the end. */
function requireAll(done: number, promised: number | string | undefined): void {
  if (promised === undefined || Number(promised) === done) return;
  throw new EngineError('unreachable', `Of ${promised} rows of the result ${done} came.`, {
    fix: 'Run the command again.',
  });
}

function chunk(client: WorkspaceClient, id: string, index: number, signal?: AbortSignal): Promise<ResultData> {
  const path = `${STATEMENTS}/${encodeURIComponent(id)}/result/chunks/${index}`;
  return client.call<ResultData>({ method: 'GET', path, signal });
}

/** Links live a quarter of an hour; a new one comes with the chunk. */
async function fetchLink(
  client: WorkspaceClient,
  { external_link, http_headers = {}, chunk_index }: ExternalLink,
  id: string,
  signal?: AbortSignal,
): Promise<ResultRow[]> {
  const read = async (url: string, headers: Record<string, string>) => {
    const { body } = await client.openSigned({ url, headers, signal });
    return JSON.parse((await readAll(body)).toString('utf8')) as ResultRow[];
  };
  try {
    return await read(external_link, http_headers);
  } catch (error) {
    if (!EngineError.is(error, 'unauthorized')) throw error;
    const links = (await chunk(client, id, chunk_index, signal)).external_links ?? [];
    const fresh = links.find((link) => link.chunk_index === chunk_index);
    if (fresh === undefined) throw error;
    return read(fresh.external_link, fresh.http_headers ?? {});
  }
}

export interface Warehouse {
  id: string;
  name: string;
  /** `RUNNING`, `STARTING`, `STOPPED`, ... */
  state: string;
}

/** @throws EngineError `not-found` */
export async function warehouse(client: WorkspaceClient, id: string): Promise<Warehouse> {
  const path = `/api/2.0/sql/warehouses/${encodeURIComponent(id)}`;
  return client.call<Warehouse>({ method: 'GET', path });
}

/** The warehouses of a workspace, for those who have to choose one. */
export async function listWarehouses(client: WorkspaceClient): Promise<Warehouse[]> {
  const answer = await client.call<{ warehouses?: Warehouse[] }>({ method: 'GET', path: '/api/2.0/sql/warehouses' });
  return answer.warehouses ?? [];
}
