import { EngineError } from '../../support/errors.ts';
import { type Condition, type OrderTerm, parseFilter, parseOrder } from '../filter.ts';
import type { RunPage, RunSearch } from '../store.ts';
import type { Value } from './connection.ts';
import { readRuns } from './runs.ts';
import type { Session } from './session.ts';

/** SQL with the values of its parameters, in their order. */
interface Fragment {
  sql: string;
  values: Value[];
}

const DEFAULT_PAGE = 1000;

/** The column behind an attribute, where it has another name. */
const COLUMNS: Record<string, string> = { run_id: 'run_uuid', run_name: 'name' };

const TABLES = { metric: 'latest_metrics', param: 'params', tag: 'tags' };

/**
 * The runs that a search finds, in MLflow's order. First the page's ids alone, then their params, tags and metrics in one
 * statement each, so that a page of a hundred costs the same whether the store holds a thousand runs or a million.
 * @throws EngineError `usage` for a filter, order or page token that cannot be read
 */
export function searchRuns(session: Session, search: RunSearch): RunPage {
  const limit = search.maxResults ?? DEFAULT_PAGE;
  const offset = readToken(search.pageToken);
  const query = idQuery(search);
  const rows = session.connection.all<{ id: string }>(
    `${query.sql} LIMIT ? OFFSET ?`,
    ...query.values,
    limit + 1,
    offset,
  );
  const ids = rows.slice(0, limit).map((row) => row.id);
  const nextPageToken = rows.length > limit ? writeToken(offset + limit) : null;
  return { runs: readRuns(session, ids, search.keys), nextPageToken };
}

function idQuery(search: RunSearch): Fragment {
  const order = orderFragments((search.orderBy ?? []).map(parseOrder));
  const conditions = parseFilter(search.filter ?? '').map(conditionFragment);
  const where = [
    "r.lifecycle_stage = 'active'",
    'r.experiment_id IN (SELECT CAST(value AS INTEGER) FROM json_each(?))',
  ];
  return {
    sql: `SELECT r.run_uuid AS id FROM runs r ${order.joins.sql}
      WHERE ${[...where, ...conditions.map((condition) => condition.sql)].join(' AND ')}
      ORDER BY ${order.by.join(', ')}`,
    values: [
      ...order.joins.values,
      JSON.stringify(search.experimentIds),
      ...conditions.flatMap((condition) => condition.values),
    ],
  };
}

function conditionFragment(condition: Condition): Fragment {
  const { entity, key } = condition;
  if (entity === 'dataset') return datasetFragment(condition);
  if (entity === 'attribute') {
    // Names are searched in the tag, as MLflow does: very old runs have none in their row.
    if (key === 'run_name') return childFragment({ ...condition, entity: 'tag', key: 'mlflow.runName' }, 'tags');
    return comparison(`r.${COLUMNS[key] ?? key}`, condition);
  }
  return childFragment(condition, TABLES[entity]);
}

function childFragment(condition: Condition, table: string): Fragment {
  const { operator, key } = condition;
  if (operator === 'IS NULL' || operator === 'IS NOT NULL') {
    const not = operator === 'IS NULL' ? 'NOT ' : '';
    return { sql: `r.run_uuid ${not}IN (SELECT run_uuid FROM ${table} WHERE key = ?)`, values: [key] };
  }
  const { sql, values } = condition.entity === 'metric' ? metricComparison(condition) : comparison('value', condition);
  return { sql: `r.run_uuid IN (SELECT run_uuid FROM ${table} WHERE key = ? AND ${sql})`, values: [key, ...values] };
}

/** NaN differs from every number, and no other comparison with it holds; the 0 that stands for it must not count. */
function metricComparison(condition: Condition): Fragment {
  const { sql, values } = comparison('value', condition);
  return { sql: condition.operator === '!=' ? `(${sql} OR is_nan = 1)` : `${sql} AND is_nan = 0`, values };
}

function datasetFragment(condition: Condition): Fragment {
  const { key } = condition;
  const column = key === 'context' ? 't.value' : `d.${key}`;
  const join =
    key === 'context' ? "JOIN input_tags t ON t.input_uuid = i.input_uuid AND t.name = 'mlflow.data.context'" : '';
  const { sql, values } = comparison(column, condition);
  return {
    sql: `r.run_uuid IN (SELECT i.destination_id FROM datasets d JOIN inputs i ON i.source_id = d.dataset_uuid ${join} WHERE ${sql})`,
    values,
  };
}

/** LIKE is case-sensitive by a pragma of the connection; ILIKE folds ASCII letters, as MLflow's does on SQLite. */
function comparison(column: string, { operator, value }: Condition): Fragment {
  if (Array.isArray(value)) {
    return { sql: `${column} ${operator} (SELECT value FROM json_each(?))`, values: [JSON.stringify(value)] };
  }
  if (operator === 'ILIKE') return { sql: `lower(${column}) LIKE lower(?)`, values: [value] };
  return { sql: `${column} ${operator} ?`, values: [value] };
}

/** Real values first, then NaN, then runs without the key, whatever the direction; then start_time DESC and the id. */
function orderFragments(terms: OrderTerm[]): { joins: Fragment; by: string[] } {
  refuseDuplicates(terms);
  const joins = terms.map((term, index) => orderJoin(term, `o${index}`));
  const by = terms.flatMap((term, index) => orderColumns(term, `o${index}`));
  const isTimed = terms.some((term) => term.entity === 'attribute' && term.key === 'start_time');
  return {
    joins: { sql: joins.map((join) => join.sql).join(' '), values: joins.flatMap((join) => join.values) },
    by: [...by, ...(isTimed ? [] : ['r.start_time DESC']), 'r.run_uuid'],
  };
}

function orderJoin({ entity, key }: OrderTerm, alias: string): Fragment {
  if (entity === 'attribute') return { sql: '', values: [] };
  const on = `${alias}.run_uuid = r.run_uuid AND ${alias}.key = ?`;
  return { sql: `LEFT JOIN ${TABLES[entity]} ${alias} ON ${on}`, values: [key] };
}

function orderColumns({ entity, key, descending }: OrderTerm, alias: string): string[] {
  const column = entity === 'attribute' ? `r.${COLUMNS[key] ?? key}` : `${alias}.value`;
  const rank =
    entity === 'metric'
      ? `CASE WHEN ${alias}.is_nan = 1 THEN 1 WHEN ${column} IS NULL THEN 2 ELSE 0 END`
      : `${column} IS NULL`;
  return [rank, descending ? `${column} DESC` : column];
}

function refuseDuplicates(terms: OrderTerm[]): void {
  const names = terms.map(({ entity, key }) => `${entity}.${key}`);
  const twice = names.find((name, index) => names.indexOf(name) < index);
  if (twice) throw new EngineError('usage', `The order names ${twice} twice.`, { fix: 'Name each key once.' });
}

/** The same form as MLflow's tokens. */
function writeToken(offset: number): string {
  return Buffer.from(JSON.stringify({ offset })).toString('base64');
}

function readToken(token: string | undefined): number {
  if (!token) return 0;
  const { offset } = parseToken(token);
  if (Number.isSafeInteger(offset) && Number(offset) > 0) return Number(offset);
  throw new EngineError('usage', `"${token}" is no page token of this store.`, {
    fix: 'Pass on next_page_token of the page before as it is.',
  });
}

function parseToken(token: string): { offset?: unknown } {
  try {
    return JSON.parse(Buffer.from(token, 'base64').toString('utf8')) ?? {};
  } catch {
    return {};
  }
}
